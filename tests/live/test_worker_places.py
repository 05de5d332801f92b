"""What a worker is given is known from its own loop; when its groups give nothing any more, its process ends."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streams.adapters.faust_transport import PromptConsumer
from streams.adapters.kafka_clients import KafkaAccess
from streams.live.topics import JOURNAL, RAW_RPU, RAW_SIGNALS
from vigie.worker import ENGINE, NORMALISERS, Resources, Worker, build_worker, run_worker


class Untouchable:
    """An app that does not run yet: whoever asks for its consumer makes one, in the wrong thread."""

    crashed = False

    @property
    def consumer(self) -> None:
        raise AssertionError("asked before it runs")


FILES = NORMALISERS[RAW_RPU]
App = Untouchable | SimpleNamespace


def running(*partitions: int, crashed: bool = False) -> SimpleNamespace:
    given = [SimpleNamespace(topic=JOURNAL, partition=each) for each in partitions]
    consumer = SimpleNamespace(assignment=lambda: given)
    return SimpleNamespace(consumer=consumer, crashed=crashed, crash_reason=OSError("no broker"))


def worker(app: App, files: App, end: Callable[[str], object] = print) -> Worker:
    unused: Any = None
    return Worker(app, unused, {FILES: files}, unused, unused, end)


def test_before_it_runs_it_has_nothing() -> None:
    made = worker(Untouchable(), Untouchable())
    assert made.places(ENGINE) == made.places(FILES) == frozenset()
    assert made.assigned() == []


def test_what_its_group_gave_is_seen_at_each_look() -> None:
    made = worker(running(0, 11), running())
    made.look()
    assert made.places(ENGINE) == {(JOURNAL, 0), (JOURNAL, 11)}
    assert made.assigned() == ["01", "52"]
    assert made.places(FILES) == frozenset()


def test_asked_to_stop_before_its_first_look_it_keeps_what_it_was_given() -> None:
    kept = list[str]()

    async def stop() -> None:
        assert kept == []

    async def save_all(assigned: list[str]) -> None:
        kept.extend(assigned)

    app, files = running(11), running()
    app.stop = files.stop = stop
    engine: Any = SimpleNamespace(save_all=save_all)
    asyncio.run(replace(worker(app, files), engine=engine).let_go())
    assert kept == ["52"]


def test_a_faust_that_ended_ends_the_process() -> None:
    said = list[str]()
    worker(running(), running(crashed=True), said.append).look()
    assert said == [f"the group {FILES}: Faust ended with OSError('no broker')"]


def test_decisions_and_signals_are_fetched_promptly(tmp_path: Path) -> None:
    unused: Any = None
    sender: Any = SimpleNamespace(send=print)

    async def build() -> Worker:  # Faust binds to the loop it is made in
        opened = Resources(sender, unused, unused, unused)
        return build_worker(KafkaAccess(("127.0.0.1:9",)), 20.0, tmp_path, opened, unused)

    made = asyncio.run(build())
    apps = {ENGINE: made.app, **made.files}
    prompt = {group for group, app in apps.items() if app.transport.Consumer is PromptConsumer}
    assert prompt == {ENGINE, NORMALISERS[RAW_SIGNALS]}


class Ended(Exception):
    """The process ends."""


def test_a_worker_that_does_not_get_to_start_ends_its_process() -> None:
    async def start() -> None:
        await asyncio.Event().wait()

    def end(why: str) -> None:
        raise Ended(why)

    app = running()
    app.start = start
    made = worker(app, running(), end)
    made.heart.delay = timedelta(milliseconds=10)
    with pytest.raises(Ended, match="Faust does not start: TimeoutError"):
        asyncio.run(run_worker(made))


def test_a_worker_that_cannot_let_go_of_its_groups_ends_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigie.worker.keep_out_of_turns", int)

    async def start() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    async def stop() -> None:
        await asyncio.Event().wait()

    async def for_ever(*_: object) -> None:
        await asyncio.Event().wait()

    def end(why: str) -> None:
        raise Ended(why)

    app, files = running(), running()
    app.start, app.stop, app.conf = start, stop, SimpleNamespace(broker="nowhere")
    files.start, files.stop = start, stop
    declaring = SimpleNamespace(store_for_ever=for_ever)
    engine: Any = SimpleNamespace(tick_for_ever=for_ever, declaring=declaring)
    made = replace(worker(app, files, end), engine=engine, lets_go_seconds=0.01)
    with pytest.raises(Ended, match="not stopped in order"):
        asyncio.run(run_worker(made))
