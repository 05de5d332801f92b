"""`vigie run` under fire: kill -9 at any instant, a full disk, a dead channel. Nothing is lost, all is said again."""

import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from alerts.adapters.link_keys import load_link_keys
from alerts.effects import Effect, Notify, Recalled
from alerts.links import LinkKeys
from alerts.outbox import OutboxState
from alerts.sms_wording import link_of
from streams import messages
from streams.adapters.sqlite_journal import SqliteJournal
from streams.messages.decisions import Acknowledge
from tests.vigie.monitored import (
    MonitorProcess,
    Phones,
    Place,
    closed_port,
    eventually,
    last_line,
    line,
    signal_line,
    vigie,
)

NATURES = ("panne_majeure_du_systeme_d_information", "accident_collectif", "accident_nucleaire")
DEPARTEMENTS = ("44", "49", "53", "72", "85")
LINK_BASE = "http://127.0.0.1:8044"
OPTIONS = ("--link-base", LINK_BASE)


def ordered(place: Place) -> list[Notify]:
    """Return every notification that the journal says was decided."""
    return [effect for effect in effects(place) if isinstance(effect, Notify)]


def effects(place: Place) -> list[Effect]:
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        return [stored.effect for stored in journal.effects("52")]


def unsent(place: Place) -> set[str]:
    """Return the notifications that the outbox says were recalled before they were known to have left."""
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        return {item.notification.id for item in journal.outbox.items("52") if item.state is OutboxState.RECALLED}


def states(place: Place) -> dict[OutboxState, int]:
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        return {state: count for state, count in journal.outbox.counts().items() if count}


def assert_nothing_was_lost(place: Place, phones: Phones) -> None:
    """Every decided notification rang at least once, at the right person's, or was recalled; the journal is sound."""
    rung = Counter((each.person, *_what(each.title, each.text)) for each in phones.rung)
    keys, recalled = keys_of(place), unsent(place)
    assert recalled <= {each.notification for each in effects(place) if isinstance(each, Recalled)}
    wanted = Counter(
        (each.person, each.brief.posture.value, each.purpose.value == "end", link_of(each, LINK_BASE, keys))
        for each in ordered(place)
        if each.id not in recalled
    )
    missing = wanted - rung
    assert not missing
    assert last_line(vigie("journal", "verify", place.journal).stdout)[:2] == ["sound:", "digest"]
    replayed = vigie("retex", "replay", place.journal)
    assert "identical to what the journal decided" in replayed.stdout, replayed.stderr


def keys_of(place: Place) -> LinkKeys:
    return load_link_keys(place.journal.with_name(f"{place.journal.name}.liens"))


def told_of(place: Place, text: str) -> str:
    """Return the alert that a message is about: its link is signed, the journal says whose it is."""
    link, keys = _link(text), keys_of(place)
    return next(each.brief.alert_id for each in ordered(place) if link_of(each, LINK_BASE, keys) == link)


def _link(text: str) -> str:
    return next(each for each in text.splitlines() if each.startswith(LINK_BASE))


def _what(title: str, text: str) -> tuple[str, bool, str]:
    is_end = title.startswith("FIN ")
    return title.split(" ")[1 if is_end else 0], is_end, _link(text)


def _signals(round_: int) -> list[dict[str, object]]:
    """Return what happens in a round: something new, or the end of it when everything has happened already."""
    lap, place = divmod(round_, len(NATURES) * len(DEPARTEMENTS))
    nature, departement = NATURES[place % len(NATURES)], DEPARTEMENTS[place // len(NATURES)]
    return [signal_line(f"{nature}-{departement}", nature, f"DEP-{departement}", is_open=lap % 2 == 0)]


def answer(place: Place, name: str, alert_id: str) -> None:
    """Answer an alert as `vigie ack` does."""
    place.leave(name, line("alert.acknowledge", {"alert_id": alert_id, "by": f"Claire {name}"}))


def answers(place: Place) -> list[str]:
    """Return who answered, as the journal says, in order."""
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        said = [messages.decode(each.kind, each.payload) for each in journal.entries("52")]
    return [each.by for each in said if isinstance(each, Acknowledge)]


def _kill_somewhere(random: Random, place: Place, monitor: MonitorProcess, phones: Phones, name: str) -> bool:
    """Kill it; return whether an answer named ``name`` was left before."""
    step = random.randrange(5)
    match step:
        case 0:  # while the channel has the message and has not answered
            phones.answering.clear()
            before = len(phones.rung)
            eventually(lambda: len(phones.rung) > before, f"a call\n{monitor.text}")
        case 1:  # around the answer, its report and the commit
            before = len(phones.rung)
            eventually(lambda: len(phones.rung) > before, f"a call\n{monitor.text}")
            time.sleep(random.random() * 0.02)
        case 2:  # around the file, its commit and its move
            monitor.base()
            time.sleep(random.random() * 1.5)
        case 3:  # around an answer, its commit and the end of the calls
            before = len(phones.rung)
            eventually(lambda: len(phones.rung) > before, f"a call\n{monitor.text}")
            answer(place, name, told_of(place, phones.rung[-1].text))
            time.sleep(random.random() * 2)
        case _:  # while it starts
            time.sleep(random.random() * 2)
    monitor.kill()
    phones.answering.set()
    return step == 3


@pytest.mark.slow
def test_kill_9_at_any_instant_loses_no_notification(place: Place, phones: Phones, soak: bool) -> None:
    random = Random(52)
    rounds = 200 if soak else 10
    # The same person is called each round: beyond the usual limit digests would wait for their minute.
    limits = "limites: {messages: 1000, duree: 10 min, resume: 5 min}\n"
    place.roster.write_text(place.roster.read_text(encoding="utf-8") + limits, encoding="utf-8")
    answered = []
    for round_ in range(rounds):
        name = f"{round_:04}"
        place.leave(name, *_signals(round_))
        with place.monitor(*OPTIONS) as monitor:
            if _kill_somewhere(random, place, monitor, phones, f"{name}-reponse"):
                answered.append(f"Claire {name}-reponse")
    with place.monitor(*OPTIONS) as monitor:
        eventually(lambda: not place.dropped(), "every file journaled")
        over = {OutboxState.DONE, OutboxState.RECALLED}
        eventually(lambda: set(states(place)) <= over, "every message sent and reported, or recalled")
        assert monitor.stop() == 0
    assert len(ordered(place)) >= min(rounds, len(NATURES) * len(DEPARTEMENTS)) * 2 // 3
    assert answered
    # Journaled once each, though the file of one may be read twice.
    assert sorted(answers(place)) == answered
    assert_nothing_was_lost(place, phones)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of a running process are set with Linux's prlimit")
def test_a_disk_that_fills_while_a_message_is_sent_loses_nothing(place: Place, phones: Phones) -> None:
    phones.answering.clear()
    place.leave("premier", *_signals(0))
    with place.monitor(*OPTIONS) as monitor:
        eventually(lambda: phones.rung, "a call")
        wal = place.journal.with_name(place.journal.name + "-wal").stat().st_size
        limit = max(wal, place.journal.stat().st_size)
        resource.prlimit(monitor.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        place.leave("deuxieme", *_signals(1))
        phones.answering.set()
        assert monitor.ended() == 1
        assert f"vigie: {place.journal}: " in monitor.text
        assert "Traceback" not in monitor.text
    assert states(place) == {OutboxState.CLAIMED: 1}
    with place.monitor(*OPTIONS) as monitor:
        eventually(lambda: states(place) == {OutboxState.DONE: 2}, "both messages sent and reported")
        assert monitor.stop() == 0
    assert len(phones.rung) == 3
    assert_nothing_was_lost(place, phones)


@contextmanager
def _small_disk(path: Path) -> Iterator[Path]:
    path.mkdir()
    mount = shutil.which("mount")
    if mount is None or subprocess.run([mount, "-t", "tmpfs", "-o", "size=600k", "x", path], check=False).returncode:
        pytest.skip("a small file system cannot be mounted here: it takes root")
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


@pytest.mark.slow
def test_a_full_disk_loses_nothing(tmp_path: Path, phones: Phones) -> None:
    with _small_disk(tmp_path / "disque") as disk:
        place = Place(disk)
        place.people_at(phones.address)
        with place.monitor(*OPTIONS) as monitor:
            monitor.base()
            place.leave("premier", *_signals(0))
            ballast = disk / "ballast"
            _fill(ballast)
            assert monitor.ended() == 1
            assert "the disk is full, nothing was written; free some space and try again" in monitor.text
        assert place.dropped() == ["premier.jsonl"]
        assert phones.rung == []
        ballast.unlink()
        with place.monitor(*OPTIONS) as monitor:
            eventually(lambda: states(place) == {OutboxState.DONE: 1}, "the message sent and reported")
            assert monitor.stop() == 0
        assert_nothing_was_lost(place, phones)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (4096, 512, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


@pytest.mark.slow
def test_what_a_dead_channel_refused_is_sent_once_it_is_mended(place: Place, phones: Phones) -> None:
    place.people_at(lambda _: f"json://127.0.0.1:{closed_port()}/closed")
    place.leave("premier", *_signals(0))
    with place.monitor(*OPTIONS) as monitor:
        eventually(lambda: not place.dropped(), "the file journaled")
        (call,) = ordered(place)
        eventually(lambda: _error(place, call.id), "a failed attempt")
        assert monitor.stop() == 0
    assert "127.0.0.1" not in (_error(place, call.id) or "")
    place.people_at(phones.address)
    with place.monitor(*OPTIONS) as monitor:
        eventually(lambda: states(place) == {OutboxState.DONE: 1}, "the message sent and reported")
        assert monitor.stop() == 0
    assert len(phones.rung) == 1
    assert_nothing_was_lost(place, phones)


@pytest.mark.slow
def test_what_waited_for_a_dead_channel_is_not_sent_once_somebody_answered(place: Place, phones: Phones) -> None:
    place.people_at(lambda _: f"json://127.0.0.1:{closed_port()}/closed")
    for round_ in (0, 1, 3):
        place.leave(f"{round_}", *_signals(round_))
    with place.monitor(*OPTIONS) as monitor:
        eventually(lambda: not place.dropped(), "every file journaled")
        assert len(ordered(place)) == 3
        eventually(lambda: all(_error(place, each.id) for each in ordered(place)), "three failed attempts")
        for number, call in enumerate(ordered(place)):
            answer(place, f"reponse-{number}", call.brief.alert_id)
        eventually(lambda: states(place) == {OutboxState.RECALLED: 3}, "three messages recalled")
        monitor.kill()
    place.people_at(phones.address)
    with place.monitor(*OPTIONS) as monitor:
        place.leave("apres", *_signals(4))
        eventually(lambda: OutboxState.DONE in states(place), "the next call sent and reported")
        assert monitor.stop() == 0
    assert len(phones.rung) == 1
    assert states(place) == {OutboxState.RECALLED: 3, OutboxState.DONE: 1}
    assert_nothing_was_lost(place, phones)
    verified = vigie("audit", "verify", "--journal", place.journal)
    assert verified.exit_code == 0, verified.stdout + verified.stderr
    shown = vigie("audit", "show", "--journal", place.journal, "--no-texts").stdout
    assert shown.count("annulé avant de partir") == 3
    assert shown.count("annulé s'il n'est pas parti : quelqu'un a répondu") == 3


def _error(place: Place, notification_id: str) -> str | None:
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        item = journal.outbox.find("52", notification_id)
    return item.error if item else None
