"""The hand-over digest (relève): what the next person on call must know, and what shows that they have read it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from alerts.effects import ReleveTaken
from alerts.french import instant_text
from dashboards.alert_view import AlertView, Event, What
from dashboards.answering import next_step
from dashboards.astreinte_page import urgency, zone_of
from dashboards.board import Board
from dashboards.labels import BADGES, REASON_NOT_SENT, tag_of
from dashboards.lateness import warning
from dashboards.naming import name_of, names_of, role_title
from dashboards.situation import situation

FIRST_LOOK: Final = timedelta(days=7)
"""How far back the digest looks when no hand-over was ever acknowledged: one week of astreinte. Vigie's own choice."""


@dataclass(frozen=True, slots=True)
class RoleOffered:
    """A role the reader may take over; ``is_now`` when the roster gives it to them at this instant."""

    id: str
    title: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class Releve:
    """The texts of the digest, in French; ``shown`` is their SHA-256 (hex), the hour of reading left out."""

    name: str
    roles: tuple[RoleOffered, ...]
    since: str
    previous: str
    open_alerts: tuple[str, ...]
    answers: tuple[str, ...]
    decisions: tuple[str, ...]
    quiet: tuple[str, ...]
    ended: tuple[str, ...]
    troubles: tuple[str, ...]
    silent_feeds: tuple[str, ...]
    feeds_note: str
    late: str
    shown: str
    read_at: str


def releve(board: Board, region: str, person: str, now: datetime) -> Releve:
    """Return the digest for a person of a région as of ``now`` (aware)."""
    zone, last = zone_of(region), board.releve(region)
    since = last.at if last else now - FIRST_LOOK
    alerts = sorted((each for each in board.alerts if each.region == region), key=partial(urgency, board))
    sections = situation(board, now, region).regions
    open_alerts = tuple(_open(board, each) for each in alerts if each.is_open)
    answers = tuple(_answer(board, each) for each in alerts if each.is_open and each.acknowledged_at is not None)
    ended = tuple(_ended(board, each) for each in alerts if each.ended_at is not None and each.ended_at >= since)
    troubles = tuple(line for each in alerts for line in _troubles(board, each, since))
    decisions = tuple(line for each in sections for line in each.decisions)
    quiet = tuple(line for each in sections for line in each.quiet)
    silent = tuple(line for each in sections for line in each.silent_feeds)
    note = " ".join(each.feeds_note for each in sections)
    told = (open_alerts, answers, decisions, quiet, ended, troubles, silent, (note,))
    return Releve(
        name=name_of(board, region, person),
        roles=tuple(_roles(board, region, person, now)),
        since=instant_text(since, zone),
        previous=_previous(board, region, last, zone),
        open_alerts=open_alerts,
        answers=answers,
        decisions=decisions,
        quiet=quiet,
        ended=ended,
        troubles=troubles,
        silent_feeds=silent,
        feeds_note=note,
        late=warning(board.following, region, board.regions.get(region), now, zone),
        shown=hashlib.sha256("\n\n".join("\n".join(lines) for lines in told).encode()).hexdigest(),
        read_at=instant_text(now, zone),
    )


def _roles(board: Board, region: str, person: str, now: datetime) -> Iterator[RoleOffered]:
    roster = board.roster(region)
    for role in roster.roles if roster else ():
        if roster and person in role.people:
            is_now = any(each.id == person for each in roster.on_call(role.id, now))
            yield RoleOffered(role.id, role.title, is_now)


def _previous(board: Board, region: str, last: ReleveTaken | None, zone: str) -> str:
    if last is None:
        return "Aucune relève n'a encore été confirmée."
    role = role_title(board, region, last.role)
    return f"Dernière relève confirmée : {last.by} ({role}), le {instant_text(last.at, zone)}."


def _title(alert: AlertView) -> str:
    return f"{_tag(alert)}{_place(alert)}"


def _tag(alert: AlertView) -> str:
    return f"{tag_of(alert.status, alert.brief.exercise)} · " if alert.status != "actual" else ""


def _place(alert: AlertView) -> str:
    return f"{alert.brief.volet}, {alert.brief.territory_name} : {alert.brief.title}"


def _open(board: Board, alert: AlertView) -> str:
    zone = alert.brief.time_zone
    posture, tag = BADGES[board.current_posture(alert)].text, _tag(alert)
    answered = "répondue" if alert.is_acknowledged else "sans réponse" if alert.is_waiting else "sans appel en cours"
    line = f"{tag}{posture} · {_place(alert)}, depuis le {instant_text(alert.brief.since, zone)}, {answered}."
    return " ".join(filter(None, (line, next_step(board, alert))))


def _answer(board: Board, alert: AlertView) -> str:
    at = alert.acknowledged_at or alert.brief.raised_at
    names = names_of(board, alert.region, alert.acknowledged_by)
    return f"{names}, le {instant_text(at, alert.brief.time_zone)} : {_title(alert)}."


def _ended(board: Board, alert: AlertView) -> str:
    at = alert.ended_at or alert.brief.raised_at
    names = names_of(board, alert.region, alert.acknowledged_by)
    by = f", réponse de {names}" if names else ", sans réponse"
    return f"{_title(alert)}, terminée le {instant_text(at, alert.brief.time_zone)}{by}."


def _troubles(board: Board, alert: AlertView, since: datetime) -> Iterator[str]:
    """Yield what went wrong in telling people of an alert, and who was not told on purpose, one line a reason."""
    causes: dict[str, list[Event]] = {}
    for event in alert.history:
        if event.at >= since and event.what in {What.FAILED, What.NOT_SENT}:
            words = "envoi en échec" if event.what is What.FAILED else f"non prévenu, {REASON_NOT_SENT[event.detail]}"
            causes.setdefault(words, []).append(event)
    for words, events in sorted(causes.items()):
        yield f"{_title(alert)} : {words}, {len(events)} fois ({_people(board, alert.region, events)})."


def _people(board: Board, region: str, events: list[Event]) -> str:
    named = {
        name_of(board, region, each.person) if each.person else role_title(board, region, each.role) for each in events
    }
    return ", ".join(sorted(named))
