"""The one catalogue of metrics: what Vigie exposes, under which name and with which labels.

The exporter is generated from it and every dashboard query is held against it by a test, so that a metric
cannot be renamed in one place only. Label values are those of the journal: territories in their written form
(``DEP-44``), indicators as French slugs, postures in capitals, status ``actual``, ``exercise`` or ``test``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The Prometheus types in use."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One family: its name, its labels in order, and a histogram's buckets (upper bounds, seconds)."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def series(self) -> tuple[str, ...]:
        """The series names a query may use: a histogram has three, any other metric its own name."""
        if self.kind is Kind.HISTOGRAM:
            return tuple(f"{self.name}_{suffix}" for suffix in ("bucket", "count", "sum"))
        return (self.name,)

    def labels_of(self, series: str) -> tuple[str, ...]:
        """Return the labels of one of its series: ``le`` exists on buckets only."""
        return (*self.labels, "le") if series == f"{self.name}_bucket" and self.buckets else self.labels


class Notification(StrEnum):
    """How far a notification went: decided, handed to its channel, or given up."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


PAGE_BUCKETS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Vigie's own choice: from an immediate page to an hour, fine where a page should be."""


def _gauge(name: str, help_: str, *labels: str) -> Metric:
    return Metric(name, Kind.GAUGE, help_, labels)


def _counter(name: str, help_: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, help_, labels)


CATALOGUE: Final[dict[str, Metric]] = {
    metric.name: metric
    for metric in (
        _gauge(
            "vigie_posture_state",
            "1 for the current posture of a rule in a territory, 0 for the others; INCONNU is one of them.",
            "region",
            "volet",
            "rule",
            "territory",
            "posture",
            "status",
        ),
        _gauge(
            "vigie_reading_value",
            "Latest value of an indicator, in its unit; absent while the reading is unknown.",
            "region",
            "indicator",
            "territory",
            "unit",
        ),
        _gauge(
            "vigie_reading_unknown",
            "1 for the reason why an indicator has no value in a territory, 0 for the other reasons.",
            "region",
            "indicator",
            "territory",
            "reason",
        ),
        _gauge(
            "vigie_feed_last_received_timestamp_seconds",
            "When a record of this source last entered the journal; absent if none ever did.",
            "region",
            "feed",
            "territory",
        ),
        _gauge(
            "vigie_feed_silent",
            "1 while a source has been silent for longer than its plan allows.",
            "region",
            "feed",
            "territory",
        ),
        _gauge(
            "vigie_source_expected_timestamp_seconds",
            "When the next file of a source is expected, from its cadence; absent while it has none.",
            "region",
            "feed",
            "territory",
        ),
        _gauge(
            "vigie_source_delay_seconds",
            "From the instant of a record to its reception, over the last 30 files of a source: quantiles 0.5 and 0.9.",
            "region",
            "feed",
            "territory",
            "quantile",
        ),
        _gauge(
            "vigie_source_fill_ratio",
            "Share of the visits of the last file of a source that give a field (DP, GRAVITE, SORTIE).",
            "region",
            "feed",
            "territory",
            "field",
        ),
        _gauge(
            "vigie_source_reject_ratio",
            "Share of the records of the last file of a source that could not be read; absent when it held none.",
            "region",
            "feed",
            "territory",
        ),
        _gauge(
            "vigie_source_reject_limit_ratio",
            "Upper control limit of that share, from the earlier files; absent until there are enough of them.",
            "region",
            "feed",
            "territory",
        ),
        _gauge(
            "vigie_alerts_open",
            "Alerts raised and not resolved, by their current posture.",
            "region",
            "volet",
            "territory",
            "posture",
            "status",
            "acknowledged",
        ),
        _counter(
            "vigie_notifications_total",
            "Notifications decided (queued), handed to their channel (sent) and given up (failed).",
            "region",
            "status",
            "purpose",
            "outcome",
        ),
        _counter(
            "vigie_notification_proofs_total",
            "Notifications that a service said it delivered, or that were read.",
            "region",
            "status",
            "step",
        ),
        _counter(
            "vigie_non_sends_total",
            "People who were not told, by reason.",
            "region",
            "status",
            "reason",
        ),
        _counter("vigie_entries_total", "Entries appended to the journal.", "region", "kind", "status"),
        _counter(
            "vigie_entries_rejected_total",
            "Entries journaled that changed nothing because the engine refused them.",
            "region",
            "kind",
            "status",
        ),
        Metric(
            "vigie_record_to_page_seconds",
            Kind.HISTOGRAM,
            "From the instant that raised an alert to its first notification handed to a channel.",
            ("region", "status"),
            PAGE_BUCKETS,
        ),
        _gauge(
            "vigie_night_messages_most",
            "Most messages of real life that one person got in the latest night that had any (20:00 to 08:00).",
            "region",
        ),
        _gauge(
            "vigie_night_budget_exceeded_people",
            "People who got more messages in that night than the budget of the roster.",
            "region",
        ),
        _gauge(
            "vigie_exercises_with_activation",
            "Numbered exercises in which an ORSAN volet was activated, by the local year of their start.",
            "region",
            "year",
        ),
        _gauge("vigie_outbox_deliveries", "Notifications in the outbox, by state.", "state"),
        _gauge("vigie_provider_down", "1 while a provider is left alone because it fails, 0 otherwise.", "provider"),
        _gauge("vigie_delivery_cut_off", "1 while no provider answers: nobody may be reached."),
        _gauge(
            "vigie_chain_proof_timestamp_seconds",
            "When a test record last travelled the whole chain to the outside heartbeat; absent if none did yet.",
            "region",
        ),
        _gauge("vigie_chain_proof_seconds", "How long the last test record took.", "region"),
        _gauge("vigie_chain_proof_late", "1 while a test record has not come through in time.", "region"),
        _gauge(
            "vigie_journal_advanced_to_timestamp_seconds",
            "Instant up to which every deadline of the region has been handled.",
            "region",
        ),
        _gauge(
            "vigie_follower_lag_records",
            "Records of a region's journal on Kafka that the pages do not show yet; absent without Kafka.",
            "region",
        ),
        _gauge(
            "vigie_follower_heard_timestamp_seconds",
            "When a region's journal on Kafka was last heard, by the clock of who follows it; absent without Kafka.",
            "region",
        ),
        _gauge("vigie_build_info", "Always 1; the version of Vigie is a label.", "version"),
    )
}

METRIC_OF_SERIES: Final[dict[str, Metric]] = {
    series: metric for metric in CATALOGUE.values() for series in metric.series
}
