"""Server time of the pages: `python tests/bench/pages.py [--quick]`. Method and figures: docs/benchmarks.md.

A real server on the loopback address and one client, one request after another: what is measured is the server's work
and the loopback, not a queue. CPU is that of the whole process, the client included. Opening is a GET of the answer
page. Answering is a GET then a POST; the POST alone is timed, and returns once its entry is committed to the journal,
flushed to the disk.
"""

import argparse
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # a script sees only its own folder

import httpx  # noqa: E402 - after the path

from alerts.adapters.link_keys import load_or_make_link_keys  # noqa: E402
from alerts.effects import Notify  # noqa: E402
from alerts.links import LinkKeys, answer_token, person_token  # noqa: E402
from dashboards.adapters.exporter import Exporter  # noqa: E402
from dashboards.adapters.gate import Door  # noqa: E402
from dashboards.adapters.serving import serve  # noqa: E402
from dashboards.adapters.web import build_app  # noqa: E402
from dashboards.testing import BRIEF, raised  # noqa: E402
from orsan_plans.adapters.plan_files import shipped_catalogue  # noqa: E402
from streams.adapters.sqlite_journal import SqliteJournal  # noqa: E402
from streams.journal import JournalPurpose  # noqa: E402
from streams.messages.reference import RosterVersion  # noqa: E402
from streams.messages.signals import SignalSanitaire  # noqa: E402
from tests.bench.timing import machine  # noqa: E402
from vigie.embedded import Embedded  # noqa: E402
from vigie.link_settings import finding  # noqa: E402
from vigie.past import catalogue_message  # noqa: E402
from vigie.said import SaidToWriter  # noqa: E402
from vigie.stage import AtOnce, StageChannel, roster  # noqa: E402

REGION = "52"
TARGET_MS = 50.0
UNLIMITED = (10**9, 1.0)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one request took, in milliseconds."""

    wall: float
    cpu: float


@dataclass
class Stage:
    """A monitor driven by its own thread, as `vigie run` drives it, and the notifications it decided."""

    embedded: Embedded
    keys: LinkKeys
    said: SaidToWriter
    calls: list[Notify]


@contextmanager
def stage(directory: Path) -> Iterator[Stage]:
    with SqliteJournal.create(directory / "bench.db", JournalPurpose.LIVE) as journal:
        keys, wake, stop = load_or_make_link_keys(directory / "links"), threading.Event(), threading.Event()
        channel = StageChannel(Random(1), lambda *_: None)
        embedded = Embedded(journal, channel, AtOnce(), "http://v", links=keys)
        now, tableau = datetime.now(UTC) - timedelta(minutes=30), roster(REGION)
        embedded.say(REGION, catalogue_message(shipped_catalogue()), now)
        embedded.say(REGION, RosterVersion(tableau.sha256, tableau.content), now)
        for departement in ("44", "49", "53", "72", "85"):
            signal = SignalSanitaire(
                departement, "panne_majeure_du_systeme_d_information", f"DEP-{departement}", "Panne", "SAMU"
            )
            embedded.say(REGION, signal, now)
        embedded.turn(datetime.now(UTC))
        calls = [each.effect for each in journal.effects(REGION) if isinstance(each.effect, Notify)]
        said = SaidToWriter(wake.set)

        def write() -> None:
            while not stop.is_set():
                said.take(embedded.say)
                wake.wait(1.0)
                wake.clear()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            yield Stage(embedded, keys, said, calls)
        finally:
            stop.set()
            wake.set()
            writer.join()


def measure(stage: Stage, times: int, others: int) -> dict[str, list[Spent]]:
    """Return what each request took, by kind, with ``others`` more alerts open."""
    board = stage.embedded.board
    for number in range(others):
        brief = replace(BRIEF, alert_id=f"00000000-0000-0000-0000-{number:012}", raised_at=datetime.now(UTC))
        board.effect(REGION, raised(brief))
    door = Door(
        stage.keys,
        finding(stage.embedded.journal.outbox),
        stage.said,
        REGION,
        per_address=UNLIMITED,
        per_link=UNLIMITED,
    )
    app = build_app(board, Exporter(board), lambda: datetime.now(UTC), door)
    call = stage.calls[0]
    answer = f"/r/{answer_token(stage.keys, call)}"
    person = f"/a/{person_token(stage.keys, REGION, call.person, datetime.now(UTC))}"
    with serve(app, port=0) as serving, httpx.Client(trust_env=False, timeout=60) as client:
        base = f"http://{serving.host}:{serving.port}"

        def get(path: str) -> Callable[[], httpx.Response]:
            return lambda: client.get(base + path)

        timed(get(answer), 20)  # connections, threads and caches of a server that has just begun
        found = {"open": timed(get(answer), times)}
        found["answer"] = [answered(client, base + answer) for _ in range(times)]
        found["status"] = timed(get(person), times // 4)
        found["releve"] = timed(get(f"{person}/releve"), times // 4)
    return found


def timed(ask: Callable[[], httpx.Response], times: int) -> list[Spent]:
    spent = []
    for _ in range(times):
        wall, cpu = perf_counter(), process_time()
        response = ask()
        spent.append(Spent((perf_counter() - wall) * 1000, (process_time() - cpu) * 1000))
        assert response.status_code == 200, response.text
    return spent


def answered(client: httpx.Client, link: str) -> Spent:
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', client.get(link).text))
    [spent] = timed(lambda: client.post(link, data={**fields, "decision": "prendre"}), 1)
    return spent


def centile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="check the benchmark itself")
    times = 20 if parser.parse_args().quick else 1000
    with tempfile.TemporaryDirectory() as directory, stage(Path(directory)) as prepared:
        sys.stdout.write(" · ".join(f"{name}: {value}" for name, value in machine(Path(directory)).items()) + "\n")
        for others in (0, 200):
            for name, values in measure(prepared, times, others).items():
                walls, cpus = [each.wall for each in values], [each.cpu for each in values]
                middle, high, most = centile(walls, 0.5), centile(walls, 0.99), max(walls)
                verdict = f"target {TARGET_MS:g} ms: {'met' if high <= TARGET_MS else 'missed'}"
                sys.stdout.write(
                    f"{name}, {others} other open alerts, {len(values)} requests: "
                    f"median {middle:.1f} ms, p99 {high:.1f} ms, most {most:.1f} ms ({verdict}); "
                    f"CPU median {centile(cpus, 0.5):.1f} ms, p99 {centile(cpus, 0.99):.1f} ms\n"
                )


if __name__ == "__main__":
    main()
