"""A reading in words, for a page: its value, the threshold it crossed with its reference, how sure it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from alerts.french import day_text, exact_text, number_text, quantity_text
from alerts.reading_wording import sources_text
from dashboards.labels import REASON_UNKNOWN, indicator_label
from orsan_plans.assess import CrossedThreshold
from orsan_plans.plan import Comparison
from orsan_plans.reading import Reading

_COMPARISONS: Final = {
    Comparison.ABOVE: "plus de {}",
    Comparison.AT_LEAST: "{} ou plus",
    Comparison.BELOW: "moins de {}",
    Comparison.AT_MOST: "{} ou moins",
}
_MOST_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Measure:
    """The texts of one reading; ``threshold`` and ``reference`` are empty when it crossed none."""

    label: str
    value: str
    is_known: bool
    threshold: str
    reference: str
    sureness: tuple[str, ...]


def measure(reading: Reading, crossed: CrossedThreshold | None, known_on: date) -> Measure:
    """Return the texts of a reading that was known on ``known_on`` (the region's local day)."""
    return Measure(
        label=indicator_label(reading.indicator),
        value=value_text(reading, crossed),
        is_known=reading.is_known,
        threshold=_threshold(reading, crossed) if crossed else "",
        reference=", ".join(filter(None, (crossed.reference, crossed.author))) if crossed else "",
        sureness=tuple(_sureness(reading, known_on)),
    )


def value_text(reading: Reading, crossed: CrossedThreshold | None = None) -> str:
    """Return ``62,3 %``, ``au moins 12 passages`` or ``inconnu : donnée absente``.

    A value never reads like the threshold it does not equal: 10.02 above 10 is written with two decimals.
    """
    if reading.value is None:
        return f"inconnu : {REASON_UNKNOWN[reading.unknown]}" if reading.unknown else "inconnu"
    number = number_text(reading.value, _decimals(reading.value, reading.unit, crossed))
    floor = "au moins " if reading.is_lower_bound else ""
    return floor + quantity_text(number, reading.value, reading.unit)


def _decimals(value: float, unit: str, crossed: CrossedThreshold | None) -> int:
    first = 0 if unit != "%" and value == round(value) else 1
    if crossed is None or value == crossed.value:
        return first
    return next((n for n in range(first, _MOST_DECIMALS) if round(value, n) != crossed.value), first)


def _threshold(reading: Reading, crossed: CrossedThreshold) -> str:
    limit = quantity_text(exact_text(crossed.value), crossed.value, reading.unit)
    return f"Seuil {crossed.posture.value} : {_COMPARISONS[crossed.comparison].format(limit)}"


def _sureness(reading: Reading, known_on: date) -> Iterator[str]:
    lateness = _lateness((known_on - reading.occurred_on).days)
    yield f"Journée mesurée : {day_text(reading.occurred_on)}{lateness}."
    if reading.numerator is not None and reading.denominator is not None:
        yield f"Calcul : {number_text(reading.numerator)} sur {number_text(reading.denominator)}."
    yield _completeness(reading)
    if reading.is_lower_bound:
        yield "Valeur minimale : le vrai chiffre peut être plus élevé."
    if reading.detail:
        yield reading.detail


def _completeness(reading: Reading) -> str:
    missing = reading.expected - reading.reporting
    sources = sources_text(reading)
    return f"Données incomplètes : {sources}." if missing > 0 else f"Données complètes : {sources}."


def _lateness(days: int) -> str:
    if days <= 0:
        return ""
    return ", connue le lendemain" if days == 1 else f", connue {days} jours après"
