"""PostgreSQL suspended, stopped, its disk full; the disk of a notifier full: all waits, nothing is lost."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.adapters.postgres import PostgresDatabase
from streams.adapters import migrating
from streams.adapters.kafka_clients import KafkaAccess
from tests.core.builders import signal as told_signal
from tests.live.campaign.campaign_stage import Load, Stage, staged, territories
from tests.live.campaign.campaign_verdict import judge
from tests.live.campaign.test_failures_group import under_load
from tests.live.processes import Process, until
from tests.live_database import postgres_server
from tests.live_database.postgres_server import Server
from tests.vigie.monitored import Phones


def decides_meanwhile(stage: Stage, number: int) -> None:
    """A signal said now is decided although the database is away."""
    region, before = stage.regions[0], len(stage.told(stage.regions[0]))
    stage.say(told_signal(f"pendant-{number}", territory=territories(region)[number % 5]))
    until(lambda: len(stage.told(region)) > before)


def processes_of(server: Server) -> list[int]:
    """Return the server's processes, the first one first."""
    assert server.folder is not None
    first = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *map(int, children)]


@contextmanager
def suspended(server: Server) -> Iterator[None]:
    found = processes_of(server)
    for each in found:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in reversed(found):
            os.kill(each, signal.SIGCONT)


@pytest.mark.skipif(sys.platform != "linux", reason="the server's processes are found in /proc")
@pytest.mark.timeout(900)
def test_a_database_suspended_then_stopped_is_waited_for(
    access: KafkaAccess, postgres: Server, postgres_url: str, phones: Phones, tmp_path: Path, soak: bool
) -> None:
    if postgres.programs is None:
        pytest.skip("the database is not ours to stop")
    with staged(access, postgres_url, tmp_path, phones, "75") as stage:
        load, away = Load(stage, 75), 60.0 if soak else 3.0
        worker, notifier = stage.start("worker"), stage.start("notifier")
        under_load(stage, load, 1)
        with suspended(postgres):
            decides_meanwhile(stage, 1)
            time.sleep(away)
        under_load(stage, load, 1)
        postgres.stop()
        try:
            decides_meanwhile(stage, 2)
            time.sleep(away)
        finally:
            postgres.start()
        under_load(stage, load, 1)
        figures = judge(stage, [worker], [notifier])
        assert "a file waits" in worker.said() or "not stored yet" in notifier.said()
        assert figures.notifications > 0


@contextmanager
def _small_disk(megabytes: int) -> Iterator[Path]:
    """Mount one where the server's account may go."""
    folder = postgres_server.temporary()
    mount = shutil.which("mount")
    size = f"size={megabytes}m"
    if mount is None or subprocess.run([mount, "-t", "tmpfs", "-o", size, "x", folder], check=False).returncode:
        folder.rmdir()
        pytest.skip("a small file system cannot be mounted here: it takes root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (65_536, 512, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


@pytest.mark.timeout(900)
def test_a_full_disk_at_the_database_loses_nothing(access: KafkaAccess, phones: Phones, tmp_path: Path) -> None:
    with _small_disk(200) as disk, postgres_server.running(disk) as server, server.database() as url:
        database = PostgresDatabase.open(url)
        migrating.upgrade(database)
        database.close()
        with staged(access, url, tmp_path, phones, "76") as stage:
            load, ballast = Load(stage, 76), disk / "ballast"
            worker, notifier = stage.start("worker"), stage.start("notifier")
            under_load(stage, load, 1)
            _fill(ballast)
            sent = _until_it_waits(stage, load, worker, notifier)
            ballast.unlink()
            if not _is_up(server):
                server.start()
            under_load(stage, load, 1)
            figures = judge(stage, [worker], [notifier])
            assert figures.notifications > 0
            assert sent > 0


def _until_it_waits(stage: Stage, load: Load, worker: Process, notifier: Process) -> int:
    """Send until the database takes nothing more; return how many files that took."""
    before, numbers = len(stage.sent), iter(range(100_000))

    def waits() -> bool:
        number = next(numbers)
        stage.say(told_signal(f"plein-{number}", territory=territories("76")[number % 5]))
        load.send(stage.regions[0])
        return "waits" in worker.said() or "not stored yet" in notifier.said()

    until(waits, 300)
    return len(stage.sent) - before


def _is_up(server: Server) -> bool:
    try:
        first, *_ = processes_of(server)
        os.kill(first, 0)
    except OSError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a running process are set with Linux's prlimit")
@pytest.mark.timeout(600)
def test_a_full_disk_at_the_notifier_loses_nothing(access: KafkaAccess, phones: Phones, tmp_path: Path) -> None:
    file = tmp_path / "live.db"
    with staged(access, f"sqlite:///{file}", tmp_path, phones, "84") as stage:
        load = Load(stage, 84)
        worker, notifier = stage.start("worker"), stage.start("notifier", "--name", "campaign")
        under_load(stage, load, 1)
        until(lambda: bool(phones.rung))
        _limit(notifier, _sizes(file))
        _until(lambda number: decides_meanwhile(stage, number), lambda: _is_refused(notifier))
        if notifier.is_alive:
            _limit(notifier, resource.RLIM_INFINITY)
        else:
            assert "Traceback" not in notifier.said()
            notifier = stage.start("notifier", "--name", "campaign")
        figures = judge(stage, [worker], [notifier])
        assert figures.notifications > 0


def _sizes(file: Path) -> int:
    return max(each.stat().st_size for each in file.parent.glob(f"{file.name}*") if each.suffix != ".db-shm")


def _limit(process: Process, size: int) -> None:
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hard))


def _is_refused(notifier: Process) -> bool:
    return "not stored yet" in notifier.said() or "to be done again" in notifier.said() or not notifier.is_alive


def _until(do: Callable[[int], None], is_over: Callable[[], bool]) -> None:
    numbers = iter(range(10_000))

    def look() -> bool:
        do(next(numbers))
        return is_over()

    until(look)
