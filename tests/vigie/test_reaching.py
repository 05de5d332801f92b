"""Nobody answers: it is logged loudly, measured, and the process is not ready, until one provider is back."""

from structlog.testing import capture_logs

from alerts.adapters.sender import Sender
from alerts.channel import SENT, failed
from alerts.providers import Providers
from alerts.testing import RecordingChannel
from dashboards.adapters.exporter import Exporter
from dashboards.board import Board
from streams.testing import EPOCH
from tests.alerts.test_sender import LINK, Inline, outbox_of
from vigie.reaching import CUT_OFF, Reaching

PROVIDERS = Providers({"claire/sms": "sms-principal", "claire/courriel": "relais"})


def test_it_is_said_once_when_the_last_provider_is_lost_and_when_one_is_back() -> None:
    board = Board(regions=("52",))
    sender = Sender(outbox_of(), RecordingChannel(), Inline(), LINK, "test", providers=PROVIDERS)
    reaching = Reaching(board, sender)
    with capture_logs() as logs:
        reaching.turn()
        for contact in PROVIDERS.by_contact:
            for _ in range(3):
                sender._breakers.answered(contact, failed("closed"), EPOCH)
                reaching.turn()
        text = Exporter(board, "1").text().decode()
        assert "vigie_delivery_cut_off 1.0" in text
        assert 'vigie_provider_down{provider="sms-principal"} 1.0' in text
        assert list(reaching.reasons()) == [CUT_OFF]
        sender._breakers.answered("claire/courriel", SENT, EPOCH)
        reaching.turn()
    assert [(each["log_level"], each["event"]) for each in logs] == [
        ("critical", CUT_OFF),
        ("warning", "a provider answers again"),
    ]
    assert list(reaching.reasons()) == []
    text = Exporter(board, "1").text().decode()
    assert "vigie_delivery_cut_off 0.0" in text
    assert 'vigie_provider_down{provider="relais"} 0.0' in text
    assert 'vigie_provider_down{provider="sms-principal"} 1.0' in text
