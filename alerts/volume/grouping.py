"""Grouping: the messages of one round about one volet in one place, to one contact, become one message.

A place is a département, with its establishments, or a territory wider than one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from alerts.effects import Notify
from alerts.lifecycle import AlertState
from alerts.volume.limits import MOST_GROUPED
from alerts.volume.silences import Ancestors
from orsan_plans.territory import Level, level_of

Group = tuple[str, str, str, str]
"""Contact, purpose, volet, place."""


def place_of(territory: str, ancestors: Ancestors) -> str:
    """Return the département of an establishment (the région when it is not known), any other territory itself."""
    return ancestors(territory)[0] if level_of(territory) is Level.ETABLISSEMENT else territory


def grouped(notifications: Iterable[Notify], ancestors: Ancestors) -> list[list[Notify]]:
    """Return the messages that leave together, the gravest first in each group and among groups."""
    groups: dict[Group, list[Notify]] = {}
    for each in notifications:
        place = place_of(each.brief.territory, ancestors)
        groups.setdefault((each.contact, each.purpose.value, each.brief.volet, place), []).append(each)
    parts = [part for group in groups.values() for part in _parts(sorted(group, key=_gravity))]
    return sorted(parts, key=lambda part: _gravity(part[0]))


def _parts(group: list[Notify]) -> Iterator[list[Notify]]:
    for start in range(0, len(group), MOST_GROUPED):
        yield group[start : start + MOST_GROUPED]


def _gravity(notify: Notify) -> tuple[int, datetime, str]:
    return -notify.brief.posture.rank, notify.brief.since, notify.brief.territory


def merged(group: list[Notify], ancestors: Ancestors) -> Notify:
    """Return the one message of a group: the gravest one's, that also names the others."""
    leader, others = group[0], group[1:]
    if not others:
        return leader
    return replace(
        leader,
        call=min(each.call for each in group),
        grouped=tuple(each.brief for each in others),
        place=place_of(leader.brief.territory, ancestors),
    )


def gather(flushes: dict[str, datetime], alert: AlertState, now: datetime, ancestors: Ancestors) -> None:
    """Let an alert that waits for its group leave with the alerts of its volet and place that wait already."""
    state, brief = alert.escalation, alert.brief
    if not state.is_running or state.due_at is None or state.due_at <= now or state.held_by:
        return
    group = f"{brief.volet}@{place_of(brief.territory, ancestors)}"
    known = flushes.get(group)
    if known is not None and known > now:
        state.due_at = min(state.due_at, known)
    flushes[group] = state.due_at
