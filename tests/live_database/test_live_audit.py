"""The audit of the live processes: effects and messages from the database, entries from the log."""

from datetime import timedelta
from pathlib import Path

from alerts.effects import AlertRaised
from alerts.erasure import erasure
from alerts.outbox import Finished
from streams import messages
from streams.adapters.live_store import LiveStore
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryReport
from streams.testing import EPOCH, sample_notification
from vigie.audited import Audited

CALL = sample_notification("a")
RAISED = AlertRaised(id="r", at=EPOCH, status="actual", brief=CALL.brief, episode=1)


def entries(*said: Message) -> list[Entry]:
    numbered = enumerate(said, 1)
    return [Entry(n, EPOCH, EPOCH, Status.ACTUAL, "52", *messages.encode(message)) for n, message in numbered]


def test_the_database_and_the_log_are_audited_together_and_its_texts_erased(tmp_path: Path) -> None:
    said = entries(Acknowledge(CALL.brief.alert_id, "Claire", "page"), DeliveryReport(CALL.id, "sent", 2))
    with LiveStore.open(f"sqlite:///{tmp_path / 'live.db'}") as store:
        store.record_effects("52", [RAISED, CALL])
        audited = Audited(
            "52", lambda: iter(said), lambda: store.effects("52"), store.outbox, is_alone=False, sends=True
        )
        assert list(audited.faults()) == []
        store.finish("52", [Finished(CALL.id, True, EPOCH, "Titre", "Texte remis")])
        assert list(audited.faults()) == []
        lines = "\n".join(audited.audit().lines())
        assert "envoyé à 08:00:00, 2 essais" in lines
        assert "Texte remis" in lines
        assert "Claire répond « je prends » (page)" in lines
        before = EPOCH + timedelta(days=1)
        assert store.outbox.erase("52", before) == len(erasure(store.outbox.items("76"), before).items) + 1
        assert "Texte remis" not in "\n".join(audited.audit().lines())
        assert list(audited.faults()) == []
        said.pop()
        assert [each.part for each in audited.faults()] == ["notification"]
