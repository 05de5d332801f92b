"""What `vigie run` makes of the deliveries that come over HTTP."""

from datetime import UTC, datetime
from pathlib import Path

import structlog
from fastapi import FastAPI

from alerts.outbox import StorageError
from streams.adapters.api_key_store import ApiKeyStore
from streams.adapters.handoff import HandedOver, Handoff, HandoffFailed
from streams.adapters.http_intake import Intake, build_intake
from streams.adapters.sqlite_journal import SqliteJournal
from streams.collecting.api_keys import NotItsSource
from streams.collecting.collector import Collector
from streams.collecting.decoding import Context
from streams.collecting.delivering import Delivery, IdempotencyConflict, deliver
from streams.collecting.receipts import Receipt, line
from streams.defects import defect
from streams.journal import JournalError
from streams.recognising import recognise

_log = structlog.get_logger()


def way_in(path: Path, journal: SqliteJournal, handoff: Handoff) -> FastAPI:
    """Return the application that takes deliveries for the journal at ``path``."""
    taking = HandedOver(handoff, journal.receipts.find)
    return build_intake(Intake(ApiKeyStore.beside(path), taking, recognise))


def receive_delivery(collector: Collector, region: str, delivery: Delivery) -> Receipt:
    """Collect one delivery; what is wrong with it alone never stops the monitor."""
    try:
        receipt = deliver(collector, delivery, Context(region, datetime.now(UTC)))
    except (StorageError, JournalError):
        raise
    except (NotItsSource, IdempotencyConflict) as refusal:
        _log.warning("delivery refused", source=delivery.key.source, feed=delivery.feed, reason=str(refusal))
        raise
    except Exception as error:
        _log.error("delivery refused: a defect of Vigie, to be reported", feed=delivery.feed, error=defect(error))
        raise HandoffFailed from error
    _log.info("delivery collected", receipt=line(receipt), reason=receipt.refused or None)
    return receipt
