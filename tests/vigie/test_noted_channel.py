"""What is handed to a channel is noted by the id of the notification alone, before the channel answers."""

from structlog.testing import capture_logs

from alerts.channel import SENT, Outcome
from alerts.wording import Message
from vigie.noted_channel import HANDED, NotedChannel

MESSAGE = Message("ALERTE Accident", "Loire-Atlantique, gravité 3", "ALERTE", "n-1")


def test_a_message_is_noted_before_it_is_sent() -> None:
    with capture_logs() as noted:

        class Slow:
            def send(self, contact: str, message: Message) -> Outcome:
                assert (contact, message) == ("claire/sms", MESSAGE)
                assert noted == [{"event": HANDED, "notification": "n-1", "log_level": "info"}]
                return SENT

        assert NotedChannel(Slow()).send("claire/sms", MESSAGE) is SENT
    assert len(noted) == 1
