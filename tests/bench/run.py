"""Speed and memory: `python tests/bench/run.py [--json] [--quick] [--data DIRECTORY] [--work DIRECTORY]`.

Method and a table of figures: docs/benchmarks.md. Exit code 0 whatever the speed: a machine is not judged here.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # a script sees only its own folder

from rich.console import Console  # noqa: E402 - after the path
from rich.table import Table  # noqa: E402

from alerts.effects import Effect  # noqa: E402
from streams import engine  # noqa: E402
from tests.bench import collecting, scenarios, volume, workload  # noqa: E402
from tests.bench.timing import Figure, deep_size, machine, resident_bytes, timed  # noqa: E402

FOLD_TARGET = 50_000
APPEND_TARGET = 5_000
REPLAY_SECONDS = 10
OPENING = 5_000
"""Entries of a region's first day: establishments are heard for the first time and every rule leaves the unknown."""


DECODE, HASH = "floor: decode payloads", "floor: SHA-256 of payloads"


def speeds(options: argparse.Namespace, directory: Path) -> Iterator[Figure]:
    """Measure what runs on synthetic visits, floors first."""
    times = 2 if options.quick else 5
    number, appended = (20_000, 5_000) if options.quick else (100_000, 20_000)
    entries = list(workload.entries(number))
    effects: list[Effect] = []
    yield Figure(DECODE, timed(scenarios.decoding(entries), times))
    yield Figure(HASH, timed(scenarios.hashing(entries), times))
    first, others = entries[:OPENING], entries[OPENING:]
    yield Figure("fold, first day of a region", timed(scenarios.opening(first), times))
    runs = timed(scenarios.folding(first, others, effects), 2 * times + 1)
    yield Figure("fold, days after", runs, FOLD_TARGET, DECODE, _told(effects))
    yield Figure("fold, entry and effect digests", timed(scenarios.folding_with_digest(entries), times), floor=HASH)
    for batch in (100, 500):
        floor = f"floor: bare SQLite, by {batch}"
        yield Figure(floor, timed(scenarios.inserting(entries[:appended], batch, directory), times))
        runs = timed(scenarios.appending(appended, batch, directory), times)
        yield Figure(f"embedded append, by {batch}", runs, APPEND_TARGET, floor)
    runs = timed(scenarios.appending(appended, 500, directory, lambda _: None), times)
    yield Figure("embedded append, readings shown", runs, floor=floor)


def wave(data: Path, times: int, directory: Path) -> Iterator[Figure]:
    """Measure the first COVID wave, all régions."""
    yield Figure("wave: import", timed(scenarios.importing_wave(data, directory), times))
    runs = timed(scenarios.replaying_wave(data, directory), times)
    yield Figure("wave: replay", runs, runs[0].entries / REPLAY_SECONDS)


def _told(effects: list[Effect]) -> str:
    kinds = [effect.kind for effect in effects]
    return f"{kinds.count('posture_changed')} postures moved, {kinds.count('alert_raised')} alerts"


def memory(options: argparse.Namespace) -> Iterator[dict[str, int]]:
    """Fold a stream of visits that nobody keeps; yield what the fold weighs on the way."""
    marks = (10_000, 20_000) if options.quick else (100_000, 300_000, 1_000_000)
    fold = engine.start(workload.REGION)
    for entry in workload.entries(marks[-1]):
        engine.step(fold, entry)
        if entry.seq in marks:
            yield {
                "entries": entry.seq,
                "fold_bytes": deep_size((fold.state, fold.watches)),
                "snapshot_bytes": len(engine.snapshot(fold)),
                "resident_bytes": resident_bytes(),
            }


def show(figures: list[Figure], weights: list[dict[str, int]], facts: dict[str, str]) -> None:
    """Print tables for people."""
    console = Console(width=150)
    console.print(" · ".join(f"{name}: {value}" for name, value in facts.items()))
    table = Table("benchmark", "per CPU second", "min … max", "per second", "seconds", "floor ÷ it", "target", "note")
    speed = {figure.name: median(figure.per_cpu_second) for figure in figures}
    for figure in figures:
        cpu = figure.per_cpu_second
        table.add_row(
            figure.name,
            f"{speed[figure.name]:,.0f}",
            f"{min(cpu):,.0f} … {max(cpu):,.0f}",
            f"{median(figure.per_second):,.0f}",
            f"{median(run.wall for run in figure.runs):.2f}",
            f"{speed[figure.floor] / speed[figure.name]:.1f}" if figure.floor else "",
            "" if figure.target is None else f"{figure.target:,.0f} {_verdict(figure)}",
            figure.note,
        )
    console.print(table)
    sizes = Table("entries folded", "fold, KiB", "snapshot, KiB", "process, MiB")
    for weight in weights:
        sizes.add_row(
            f"{weight['entries']:,}",
            f"{weight['fold_bytes'] / 1024:,.0f}",
            f"{weight['snapshot_bytes'] / 1024:,.0f}",
            f"{weight['resident_bytes'] / 2**20:,.1f}",
        )
    console.print(sizes)


def _verdict(figure: Figure) -> str:
    return "met" if median(figure.per_cpu_second) >= (figure.target or 0) else "missed"


def as_json(figures: list[Figure], weights: list[dict[str, int]], facts: dict[str, str]) -> str:
    """Return everything measured, run by run."""
    measured: list[dict[str, Any]] = [
        {
            "name": figure.name,
            "target_per_second": figure.target,
            "floor": figure.floor,
            "runs": [{"entries": run.entries, "wall_s": run.wall, "cpu_s": run.cpu} for run in figure.runs],
            "note": figure.note,
        }
        for figure in figures
    ]
    return json.dumps({"machine": facts, "figures": measured, "memory": weights}, indent=2)


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description="Measure Vigie's speed and memory.")
    parser.add_argument("--json", action="store_true", help="print every run as JSON")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer runs: checks the benchmark itself")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="public data sets")
    parser.add_argument("--work", type=Path, help="where journals are written (default: the temporary directory)")
    options = parser.parse_args()
    weights = list(memory(options))
    with TemporaryDirectory(dir=options.work) as name:
        directory = Path(name)
        facts = machine(directory)
        collected = collecting.figures(2, directory, 3) if options.quick else collecting.figures(5, directory)
        kept = volume.figures(1, directory, 4, 50) if options.quick else volume.figures(3, directory)
        figures = [*speeds(options, directory), *collected, *kept]
        if options.data.is_dir():
            figures += wave(options.data, 2 if options.quick else 5, directory)
        else:
            print(f"{options.data} is absent: the COVID wave is not measured", file=sys.stderr)  # noqa: T201 - a script
    if options.json:
        print(as_json(figures, weights, facts))  # noqa: T201 - a script
    else:
        show(figures, weights, facts)


if __name__ == "__main__":
    main()
