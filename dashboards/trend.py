"""How what was measured moved since the alert was raised, and how it moved when it was."""

from collections.abc import Iterator

from dashboards.alert_view import AlertView, What
from dashboards.board import Board
from dashboards.labels import indicator_label
from dashboards.measure import value_text
from orsan_plans.reading import Reading


def trend(board: Board, alert: AlertView) -> tuple[str, ...]:
    """Return the trend in words: each measure that was read again, then the last move of the alert's posture."""
    return (*_measures(board, alert), *_posture(alert)) or ("Pas de mesure plus récente que celle de l'alerte.",)


def _measures(board: Board, alert: AlertView) -> Iterator[str]:
    if alert.status != "actual":  # the board keeps the readings of real life only
        return
    for reading in alert.brief.evidence.readings:
        latest = board.latest(alert.region, reading.indicator, reading.territory)
        if latest is not None and latest != reading and latest.occurred_on >= reading.occurred_on:
            yield f"{indicator_label(reading.indicator)} : {_moved(reading, latest)}."


def _moved(before: Reading, now: Reading) -> str:
    if before.value is None or now.value is None:
        return f"{value_text(before)} à l'alerte, {value_text(now)} maintenant"
    if now.value == before.value:
        return f"stable, {value_text(now)}"
    verb = "en hausse" if now.value > before.value else "en baisse"
    return f"{verb}, de {value_text(before)} à {value_text(now)}"


def _posture(alert: AlertView) -> Iterator[str]:
    if alert.episode > 1:
        yield f"Alerte relevée {alert.episode - 1} fois depuis son ouverture : aggravation, ou retour."
    if any(event.what is What.EASED and event.at >= alert.brief.raised_at for event in alert.history):
        yield "La situation s'améliore : la posture a baissé depuis le premier appel."
