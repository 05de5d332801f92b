"""When Python looks for garbage in a process that lives long: between two turns, not in the middle of one.

A full look goes through everything the process keeps, and nothing else runs meanwhile: no tick, no page. With the
libraries and 10,000 open alerts it takes several hundred milliseconds. What outlives a look is set aside from the small
ones that Python makes on its own; the next full one goes through it again, so that nothing is kept for ever.
"""

import gc
from typing import Final

LOOK_AFTER: Final = 100
"""Looks of the middle generation after which a full one is due: about 700,000 objects more. Vigie's own choice."""
_AT_ONCE: Final = 10 * LOOK_AFTER
"""Of these, within one turn, Python makes a full look without waiting for its end."""


def keep_out_of_turns() -> None:
    """Look now, once everything is loaded, and from now on only when `look_between_turns` is called."""
    small, middle, _ = gc.get_threshold()
    gc.set_threshold(small, middle, _AT_ONCE)
    _look()


def look_between_turns() -> None:
    """Look for garbage if much was made since the last time."""
    if gc.get_count()[2] >= LOOK_AFTER:
        _look()


def _look() -> None:
    gc.unfreeze()
    gc.collect()
    gc.freeze()
