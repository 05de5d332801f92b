"""A channel that notes in the log when a message is handed to it: by its id, the audit says to whom."""

from dataclasses import dataclass

import structlog

from alerts.channel import Channel, Outcome
from alerts.wording import Message

HANDED = "message handed to its channel"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NotedChannel:
    """A `Channel` that hands over to another one."""

    channel: Channel

    def send(self, contact: str, message: Message) -> Outcome:
        """Send ``message`` to ``contact`` and say what became of it."""
        _log.info(HANDED, notification=message.id)
        return self.channel.send(contact, message)
