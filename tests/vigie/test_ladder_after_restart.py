"""After a restart the pages still say what became of each message: not that it is being sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from alerts.adapters.roster_files import load_roster
from alerts.testing import RecordingChannel
from dashboards.alert_view import What
from orsan_plans.adapters.plan_files import shipped_catalogue
from streams.adapters.sqlite_journal import SqliteJournal
from streams.messages.reference import RosterVersion
from streams.messages.signals import SignalSanitaire
from streams.testing import EPOCH
from tests.alerts.test_sender import LINK, Inline
from tests.vigie.monitored import Place
from vigie.embedded import Embedded
from vigie.past import catalogue_message

PANNE = SignalSanitaire("s", "panne_majeure_du_systeme_d_information", "DEP-44", "Panne", "SAMU")


def embedded(journal: SqliteJournal) -> Embedded:
    made = Embedded(journal, RecordingChannel(), Inline(), LINK)
    made.load()
    return made


def steps(monitor: Embedded) -> list[What]:
    (alert,) = [each for each in monitor.board.alerts if each.status == "actual"]
    return [event.what for event in alert.history if event.notification_id]


@contextmanager
def calling(place: Place) -> Iterator[Embedded]:
    """Run a monitor on a journal of its own, that just decided its first call."""
    place.people_at(lambda person: f"json://127.0.0.1:1/{person}")
    roster = load_roster(place.roster, {}).roster
    with SqliteJournal.create(place.journal) as journal:
        monitor = embedded(journal)
        for message in (catalogue_message(shipped_catalogue()), RosterVersion(roster.sha256, roster.content), PANNE):
            monitor.say("52", message, EPOCH)
        yield monitor


def test_a_message_that_was_sent_is_shown_as_sent_by_the_next_process(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with calling(place) as monitor:
        assert steps(monitor) == [What.QUEUED]
        monitor.turn(EPOCH)
        monitor.turn(EPOCH + timedelta(seconds=1))
        assert steps(monitor) == [What.SENT]
    with SqliteJournal.open(place.journal) as journal:
        assert steps(embedded(journal)) == [What.SENT]
