"""Timing a single thread several times on a machine that may be busy: wall time, CPU time, median and spread."""

import gc
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from types import FunctionType, ModuleType


@dataclass(frozen=True, slots=True)
class Run:
    """One execution: how many entries, and the seconds they took."""

    entries: int
    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Figure:
    """What one benchmark measured, in entries.

    ``target`` is a number of entries per second, None for a scale or a detail; ``floor`` names the figure of the least
    that could be done instead.
    """

    name: str
    runs: tuple[Run, ...]
    target: float | None = None
    floor: str = ""
    note: str = ""

    @property
    def per_cpu_second(self) -> list[float]:
        """Entries per second of CPU, of each run."""
        return [run.entries / run.cpu for run in self.runs]

    @property
    def per_second(self) -> list[float]:
        """Entries per second of wall time, of each run."""
        return [run.entries / run.wall for run in self.runs]


Timed = Callable[[], int]
"""A piece of work that returns how many entries it did."""


def timed(prepare: Callable[[], Timed], repetitions: int) -> tuple[Run, ...]:
    """Time the work that ``prepare`` returns, prepared again each time."""
    return tuple(_run(prepare()) for _ in range(repetitions))


def _run(work: Timed) -> Run:
    wall, cpu = perf_counter(), process_time()
    entries = work()
    return Run(entries, perf_counter() - wall, process_time() - cpu)


def machine(directory: Path) -> dict[str, str]:
    """Return what the figures depend on: processor, cores, load, Python, and the file system of ``directory``."""
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "load": " ".join(f"{each:.1f}" for each in os.getloadavg()),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "file system": _file_system(directory),
    }


def _first(path: str, key: str) -> str:
    file = Path(path)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")


def _file_system(directory: Path) -> str:
    mounts = Path("/proc/mounts")
    rows = [line.split()[1:3] for line in mounts.read_text(encoding="utf-8").splitlines()] if mounts.exists() else []
    holding = [(point, kind) for point, kind in rows if directory.resolve().is_relative_to(point)]
    return max(holding, default=("", "unknown"), key=lambda each: len(each[0]))[1]


def processor_time() -> tuple[int, int]:
    """Return the time that all processors spent since the start, and what of it the host gave to others (its steal).

    In the system's ticks; zeros where the system does not say (it is not Linux).
    """
    stat = Path("/proc/stat")
    ticks = (
        [int(each) for each in stat.read_text(encoding="ascii").split("\n")[0].split()[1:9]] if stat.exists() else []
    )
    return sum(ticks), ticks[7] if ticks else 0


def resident_bytes() -> int:
    """Return the memory this process occupies now; 0 where the system does not say (it is not Linux)."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


def deep_size(root: object) -> int:
    """Return the bytes of an object and of the values it owns; types, functions and modules are not counted."""
    seen: set[int] = set()
    waiting, total = [root], 0
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, (type, FunctionType, ModuleType)):
            continue
        seen.add(id(each))
        total += sys.getsizeof(each)
        waiting += gc.get_referents(each)
    return total
