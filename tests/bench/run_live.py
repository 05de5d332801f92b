"""The live engine's speed: `python tests/bench/run_live.py [--json] [--quick] [--work DIRECTORY] [--only PART …]`.

A real broker and a real PostgreSQL are started on loopback and ended whatever happens; where one cannot be had, that is
said and nothing is measured. Method and figures: docs/benchmarks.md. Exit code 0 whatever the speed.
"""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # a script sees only its own folder

from rich.console import Console  # noqa: E402 - after the path
from rich.table import Table  # noqa: E402

from streams.adapters.kafka_clients import KafkaAccess  # noqa: E402
from tests.bench import live_latency, live_log, live_recovery, live_throughput  # noqa: E402
from tests.bench.live_latency import Latencies, quantile  # noqa: E402
from tests.bench.live_servers import NoServers, broker, database  # noqa: E402
from tests.bench.timing import Run, machine, processor_time, timed  # noqa: E402

PARTS = ("latency", "throughput", "recovery", "replay")
TIMES_FLOOR, TOLD_SECONDS = 6, 1
_TOGETHER = 50
"""Ticks."""
SHARE_OF_BARE, SHARE_OF_EMBEDDED, FOUND_SECONDS = 0.6, 0.5, 10


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: signals a rate, records of the long log, those folded and replayed, how many times."""

    samples: int
    rates: tuple[int, ...]
    log: int
    folded: int
    times: int
    sessions: tuple[int, ...]


WHOLE = Size(800, (1, 10, 100), 1_000_000, 30_000, 5, (6, 20))
QUICK = Size(12, (1, 10), 12_000, 8_000, 1, (6,))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: what was measured, its figure, that of its floor, and what was wanted."""

    name: str
    figure: str
    floor: str = ""
    ratio: str = ""
    target: str = ""
    stolen: str = ""
    """Share of the processors' time that the host gave to others meanwhile."""


def latency(size: Size, folder: Path) -> Iterator[tuple[Line, object]]:
    """Measure from a record accepted to a person told."""
    # Not in the folder itself, which only its owner may enter: the database may run as somebody else.
    with broker(folder / "kafka") as access, database(folder.parent) as url:
        for found in live_latency.measure(access, url, folder, size.rates, size.samples):
            yield from ((line, asdict(found)) for line in _lines(found))


def _lines(found: Latencies) -> Iterator[Line]:
    handed, received, floor = (quantile(each, 0.99) for each in (found.handed, found.received, found.floor))
    is_met = handed <= TIMES_FLOOR * floor and handed < TOLD_SECONDS and not found.lost
    yield Line(
        f"record accepted → message handed to its channel, {found.times} × national peak",
        _ms(found.handed),
        _ms(found.floor),
        f"{handed / floor:.1f}",
        f"p99 ≤ {TIMES_FLOOR} × floor, < {TOLD_SECONDS} s {_verdict(is_met)}",
    )
    yield Line("    the same → received by the service", _ms(found.received), "", f"{received / floor:.1f}")
    yield Line("    a page flushed to the disk, as a commit is", _ms(found.flushed))
    for name, part in found.parts.items():
        yield Line(f"    {name}", _ms(part))
    yield Line(
        "    files of visits sent; waiting at the end; calls lost", f"{found.files}; {found.waiting}; {found.lost}"
    )


def on_a_long_log(size: Size, folder: Path, parts: list[str]) -> Iterator[tuple[Line, object]]:
    """Measure what reads a long log: folding, replaying, finding a région again."""
    with broker(folder / "kafka-log") as access:
        live_log.make_topics(access)
        live_log.write(access, size.log)
        if "throughput" in parts:
            runs = list(live_throughput.in_turn(access, size.folded, size.times))
            pairs = [(bare, own) for bare, _, own in runs]
            yield _compared("worker, records per second", "a Faust agent that decodes", pairs, SHARE_OF_BARE)
            yield _compared("    the same", "one that fetches as the worker does", [each[1:] for each in runs])
        if "replay" in parts:
            path = live_recovery.new_path(folder)
            pairs = list(live_recovery.replaying(access, path, size.folded, size.times))
            yield _compared("replay from Kafka, records per second", "embedded", pairs, SHARE_OF_EMBEDDED)
        if "recovery" in parts:
            yield from _recovery(access, size, folder)


def _recovery(access: KafkaAccess, size: Size, folder: Path) -> Iterator[tuple[Line, object]]:
    behind = live_recovery.snapshot(access)
    runs = timed(live_recovery.finding(access), size.times)
    seconds = [run.wall for run in runs]
    yield (
        Line(
            f"région of {size.log:,} entries found again, {behind:,} records after its snapshot",
            f"{median(seconds):.2f} s ({min(seconds):.2f} … {max(seconds):.2f})",
            target=f"{FOUND_SECONDS} s {_verdict(median(seconds) <= FOUND_SECONDS)}",
        ),
        [asdict(run) for run in runs],
    )
    live_log.date_by_broker(access)
    live_recovery.as_if_read(access)
    for session, taken in live_recovery.taking_over(access, folder, size.sessions):
        yield Line(f"worker started after a kill → first effect, session of {session} s", f"{taken:.1f} s"), taken


def _compared(name: str, floor: str, pairs: list[tuple[Run, Run]], wanted: float | None = None) -> tuple[Line, object]:
    shares = [bare.wall / own.wall for bare, own in pairs]
    own, bare = (median(each[place].entries / each[place].wall for each in pairs) for place in (1, 0))
    cpu = median(each.cpu / other.cpu for each, other in pairs)
    line = Line(
        name,
        f"{own:,.0f}",
        f"{bare:,.0f} ({floor})",
        f"{median(shares):.2f} ({min(shares):.2f} … {max(shares):.2f}); of CPU {cpu:.2f}",
        "" if wanted is None else f"≥ {wanted} {_verdict(median(shares) >= wanted)}",
    )
    return line, [[asdict(run) for run in pair] for pair in pairs]


def _ms(seconds: list[float]) -> str:
    return " / ".join(f"{1000 * quantile(seconds, share):,.0f}" for share in (0.5, 0.95, 0.99)) + " ms"


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "missed"


def measured(size: Size, folder: Path, parts: list[str]) -> Iterator[tuple[Line, object]]:
    """Measure the parts that are asked for."""
    if "latency" in parts:
        yield from _watched(latency(size, folder))
    if set(parts) - {"latency"}:
        yield from _watched(on_a_long_log(size, folder, parts))


def _watched(found: Iterator[tuple[Line, object]]) -> Iterator[tuple[Line, object]]:
    before = processor_time()
    for line, runs in found:
        now = processor_time()
        passed, stolen = (after - at for after, at in zip(now, before, strict=True))
        # Lines that come together are of one measurement.
        yield (replace(line, stolen=f"{100 * stolen / passed:.0f} %") if passed > _TOGETHER else line), runs
        before = now


def show(lines: list[Line], facts: dict[str, str]) -> None:
    """Print a table for people."""
    console = Console(width=180)
    console.print(" · ".join(f"{name}: {value}" for name, value in facts.items()))
    table = Table("benchmark", "p50 / p95 / p99, or median", "floor", "ratio", "target", "stolen")
    for line in lines:
        table.add_row(line.name, line.figure, line.floor, line.ratio, line.target, line.stolen)
    console.print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the speed of Vigie's live engine.")
    parser.add_argument("--json", action="store_true", help="print every sample as JSON")
    parser.add_argument("--quick", action="store_true", help="small: checks the benchmark itself")
    parser.add_argument("--work", type=Path, help="where the servers write (default: the temporary directory)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure")
    options = parser.parse_args()
    # An orderly end, or the servers would stay.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with TemporaryDirectory(dir=options.work) as name:
        folder, found = Path(name).resolve(), list[tuple[Line, object]]()
        facts = machine(folder)
        try:
            for each in measured(QUICK if options.quick else WHOLE, folder, options.only):
                print(*filter(None, asdict(each[0]).values()), sep=" | ", file=sys.stderr)  # noqa: T201 - a script
                found.append(each)
        except NoServers as why:
            print(f"the live engine is not measured: {why}", file=sys.stderr)  # noqa: T201 - a script
            return
    if options.json:
        figures = [{"line": asdict(line), "runs": runs} for line, runs in found]
        print(json.dumps({"machine": facts, "figures": figures}, indent=2))  # noqa: T201 - a script
    else:
        show([line for line, _ in found], facts)


if __name__ == "__main__":
    main()
