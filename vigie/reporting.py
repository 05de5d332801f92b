"""What became of messages, as facts of the journal.

A région's reports are journaled together: each transaction waits for the disk, and a storm ends hundreds of messages.
"""

from collections.abc import Iterable

from alerts.adapters.sender import Report
from streams import messages
from streams.entry import Draft, Status
from streams.messages.deliveries import DeliveryReport


def by_region(reports: Iterable[Report]) -> dict[str, list[Report]]:
    """Return reports by région, in their order."""
    found: dict[str, list[Report]] = {}
    for report in reports:
        found.setdefault(report.delivery.region, []).append(report)
    return found


def draft_of(report: Report) -> Draft:
    """Return what the journal is told of a delivery that is over."""
    delivery, finished = report.delivery, report.finished
    message = DeliveryReport(
        delivery.notification_id, "sent" if finished.is_sent else "failed", delivery.attempts, finished.error
    )
    kind, payload = messages.encode(message)
    return Draft(finished.at, Status(delivery.notification.status), delivery.region, kind, payload)
