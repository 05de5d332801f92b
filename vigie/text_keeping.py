"""How long the texts of messages are kept: by a decision given once (`vigie audit purge`), or by a rule.

The rule is a setting, empty by default: no official duration is known to Vigie, the ARS decides and writes it down.
The same for every outbox: that of a journal's file, and that of the live processes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from alerts.adapters.outbox_store import StoredOutbox
from alerts.erasure import erasure
from streams import messages
from streams.entry import Draft, Status
from streams.live.record import fact_id
from streams.messages.deliveries import TextsErased
from streams.monitor import Monitor
from vigie.raw_dropping import Appends

BY_RULE: Final = "règle VIGIE_KEEP_TEXTS_DAYS"

Tells = Callable[[str, TextsErased], object]
"""Journals, in a région, what is about to be erased; it returns once that is held."""

_log = structlog.get_logger()


def erase_texts(outbox: StoredOutbox, region: str, order: TextsErased, tell: Tells) -> int:
    """Erase the texts of what was finished before ``order.before``, journaled first; return how many.

    Killed in between, the journal says what the next call erases, and says again. Nothing is said when nothing is
    to be erased. Errors of ``tell``, StorageError.
    """
    planned = erasure(outbox.erasable(region, order.before), order.before)
    if not planned.items:
        return 0
    tell(region, TextsErased(order.before, len(planned.items), planned.sha256, order.by, order.reason))
    return outbox.erase(region, order.before)


def erase_by_rule(outbox: StoredOutbox, now: datetime, kept: timedelta | None, tell: Tells) -> int:
    """Erase in every région what was kept as long as stated; nothing without a rule."""
    if kept is None:
        return 0
    order = TextsErased(now - kept, 0, "", BY_RULE, f"textes gardés {kept.days} jours")
    count = sum(erase_texts(outbox, region, order, tell) for region in outbox.regions())
    if count:
        _log.info("texts kept as long as stated are erased", count=count)
    return count


def telling_monitor(monitor: Monitor, now: datetime) -> Tells:
    """Return how a monitor journals it."""
    return lambda region, said: monitor.append([_draft(region, said, now)], now)


def telling_log(journal: Appends, now: datetime) -> Tells:
    """Return how it is journaled on Kafka; a KafkaProblem when the brokers do not hold it."""

    def tell(region: str, said: TextsErased) -> None:
        draft = _draft(region, said, now)
        journal.append([(fact_id("texts erased", draft), draft)])

    return tell


def _draft(region: str, said: TextsErased, now: datetime) -> Draft:
    return Draft(now, Status.ACTUAL, region, *messages.encode(said))
