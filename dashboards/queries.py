"""The PromQL of the region's dashboard.

``$region`` and ``$territoire`` are the dashboard's variables. A count that is empty because nothing happened must
read 0, one that is empty because Vigie is down must not: `_zero_while_alive` gives a zero only while Vigie answers.
"""

from typing import Final

from orsan_plans.posture import Posture

SEVERITY: Final[dict[Posture, int]] = {
    Posture.VEILLE: 1,
    Posture.INCONNU: 2,
    Posture.VIGILANCE: 3,
    Posture.ALERTE: 4,
    Posture.ACTIVATION: 5,
}
"""Codes of a posture in a panel. INCONNU is above VEILLE, so that the worst of several rules never hides it."""

_REAL: Final = 'region="$region", territory=~"$territoire", status="actual"'
_PLACE: Final = 'region="$region", territory=~"$territoire"'


def _zero_while_alive(query: str) -> str:
    return f'{query} or 0 * max(vigie_journal_advanced_to_timestamp_seconds{{region="$region"}})'


def _severity() -> str:
    return " or ".join(
        f'vigie_posture_state{{{_REAL}, posture="{posture}"}} * {code}' for posture, code in SEVERITY.items()
    )


def _open_alerts(condition: str) -> str:
    return _zero_while_alive(f"sum(vigie_alerts_open{{{_PLACE}, {condition}}})")


def _per_hour(by: str, metric: str, condition: str) -> str:
    return f'sum by ({by}) (increase({metric}{{region="$region", {condition}}}[1h]))'


def latency(quantile: float) -> str:
    """Return a quantile, in seconds, of the record-to-page latency over a day."""
    buckets = 'vigie_record_to_page_seconds_bucket{region="$region", status="actual"}'
    return f"histogram_quantile({quantile}, sum by (le) (increase({buckets}[1d])))"


UNANSWERED: Final = _open_alerts('status="actual", acknowledged="no"')
OPEN: Final = _open_alerts('status="actual"')
EXERCISES: Final = _open_alerts('status="exercise"')
SILENT_COUNT: Final = _zero_while_alive(f"sum(vigie_feed_silent{{{_PLACE}}})")
UNKNOWN_COUNT: Final = _zero_while_alive(f"sum(vigie_reading_unknown{{{_PLACE}}})")
LATENESS: Final = 'time() - vigie_journal_advanced_to_timestamp_seconds{region="$region"}'

WORST_POSTURE: Final = f"max by (territory) (sum by (territory, volet, rule) ({_severity()}))"
POSTURE_TABLE: Final = f"sum by (territory, volet, rule) ({_severity()})"

PERCENTAGES: Final = f'vigie_reading_value{{{_PLACE}, unit="%"}}'
COUNTS: Final = f'vigie_reading_value{{{_PLACE}, unit!="%"}}'
UNKNOWN_BY_REASON: Final = f"sum by (reason) (vigie_reading_unknown{{{_PLACE}}})"
UNKNOWN_TABLE: Final = f"vigie_reading_unknown{{{_PLACE}}} == 1"

FEED_AGE: Final = f"time() - vigie_feed_last_received_timestamp_seconds{{{_PLACE}}}"
FEED_SILENT: Final = f"vigie_feed_silent{{{_PLACE}}}"

SOURCE_REJECTS: Final = f"vigie_source_reject_ratio{{{_PLACE}}}"
SOURCE_REJECT_LIMITS: Final = f"vigie_source_reject_limit_ratio{{{_PLACE}}}"


def source_delay(quantile: str) -> str:
    """Return a quantile of each source's delay, in seconds."""
    selector = f'vigie_source_delay_seconds{{{_PLACE}, quantile="{quantile}"}}'
    return f"max by (feed, territory) ({selector})"


def source_filled(field: str) -> str:
    """Return the share of visits that give a field, by source."""
    selector = f'vigie_source_fill_ratio{{{_PLACE}, field="{field}"}}'
    return f"max by (feed, territory) ({selector})"


ALERTS_BY_POSTURE: Final = f'sum by (posture, acknowledged) (vigie_alerts_open{{{_PLACE}, status="actual"}})'
NOTIFICATIONS: Final = _per_hour("purpose, outcome", "vigie_notifications_total", 'status="actual"')
NON_SENDS: Final = _per_hour("reason", "vigie_non_sends_total", 'status="actual"')
OUTBOX: Final = "vigie_outbox_deliveries"

ENTRIES: Final = _per_hour("kind", "vigie_entries_total", 'status="actual"')
REJECTED: Final = _per_hour("kind", "vigie_entries_rejected_total", 'status="actual"')
BUILD: Final = "vigie_build_info"

REGIONS: Final = "label_values(vigie_journal_advanced_to_timestamp_seconds, region)"
TERRITORIES: Final = 'label_values(vigie_posture_state{region="$region"}, territory)'
