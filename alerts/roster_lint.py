"""What a tableau leaves uncovered or fragile over a period, in French sentences.

An error leaves an alert without anyone, or does nothing of what its author meant; a warning leaves it to one thread:
one contact, one provider, one person. No text fixes a rest rule: a limit of nights is held only when the file has one.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Final
from zoneinfo import ZoneInfo

from alerts.astreinte import Roster
from alerts.duties import Duty, duties, nights
from alerts.french import day_text
from alerts.roster_effects import idle_overrides, overlapping_schedules
from alerts.roster_reach import single_threads, unreachable, unverified
from alerts.roster_survey import Finding, LaidOut, Survey, called
from alerts.roster_wording import instant_words, names, period_words, role_title
from alerts.turns import Override, Schedule

__all__ = ["Finding", "Survey", "check"]


def check(roster: Roster, survey: Survey) -> tuple[Finding, ...]:
    """Return everything found, errors first, each kind in the order of the file; ValueError for a bad period."""
    laid_out = {role.id: duties(roster, role.id, survey.starts_at, survey.ends_at) for role in roster.roles}
    found = [finding for rule in _RULES for finding in rule(roster, survey, laid_out)]
    return tuple(sorted(found, key=lambda finding: not finding.is_error))


def _missing_roles(roster: Roster, survey: Survey, _: LaidOut) -> Iterator[Finding]:
    known = {role.id for role in roster.roles}
    for role, why in survey.needed.items():
        if role not in known:
            yield Finding(("roles",), f"aucun rôle ne s'appelle « {role} », que demande {why}", is_error=True)


def _gaps(roster: Roster, survey: Survey, laid_out: LaidOut) -> Iterator[Finding]:
    for role, held in laid_out.items():
        why = survey.needed.get(role)
        for duty in held:
            if not duty.people:
                when = period_words(roster, duty.starts_at, duty.ends_at)
                asked = f" ; {why} demande ce rôle" if why else ""
                text = f"personne n'est d'astreinte pour « {role_title(roster, role)} » {when}{asked}"
                yield Finding(("roles", role), text, is_error=why is not None)


def _two_at_once(roster: Roster, _: Survey, laid_out: LaidOut) -> Iterator[Finding]:
    for first, second in combinations(laid_out, 2):
        for person, at in _shared(laid_out[first], laid_out[second]).items():
            text = (
                f"{names(roster, [person])} tient à la fois « {role_title(roster, first)} » et "
                f"« {role_title(roster, second)} », à partir du {instant_words(roster, at)}"
            )
            yield Finding(("roles", second), text)


def _shared(first: tuple[Duty, ...], second: tuple[Duty, ...]) -> dict[str, datetime]:
    """Return who holds both roles at once, and from when first."""
    shared: dict[str, datetime] = {}
    others = list(second)
    for duty in first:
        while others and others[0].ends_at <= duty.starts_at:
            others.pop(0)
        for other in others:
            if other.starts_at >= duty.ends_at:
                break
            for person in duty.people:
                if person in other.people:
                    shared.setdefault(person, max(duty.starts_at, other.starts_at))
    return shared


def _rest(roster: Roster, survey: Survey, laid_out: LaidOut) -> Iterator[Finding]:
    if survey.most_nights is None:
        return
    zone = ZoneInfo(roster.time_zone)
    held = [duty for each in laid_out.values() for duty in each]
    for person in roster.people:
        days = sorted({day for duty in held if person.id in duty.people for day in nights(duty, zone)})
        for first, count in _runs(days):
            if count > survey.most_nights:
                text = (
                    f"{person.name} est d'astreinte {count} nuits de suite à partir de la nuit du {day_text(first)} "
                    f"(au plus {survey.most_nights} selon ce fichier)"
                )
                yield Finding(("controles", "nuits_de_suite"), text)


def _runs(days: list[date]) -> Iterator[tuple[date, int]]:
    """Yield the first day and the length of each run of days that follow one another."""
    first = 0
    for position in range(1, len(days) + 1):
        if position == len(days) or days[position] - days[position - 1] != timedelta(days=1):
            yield days[first], position - first
            first = position


def _rotations_that_end(roster: Roster, survey: Survey, _: LaidOut) -> Iterator[Finding]:
    last = survey.ends_at.astimezone(ZoneInfo(roster.time_zone)).date()
    for role in roster.roles:
        end = role.hand_over.end if role.hand_over else None
        if end is not None and end <= last:
            yield Finding(("roles", role.id, "fin"), f"la rotation de « {role.title} » finit le {day_text(end)}")


def _periods_without_effect(roster: Roster, survey: Survey, _: LaidOut) -> Iterator[Finding]:
    for position, override in idle_overrides(roster):
        if not _is_looked_at(survey, override):
            continue
        when = period_words(roster, override.starts_at, override.ends_at)
        text = (
            f"ce remplacement ne remplace personne : {names(roster, [override.absent])} n'est jamais d'astreinte pour "
            f"« {role_title(roster, override.role)} » {when}"
        )
        yield Finding(("remplacements", position, "absent"), text, is_error=True)
    for position, covered in overlapping_schedules(roster):
        if _is_looked_at(survey, covered):
            text = f"ce planning recouvre en partie celui de « {covered.reason} » : le dernier écrit l'emporte"
            yield Finding(("plannings", position), text)


def _is_looked_at(survey: Survey, period: Schedule | Override) -> bool:
    return period.starts_at < survey.ends_at and survey.starts_at < period.ends_at


def _unused(roster: Roster, survey: Survey, laid_out: LaidOut) -> Iterator[Finding]:
    on_call = {person.id for _, person in called(roster, laid_out)}
    for position, person in enumerate(roster.people):
        if person.id not in on_call:
            text = f"{person.name} n'est d'astreinte pour aucun rôle sur la période"
            yield Finding(("personnes", position), text)
    if roster.holidays and survey.ends_at.year > survey.last_holiday_year:
        text = f"les jours fériés ne sont connus que jusqu'en {survey.last_holiday_year}"
        yield Finding(("roles",), text)


_RULES: Final[tuple[Callable[[Roster, Survey, LaidOut], Iterator[Finding]], ...]] = (
    _missing_roles,
    _gaps,
    unreachable,
    _periods_without_effect,
    _rotations_that_end,
    _two_at_once,
    _rest,
    single_threads,
    unverified,
    _unused,
)
