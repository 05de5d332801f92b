"""Signals through the collector: what a later file does to what an earlier one opened."""

from contextlib import nullcontext
from datetime import UTC, date, datetime
from io import BytesIO
from json import dumps

from streams import messages
from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Context
from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey
from streams.collecting.receipts import Receipt
from streams.entry import Status
from streams.known_formats import all_formats
from streams.messages.signals import SignalSanitaire
from streams.monitor import Monitor
from streams.testing import MemoryJournal
from tests.feeds.collecting_builders import Collecting
from tests.feeds.hub_sante_examples import envelope
from tests.feeds.test_cap import A1, SENDER, alert, area, info
from tests.feeds.test_hub_sante import summary

RECEIVED = datetime(2026, 1, 14, 9, tzinfo=UTC)
OLD = SecretKey("k1", bytes(32), date(2020, 1, 1))


def collector(journal: MemoryJournal, *keys: SecretKey) -> Collecting:
    return Collecting(Monitor(journal), all_formats(Pseudonyms(KeyRing(*(keys or (OLD,))))))


def collect(collecting: Collector, data: bytes, at: datetime = RECEIVED) -> Receipt:
    return collecting.collect(Incoming("envoi", lambda: nullcontext(BytesIO(data))), Context("52", at))


def signals(journal: MemoryJournal) -> list[tuple[str, bool]]:
    read = (messages.decode(each.kind, each.payload) for each in journal.entries("52"))
    return [(each.signal_id, each.is_open) for each in read if isinstance(each, SignalSanitaire)]


def test_a_cancel_ends_only_the_signals_that_were_opened() -> None:
    journal = MemoryJournal()
    collecting = collector(journal)
    collect(collecting, alert(info(area("44", "85"))))
    cancel = alert(kind="Cancel", identifier="A2", references=A1)
    assert (collect(collecting, cancel).accepted, collect(collecting, cancel).journaled) == (2, 0)
    opened = [f"cap/{SENDER},A1/DEP-{code}" for code in ("44", "85")]
    assert sorted(signals(journal)) == sorted([(each, is_open) for each in opened for is_open in (False, True)])
    assert collecting.monitor.fold("52").state.worlds[Status.ACTUAL].signals == {}


def test_a_cancel_of_what_was_never_received_journals_nothing() -> None:
    journal = MemoryJournal()
    collecting = collector(journal)
    collect(collecting, alert(info(area("44"))))
    other = f"{SENDER},B7,2026-01-14T09:00:00+01:00"
    assert collect(collecting, alert(kind="Cancel", identifier="A2", references=other)).received == 0
    assert len(signals(journal)) == 1


def test_an_update_from_another_sender_ends_what_it_names() -> None:
    journal = MemoryJournal()
    collecting = collector(journal)
    collect(collecting, alert(info(area("44"))))
    update = alert(info(area("49")), kind="Update", identifier="Z1", references=A1)
    collect(collecting, update.replace(f"<sender>{SENDER}".encode(), b"<sender>relais@zone.example"))
    assert signals(journal)[1:] == [
        ("cap/relais@zone.example,Z1/DEP-49", True),
        (f"cap/{SENDER},A1/DEP-44", False),
    ]


def test_an_exercise_ends_nothing_real() -> None:
    journal = MemoryJournal()
    collecting = collector(journal)
    collect(collecting, alert(info(area("44"))))
    assert collect(collecting, alert(kind="Cancel", identifier="A2", status="Exercise", references=A1)).received == 0


def test_a_summary_sent_again_after_a_rotation_of_the_secret_is_counted_once() -> None:
    journal = MemoryJournal()
    message = dumps(envelope(summary())).encode()
    assert collect(collector(journal), message).accepted == 1
    rotated = collector(journal, OLD, SecretKey("k2", b"2" * 32, date(2026, 2, 1)))
    again = collect(rotated, message, datetime(2026, 2, 2, tzinfo=UTC))
    assert (again.duplicates, again.journaled) == (1, 0)
