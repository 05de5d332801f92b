"""Many damaged inputs of one format, with or without coverage to guide them; each finding is kept as a file.

A finding does not stop the campaign: the first input of each kind is written, with what happened. A hang or too much
memory does stop it, and libFuzzer writes the input.
"""

import hashlib
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import process_time
from typing import Any, Final

from tests.fuzz import calendars
from tests.fuzz.invariants import FORMATS, check, check_both_ways, check_collected
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import seeds

LARGEST: Final = 16_384
"""Bytes of an input: tens of records, and less than one piece read from the stream."""
SECONDS: Final = 30
"""Of wall time for one input, on a machine that may be busy: a hang, nothing less."""
MEGABYTES: Final = 600
_COLLECTED_EVERY: Final = 25
"""One input in so many is also collected, which costs more than decoding it."""


NAMES: Final = (*FORMATS.by_name, calendars.NAME)


class Campaign:
    """Checks inputs of one format and keeps what they find under ``directory``."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.format = FORMATS.by_name.get(name)
        """What the collector reads; None for what only a command does."""
        self.directory = directory
        self.kinds: dict[str, str] = {}
        self.inputs = 0

    def try_one(self, data: bytes) -> None:
        """Check one input; a finding is kept, not raised."""
        self.inputs += 1
        try:
            self._check(data)
        except Exception as error:  # noqa: BLE001 - anything that comes out is a finding
            self._keep(data, error)

    def _check(self, data: bytes) -> None:
        if self.format is None:
            calendars.check_calendar(data)
            return
        check(self.format, data)
        check_both_ways(self.format, data)
        if self.inputs % _COLLECTED_EVERY == 0:
            check_collected(self.format, data)

    def _keep(self, data: bytes, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"
        if kind in self.kinds:
            return
        self.kinds[kind] = str(error)[:200]
        self.directory.mkdir(parents=True, exist_ok=True)
        name = f"finding-{hashlib.sha256(data).hexdigest()[:12]}"
        (self.directory / name).write_bytes(data)
        (self.directory / f"{name}.txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")


def plain(campaign: Campaign, inputs: int, seed: int, data: Path | None = None) -> float:
    """Try ``inputs`` damaged seeds, the same for the same seed; return the seconds of CPU it took."""
    examples = _seeds(campaign.name, data)
    random, start = Random(seed), process_time()
    for example in examples:
        campaign.try_one(example)
    while campaign.inputs < inputs:
        campaign.try_one(mutate(random.choice(examples), random, examples, LARGEST))
    return process_time() - start


def guided(campaign: Campaign, inputs: int, seed: int, corpus: Path, data: Path | None = None) -> None:
    """Try ``inputs`` inputs with atheris, which keeps those that reach something new; it ends the process itself."""
    import atheris  # noqa: PLC0415 - only where it is installed

    examples = _seeds(campaign.name, data)
    corpus.mkdir(parents=True, exist_ok=True)
    for example in examples:
        (corpus / hashlib.sha256(example).hexdigest()[:16]).write_bytes(example)

    def change(content: bytes, largest: int, draw: int) -> bytes:
        random = Random(draw)
        if random.random() < 1 / 3:
            return bytes(atheris.Mutate(content, largest))
        return mutate(content, random, examples, largest)

    options = {
        "runs": inputs,
        "seed": seed,
        "max_len": LARGEST,
        "timeout": SECONDS,
        "rss_limit_mb": MEGABYTES,
        "artifact_prefix": f"{campaign.directory}/",
        "print_final_stats": 1,
    }
    arguments = [sys.argv[0], str(corpus), *(f"-{name}={value}" for name, value in options.items())]
    campaign.directory.mkdir(parents=True, exist_ok=True)
    atheris.Setup(arguments, _bytes_only(campaign.try_one), custom_mutator=change)
    atheris.Fuzz()


def _seeds(name: str, data: Path | None) -> list[bytes]:
    if name == calendars.NAME:
        return [*calendars.calendar_seeds(), *calendars.REFUSED_PIECES]
    return seeds(name, data)


def _bytes_only(try_one: Callable[[bytes], None]) -> Callable[[Any], None]:
    return lambda data: try_one(bytes(data))
