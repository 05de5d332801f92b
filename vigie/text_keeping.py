"""How long the texts of messages are kept: by a decision given once (`vigie audit purge`), or by a rule.

The rule is a setting, empty by default: no official duration is known to Vigie, the ARS decides and writes it down.
"""

from datetime import datetime, timedelta
from typing import Final

from alerts.erasure import erasure
from streams import messages
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Draft, Status
from streams.messages.deliveries import TextsErased
from streams.monitor import Monitor

BY_RULE: Final = "règle VIGIE_KEEP_TEXTS_DAYS"


def erase_texts(monitor: Monitor, journal: SqliteJournal, region: str, now: datetime, order: TextsErased) -> int:
    """Erase the texts of what was finished before ``order.before``, journaled first; return how many.

    Killed in between, the journal says what the next call erases, and says again. Nothing is said when nothing is
    to be erased.
    """
    planned = erasure(journal.outbox.items(region), order.before)
    if not planned.items:
        return 0
    said = TextsErased(order.before, len(planned.items), planned.sha256, order.by, order.reason)
    kind, payload = messages.encode(said)
    monitor.append([Draft(now, Status.ACTUAL, region, kind, payload)], now)
    return journal.outbox.erase(region, order.before)


def erase_by_rule(monitor: Monitor, journal: SqliteJournal, now: datetime, kept: timedelta | None) -> int:
    """Erase in every région what was kept as long as stated; nothing without a rule."""
    if kept is None:
        return 0
    order = TextsErased(now - kept, 0, "", BY_RULE, f"textes gardés {kept.days} jours")
    return sum(erase_texts(monitor, journal, region, now, order) for region in journal.regions())
