"""`vigie roster show` and `vigie roster check`: who is on call when, and what the tableau leaves uncovered."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.adapters.french_holidays import LAST_YEAR
from alerts.contact_proofs import ContactProof
from alerts.duties import Duty, duties
from alerts.french import DAYS
from alerts.roster_lint import Finding, Survey
from alerts.roster_lint import check as look_over
from alerts.roster_wording import NOBODY, names, remarks
from alerts.routes import roles_called
from orsan_plans.adapters.plan_files import load_catalogue, shipped_catalogue
from orsan_plans.catalogue import Catalogue
from vigie.contact_state import Codes, known_proofs
from vigie.errors import explained
from vigie.roster_periods import File, From, Looked, To, looked
from vigie.saying import Live

_SHOWN: Final = timedelta(days=28)
_CHECKED: Final = timedelta(days=92)


def show(file: File, since: From = None, until: To = None) -> None:
    """Show who is on call, role by role, with public holidays, schedules and replacements (28 days without --to)."""
    with explained():
        period = looked(file, since, until, _SHOWN)
    table = Table(title=period.loaded.roster.title)
    for heading in ("Rôle", "Du", "Au", "D'astreinte", "Remarques"):
        table.add_column(heading, overflow="fold")
    for role in period.loaded.roster.roles:
        held = duties(period.loaded.roster, role.id, period.starts_at, period.ends_at)
        for number, duty in enumerate(held):
            table.add_row(role.title if not number else "", *_cells(period, duty), end_section=duty is held[-1])
    Console().print(table)


def _cells(period: Looked, duty: Duty) -> tuple[Text, ...]:
    roster = period.loaded.roster
    zone = ZoneInfo(roster.time_zone)
    local = (duty.starts_at.astimezone(zone), duty.ends_at.astimezone(zone))
    who = names(roster, duty.people)
    return (
        *(Text(f"{DAYS[at.weekday()][:3]}. {at:%d/%m/%Y %H:%M}") for at in local),
        Text(who, style="bold red" if who == NOBODY else ""),
        Text("\n".join(remarks(roster, duty, period.loaded.holidays))),
    )


def check(  # noqa: PLR0913 - one parameter per option
    file: File,
    since: From = None,
    until: To = None,
    plans: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Plans whose roles must be held; the shipped ones without it.")
    ] = None,
    codes: Codes = None,
    journal: Annotated[
        Path | None, typer.Option(metavar="J.db", help="Journal in which contacts were verified.")
    ] = None,
    live: Live = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
) -> None:
    """Say what a tableau leaves uncovered or fragile (92 days without --to); exit 1 on an error."""
    with explained():
        period = looked(file, since, until, _CHECKED)
        catalogue = shipped_catalogue() if plans is None else load_catalogue(plans)
        proofs = known_proofs(file, codes, journal, live)
        found = look_over(period.loaded.roster, _survey(period, catalogue, proofs))
    for finding in found:
        typer.echo(_line(period, finding))
    if proofs is None:
        typer.echo("vérification des contacts : non regardée ; donnez --journal, ou --live")
    errors = sum(finding.is_error for finding in found)
    typer.echo(f"{_counted(errors, 'erreur')}, {_counted(len(found) - errors, 'avertissement')}")
    if errors or (strict and found):
        raise typer.Exit(1)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count > 1 else ''}"


def _line(period: Looked, finding: Finding) -> str:
    level = "erreur" if finding.is_error else "avertissement"
    return f"{period.loaded.documents.place(finding.path)}: {level} : {finding.text}"


def _survey(period: Looked, catalogue: Catalogue, proofs: dict[str, ContactProof] | None) -> Survey:
    limits = period.loaded.documents.form.controles
    return Survey(
        period.starts_at,
        period.ends_at,
        _needed(period, catalogue),
        proofs,
        limits.verification if limits else None,
        limits.nuits_de_suite if limits else None,
        LAST_YEAR,
    )


def _needed(period: Looked, catalogue: Catalogue) -> dict[str, str]:
    """Return each role that the escalation or a plan in force during the period names, and what needs it."""
    roster = period.loaded.roster
    zone = ZoneInfo(roster.time_zone)
    first, last = (at.astimezone(zone).date() for at in (period.starts_at, period.ends_at))
    needed: dict[str, str] = {}
    for role, why in roles_called(roster):
        needed.setdefault(role, why)
    for plan in catalogue.plans:
        is_in_force = plan.valid_from <= last and (plan.valid_until is None or plan.valid_until >= first)
        if not is_in_force or (plan.regions and roster.region not in plan.regions):
            continue
        roles = (role for rule in plan.rules for _, audience in rule.audiences for role in audience.roles)
        for role in roles:
            needed.setdefault(role, f"le plan « {plan.title} »")
    return needed
