"""The situation page: open alerts and the posture of each territory, honest about what is unknown or late."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.effects import VoletDecided, VoletProposed
from alerts.french import duration_text, instant_text
from dashboards.alert_page import standing
from dashboards.alert_view import AlertView
from dashboards.board import Board, FeedView
from dashboards.labels import BADGES, REASON_UNKNOWN, TAG_OF_STATUS, Badge, tag_of
from dashboards.lateness import warning
from orsan_plans.geography import REGIONS
from orsan_plans.posture import Posture
from orsan_plans.territory import Level, level_of

_LEVELS = {level: order for order, level in enumerate((Level.FRANCE, Level.REGION, Level.DEPARTEMENT))}


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An open alert in the list, worst first."""

    alert_id: str
    tag: str
    badge: Badge
    volet: str
    territory: str
    title: str
    standing: str
    is_waiting: bool
    lasting: str


@dataclass(frozen=True, slots=True)
class TerritoryLine:
    """The posture of a territory: the worst of its rules, and how many of them could not be judged."""

    name: str
    tag: str
    badge: Badge
    note: str


@dataclass(frozen=True, slots=True)
class RegionSection:
    """A region's part of the page."""

    name: str
    late: str
    alerts: tuple[AlertLine, ...]
    decisions: tuple[str, ...]
    quiet: tuple[str, ...]
    territories: tuple[TerritoryLine, ...]
    silent_feeds: tuple[str, ...]
    feeds_note: str
    readings_note: str


@dataclass(frozen=True, slots=True)
class Situation:
    """All the texts of the situation page, in French."""

    regions: tuple[RegionSection, ...]
    read_at: str


def situation(board: Board, now: datetime, only: str | None = None) -> Situation:
    """Return the situation page as of ``now`` (aware), of one région alone when it is named."""
    regions = {each: at for each, at in board.regions.items() if only in {None, each}}
    zone = _zone(next(iter(regions), ""))
    sections = tuple(_section(board, region, advanced_to, now) for region, advanced_to in regions.items())
    return Situation(sections, instant_text(now, zone))


def _zone(region: str) -> str:
    return REGIONS[region].time_zone if region in REGIONS else "Europe/Paris"


def _section(board: Board, region: str, advanced_to: datetime | None, now: datetime) -> RegionSection:
    zone = _zone(region)
    feeds = {key[1:]: feed for key, feed in board.feeds.items() if key[0] == region}
    return RegionSection(
        name=REGIONS[region].name if region in REGIONS else f"région {region}",
        late=warning(board.following, region, advanced_to, now, zone),
        alerts=tuple(_alerts(board, region, now)),
        decisions=tuple(_decision(board, decided, zone) for place, decided in board.decisions if place == region),
        quiet=board.quiet(region, now, zone),
        territories=tuple(_territories(board, region)),
        silent_feeds=tuple(_silent(board, feeds, zone)),
        feeds_note=_feeds_note(feeds),
        readings_note=_readings_note(board, region),
    )


def _alerts(board: Board, region: str, now: datetime) -> Iterator[AlertLine]:
    def urgency(alert: AlertView) -> tuple[bool, bool, int, datetime]:
        rank = board.current_posture(alert).rank
        return (alert.status != "actual", bool(alert.subsumed_by), -rank, alert.brief.since)

    kept = (alert for alert in board.alerts if alert.region == region and alert.is_open)
    for alert in sorted(kept, key=urgency):
        brief = alert.brief
        yield AlertLine(
            alert_id=brief.alert_id,
            tag=tag_of(alert.status, brief.exercise),
            badge=BADGES[board.current_posture(alert)],
            volet=brief.volet,
            territory=brief.territory_name,
            title=brief.title,
            standing=standing(board, alert),
            is_waiting=alert.is_waiting,
            lasting=duration_text(max(now - brief.since, timedelta(0))),
        )


def _decision(board: Board, decided: VoletDecided | VoletProposed, zone: str) -> str:
    tag = f"{TAG_OF_STATUS[decided.status]} · " if decided.status != "actual" else ""
    what = f"Activation du volet {decided.volet} proposée"
    if isinstance(decided, VoletDecided):
        what = f"Volet {decided.volet} {'activé' if decided.is_active else 'levé'}"
    place, when = board.name_of(decided.territory), instant_text(decided.at, zone)
    return f"{tag}{what}, {place}, par {decided.author} le {when} : {decided.reason}"


def _territories(board: Board, region: str) -> Iterator[TerritoryLine]:
    judged: dict[tuple[str, str], list[Posture]] = {}
    for key, view in board.postures.items():
        if key.region == region:
            judged.setdefault((key.status, key.territory), []).append(view.posture)
    # A territory that no rule has judged is unknown, not absent from the page.
    for territory in _expected(region):
        judged.setdefault(("actual", territory), [])
    for (status, territory), postures in sorted(judged.items(), key=lambda item: _order(*item[0])):
        yield _territory(board.name_of(territory), status, postures)


def _expected(region: str) -> Iterator[str]:
    if region in REGIONS:
        yield f"REG-{region}"
        yield from (f"DEP-{code}" for code in REGIONS[region].departements)


def _order(status: str, territory: str) -> tuple[bool, int, str]:
    return (status != "actual", _LEVELS.get(level_of(territory), len(_LEVELS)), territory)


def worst(postures: list[Posture]) -> Posture:
    """Return the gravest posture; unknown outweighs VEILLE, because it may hide anything."""
    return max(postures, key=lambda posture: (posture.rank, posture is Posture.INCONNU), default=Posture.INCONNU)


def _territory(name: str, status: str, postures: list[Posture]) -> TerritoryLine:
    unknown = postures.count(Posture.INCONNU)
    if not postures:
        note = "aucune règle jugée : rien reçu"
    elif unknown:
        note = f"{unknown} règle{'s' if unknown > 1 else ''} sur {len(postures)} sans donnée suffisante"
    else:
        note = ""
    return TerritoryLine(name, TAG_OF_STATUS[status], BADGES[worst(postures)], note)


def _silent(board: Board, feeds: dict[tuple[str, str], FeedView], zone: str) -> Iterator[str]:
    for (feed, territory), view in feeds.items():
        if view.is_silent:
            last = view.last_received_at
            since = f"dernière donnée le {instant_text(last, zone)}" if last else "jamais rien reçu"
            yield f"{feed}, {board.name_of(territory)} : {since}"


def _feeds_note(feeds: dict[tuple[str, str], FeedView]) -> str:
    if not feeds:
        return "Aucune source n'a encore été entendue."
    silent = sum(view.is_silent for view in feeds.values())
    heard = len(feeds) - silent
    return f"{heard} source{'s' if heard > 1 else ''} à l'heure, {silent} muette{'s' if silent > 1 else ''}."


def _readings_note(board: Board, region: str) -> str:
    readings = [reading for key, reading in board.readings.items() if key[0] == region]
    if not readings:
        return "Aucune mesure n'a encore été calculée."
    reasons = Counter(REASON_UNKNOWN[reading.unknown] for reading in readings if reading.unknown)
    if not reasons:
        return f"{len(readings)} mesures, toutes connues."
    parts = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    plural = "s" if reasons.total() > 1 else ""
    return f"{reasons.total()} mesure{plural} inconnue{plural} sur {len(readings)} : {parts}."
