"""How Faust fetches: without the seconds in which it does not look at a partition that was behind and no longer is.

Faust asks its client for records of the partitions it has room for, and waits a second for them; the client asks the
broker for those it has none of, and waits a second and a half. A partition whose turn comes meanwhile waits as long:
what follows a burst of signals, or of visits in a journal, would reach nobody for seconds.
"""

from datetime import timedelta
from typing import Any, Final

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer

LOOKS_AGAIN: Final = timedelta(milliseconds=100)
"""How long a partition whose turn has come may wait for the others. Vigie's own choice."""


class _Thread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401 - Faust is not typed
        consumer = super()._create_worker_consumer(transport)
        # Faust has no setting for it; the fetcher is made with it when the consumer starts.
        consumer._fetch_max_wait_ms = LOOKS_AGAIN // timedelta(milliseconds=1)  # noqa: SLF001
        return consumer


class PromptConsumer(Consumer):
    """Faust's consumer, that soon looks again at the partitions it had no room for."""

    def _new_consumer_thread(self) -> Any:  # noqa: ANN401 - as above
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ANN401, ASYNC109 - Faust's own signature
        seconds = min(timeout, LOOKS_AGAIN.total_seconds())
        if self.flow_active and not self._get_active_partitions():
            await self.sleep(seconds)
            return {}, set()
        return await super()._wait_next_records(seconds)


def fetch_promptly(app: Any) -> None:  # noqa: ANN401 - as above
    """Have an app that is not started yet fetch so."""
    app.transport.Consumer = PromptConsumer
