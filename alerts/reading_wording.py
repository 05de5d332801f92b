"""A measure in French: what was measured, against which threshold, from how many sources."""

from typing import Final

from alerts.french import exact_text, number_text, quantity_text, sentence
from orsan_plans.assess import CrossedThreshold
from orsan_plans.indicator import INDICATORS
from orsan_plans.plan import Comparison
from orsan_plans.posture import Posture
from orsan_plans.reading import Reading, Unknown

_UNKNOWN: Final = {
    None: "sans raison connue",
    Unknown.ABSENT: "donnée absente",
    Unknown.STALE: "donnée périmée",
    Unknown.TOO_FEW: "effectif insuffisant pour un pourcentage",
    Unknown.CONTRADICTORY: "données contradictoires",
}
_CROSSED: Final = {
    Comparison.ABOVE: "dépassé : plus de {}",
    Comparison.AT_LEAST: "atteint : {} ou plus",
    Comparison.BELOW: "franchi : moins de {}",
    Comparison.AT_MOST: "atteint : {} ou moins",
}
_SIGNS: Final = {
    Comparison.ABOVE: ">",
    Comparison.AT_LEAST: ">=",
    Comparison.BELOW: "<",
    Comparison.AT_MOST: "<=",
}
_MOST_DECIMALS: Final = 6


def describe_reading(reading: Reading, crossed: CrossedThreshold | None) -> str:
    """Return what was measured, against which threshold (with its reference), and from how many sources."""
    sentences = [_measure(reading, crossed)]
    if crossed is not None:
        sentences.append(_threshold(crossed, reading.unit))
    sentences.append(_completeness(reading))
    return " ".join(sentences)


def comparison_text(value: float, unit: str, crossed: CrossedThreshold) -> str:
    """Return the shortest form of a crossed threshold: ``10,4 % > 10 %``."""
    limit = quantity_text(exact_text(crossed.value), crossed.value, unit)
    return f"{_value(value, unit, crossed)} {_SIGNS[crossed.comparison]} {limit}"


def _measure(reading: Reading, crossed: CrossedThreshold | None) -> str:
    label = INDICATORS[reading.indicator].label if reading.indicator in INDICATORS else reading.indicator
    if reading.value is None:
        detail = f" ({reading.detail})" if reading.detail else ""
        return f"{label} : inconnu, {_UNKNOWN[reading.unknown]}{detail}."
    floor = "au moins " if reading.is_lower_bound else ""
    return f"{label} : {floor}{_value(reading.value, reading.unit, crossed)}{_counts(reading)}."


def _counts(reading: Reading) -> str:
    if reading.numerator is None or reading.denominator is None:
        return ""
    return f" ({number_text(reading.numerator)} sur {number_text(reading.denominator)})"


def _value(value: float, unit: str, crossed: CrossedThreshold | None) -> str:
    first = 0 if unit != "%" and value == round(value) else 1
    return quantity_text(number_text(value, _decimals(value, first, crossed)), value, unit)


def _decimals(value: float, first: int, crossed: CrossedThreshold | None) -> int:
    # 10.02 above a threshold of 10 must not be read as « 10,0 ».
    if crossed is None or value == crossed.value:
        return first
    enough = (n for n in range(first, _MOST_DECIMALS + 1) if round(value, n) != crossed.value)
    return next(enough, first)


def _threshold(crossed: CrossedThreshold, unit: str) -> str:
    limit = quantity_text(exact_text(crossed.value), crossed.value, unit)
    name = "Seuil de vigilance" if crossed.posture is Posture.VIGILANCE else "Seuil d'alerte"
    source = ", ".join(filter(None, (crossed.reference, crossed.author)))
    return sentence(f"{name} {_CROSSED[crossed.comparison].format(limit)} ({source})")


def sources_text(reading: Reading) -> str:
    """Return ``11 sources sur 12, 93 % du volume habituel``; the volume only when some are missing and it is known."""
    sources = f"{reading.reporting} source{'s' if reading.reporting > 1 else ''} sur {reading.expected}"
    # Two small sites out of twelve are not a sixth of the visits.
    if reading.volume_share is None or reading.reporting == reading.expected:
        return sources
    return f"{sources}, {number_text(reading.volume_share, 0)} % du volume habituel"


def _completeness(reading: Reading) -> str:
    sources = sources_text(reading)
    if reading.is_lower_bound:
        return f"Complétude : {sources} ; la valeur réelle peut être plus élevée."
    return f"Complétude : {sources}."
