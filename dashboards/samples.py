"""From the board to samples: which series the catalogue's metrics have right now."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Final

from alerts.effects import NonSend, Purpose
from dashboards.board import Board
from dashboards.metrics import Notification
from orsan_plans.posture import Posture
from orsan_plans.reading import Unknown
from streams.entry import Status
from streams.messages.deliveries import ProofStep

Sample = tuple[tuple[str, ...], float]
"""Label values, in the catalogue's order, and the value."""


def _postures(board: Board) -> Iterator[Sample]:
    for key, view in board.postures.items():
        for posture in Posture:
            labels = (key.region, key.volet, key.rule, key.territory, posture.value, key.status)
            yield labels, float(view.posture is posture)


def _values(board: Board) -> Iterator[Sample]:
    for (region, indicator, territory), reading in board.readings.items():
        if reading.value is not None:
            yield (region, indicator, territory, reading.unit), reading.value


def _unknowns(board: Board) -> Iterator[Sample]:
    for labels, reading in board.readings.items():
        for reason in Unknown:
            yield (*labels, reason.value), float(reading.unknown is reason)


def _received(board: Board) -> Iterator[Sample]:
    for labels, feed in board.feeds.items():
        if feed.last_received_at is not None:
            yield labels, feed.last_received_at.timestamp()


def _silent(board: Board) -> Iterator[Sample]:
    for labels, feed in board.feeds.items():
        yield labels, float(feed.is_silent)


def _expected(board: Board) -> Iterator[Sample]:
    for labels, source in board.source_statuses.items():
        if source.expected_at is not None:
            yield labels, source.expected_at.timestamp()


def _delays(board: Board) -> Iterator[Sample]:
    for labels, source in board.source_statuses.items():
        for quantile, seconds in (("0.5", source.delay_median_s), ("0.9", source.delay_p90_s)):
            if seconds is not None:
                yield (*labels, quantile), float(seconds)


def _filled(board: Board) -> Iterator[Sample]:
    for labels, source in board.source_statuses.items():
        for field, rate in source.fill_rates.items():
            yield (*labels, field), rate


def _reject_rates(board: Board) -> Iterator[Sample]:
    for labels, source in board.source_statuses.items():
        if source.reject_rate is not None:
            yield labels, source.reject_rate


def _reject_limits(board: Board) -> Iterator[Sample]:
    for labels, source in board.source_statuses.items():
        if source.reject_limit is not None:
            yield labels, source.reject_limit


def _alerts(board: Board) -> Iterator[Sample]:
    counts: dict[tuple[str, ...], int] = {}
    for alert in board.alerts:
        if alert.is_open:
            brief = alert.brief
            posture = board.current_posture(alert).value
            acknowledged = "yes" if alert.is_acknowledged else "no"
            labels = (alert.region, brief.volet, brief.territory, posture, alert.status, acknowledged)
            counts[labels] = counts.get(labels, 0) + 1
    yield from sorted((labels, float(count)) for labels, count in counts.items())


def _notifications(board: Board) -> Iterator[Sample]:
    # Every combination exists from the start: an absent series cannot be told from a broken exporter.
    for labels in product(board.regions, Status, Purpose, Notification):
        yield tuple(map(str, labels)), float(board.notifications[tuple(map(str, labels))])


def _non_sends(board: Board) -> Iterator[Sample]:
    for labels in product(board.regions, Status, NonSend):
        yield tuple(map(str, labels)), float(board.non_sends[tuple(map(str, labels))])


def _most_messages(board: Board) -> Iterator[Sample]:
    return (((region,), float(board.burden(region).most)) for region in board.regions)


def _people_over(board: Board) -> Iterator[Sample]:
    return (((region,), float(board.burden(region).people_over)) for region in board.regions)


def _entries(board: Board) -> Iterator[Sample]:
    return ((labels, float(count)) for labels, count in board.entries.items())


def _rejected(board: Board) -> Iterator[Sample]:
    return ((labels, float(count)) for labels, count in board.rejected.items())


def _exercises(board: Board) -> Iterator[Sample]:
    return (((region, str(year)), float(count)) for (region, year), count in board.exercises.items())


def _outbox(board: Board) -> Iterator[Sample]:
    return (((state,), float(count)) for state, count in board.deliveries.items())


def _notification_proofs(board: Board) -> Iterator[Sample]:
    for labels in product(board.regions, Status, ProofStep):
        yield tuple(map(str, labels)), float(board.proofs[tuple(map(str, labels))])


def _down(board: Board) -> Iterator[Sample]:
    return (((provider,), float(is_down)) for provider, is_down in board.delivering.down.items())


def _cut_off(board: Board) -> Iterator[Sample]:
    if board.delivering.is_cut_off is not None:
        yield (), float(board.delivering.is_cut_off)


def _proved_at(board: Board) -> Iterator[Sample]:
    for region, proof in board.delivering.proofs.items():
        if proof.came_at is not None:
            yield (region,), proof.came_at.timestamp()


def _proof_took(board: Board) -> Iterator[Sample]:
    for region, proof in board.delivering.proofs.items():
        if proof.came_at is not None:
            yield (region,), proof.took.total_seconds()


def _proof_late(board: Board) -> Iterator[Sample]:
    return (((region,), float(proof.is_late)) for region, proof in board.delivering.proofs.items())


def _advanced(board: Board) -> Iterator[Sample]:
    for region, instant in board.regions.items():
        if instant is not None:
            yield (region,), instant.timestamp()


def _lag(board: Board) -> Iterator[Sample]:
    return (((region,), float(records)) for region, records in board.following.lag.items())


def _heard(board: Board) -> Iterator[Sample]:
    return (((region,), instant.timestamp()) for region, instant in board.following.heard_by_region.items())


SAMPLES: Final[dict[str, Callable[[Board], Iterator[Sample]]]] = {
    "vigie_posture_state": _postures,
    "vigie_reading_value": _values,
    "vigie_reading_unknown": _unknowns,
    "vigie_feed_last_received_timestamp_seconds": _received,
    "vigie_feed_silent": _silent,
    "vigie_source_expected_timestamp_seconds": _expected,
    "vigie_source_delay_seconds": _delays,
    "vigie_source_fill_ratio": _filled,
    "vigie_source_reject_ratio": _reject_rates,
    "vigie_source_reject_limit_ratio": _reject_limits,
    "vigie_alerts_open": _alerts,
    "vigie_notifications_total": _notifications,
    "vigie_non_sends_total": _non_sends,
    "vigie_entries_total": _entries,
    "vigie_entries_rejected_total": _rejected,
    "vigie_night_messages_most": _most_messages,
    "vigie_night_budget_exceeded_people": _people_over,
    "vigie_exercises_with_activation": _exercises,
    "vigie_outbox_deliveries": _outbox,
    "vigie_notification_proofs_total": _notification_proofs,
    "vigie_provider_down": _down,
    "vigie_delivery_cut_off": _cut_off,
    "vigie_chain_proof_timestamp_seconds": _proved_at,
    "vigie_chain_proof_seconds": _proof_took,
    "vigie_chain_proof_late": _proof_late,
    "vigie_journal_advanced_to_timestamp_seconds": _advanced,
    "vigie_follower_lag_records": _lag,
    "vigie_follower_heard_timestamp_seconds": _heard,
}
"""How each gauge and counter of the catalogue is read, except the build and the latencies."""
