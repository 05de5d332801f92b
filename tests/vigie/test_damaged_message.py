"""A message whose row was altered on the disk: the others are sent, the monitor starts again, and it is said."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.outbox import OutboxState
from streams.adapters.sqlite_journal import SqliteJournal, verify_file
from streams.auditing import Check, Level
from streams.testing import EPOCH
from tests.vigie.monitored import Place
from tests.vigie.test_ladder_after_restart import PANNE, calling, embedded
from vigie.examining import Examined, SeenJournal

ELSEWHERE = replace(PANNE, territory="DEP-49", signal_id="elsewhere")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A journal with a call that was decided, and altered before it left."""
    made = Place(tmp_path)
    with calling(made) as monitor:
        assert monitor.journal.outbox.next_ready_at() == EPOCH
    with closing(sqlite3.connect(made.journal)) as connection, connection:
        assert connection.execute("UPDATE outbox SET attempts = 7").rowcount == 1
    return made


def test_the_others_are_sent_and_the_pages_go_on(place: Place) -> None:
    with SqliteJournal.open(place.journal) as journal:
        monitor = embedded(journal)
        monitor.say("52", ELSEWHERE, EPOCH)
        monitor.turn(EPOCH)
        monitor.turn(EPOCH)
        counts = journal.outbox.counts()
        assert (counts[OutboxState.DONE], counts[OutboxState.PENDING]) == (1, 1)
        assert journal.outbox.next_ready_at() is None


def test_it_is_said_until_somebody_looks_into_it(place: Place) -> None:
    with SqliteJournal.open(place.journal) as journal:
        embedded(journal).turn(EPOCH)
    found = Examined(SeenJournal(place.journal, "52"), place.roster).findings(EPOCH)
    assert [each.text for each in found if (each.check, each.level) == (Check.MESSAGES, Level.BROKEN)] == [
        "messages altérés, mis de côté sans être envoyés : 1 ; `vigie audit verify` les nomme"
    ]
    assert [problem.part for problem in verify_file(place.journal)] == ["outbox"]
