"""Threads of a live process take short turns: a call must not wait until a file of visits is read."""

import sys
from typing import Final

TURN_SECONDS: Final = 0.0005
"""Vigie's own choice, measured (docs/benchmarks.md). A signal passes through a dozen threads; at each one it waits for
whoever computes, five milliseconds by Python's own choice."""


def take_short_turns() -> None:
    """Let no thread keep the interpreter longer while others wait for it."""
    sys.setswitchinterval(TURN_SECONDS)
