"""`vigie plans`: check the plan files, and show them as a planner reads them."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orsan_plans.adapters.located_yaml import DocumentError
from orsan_plans.adapters.plan_files import load_catalogue, shipped_catalogue
from orsan_plans.catalogue import Catalogue
from orsan_plans.fields import format_duration
from orsan_plans.geography import REGIONS
from orsan_plans.indicator import INDICATORS
from orsan_plans.plan import (
    Audience,
    CombinedCondition,
    Comparison,
    Condition,
    EventCondition,
    IndicatorCondition,
    Plan,
    Rule,
    SilenceCondition,
    Source,
    Threshold,
)
from orsan_plans.posture import Posture
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.past import catalogue_message
from vigie.saying import TheLive, journal
from vigie.standing import standing

app = typer.Typer(help="Check and show the ORSAN plan files, and put them in force.", no_args_is_help=True)

Directory = Annotated[
    Path | None,
    typer.Argument(metavar="[DIR]", help="Directory of plan files; the shipped plans without it."),
]

_COMPARISONS = {
    Comparison.ABOVE: "au-dessus de",
    Comparison.AT_LEAST: "à partir de",
    Comparison.BELOW: "au-dessous de",
    Comparison.AT_MOST: "jusqu'à",
}


def _load(directory: Path | None) -> Catalogue:
    try:
        return shipped_catalogue() if directory is None else load_catalogue(directory)
    except DocumentError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def check(directory: Directory = None) -> None:
    """Read every plan file; exit 1 with the file, line and key of each mistake."""
    catalogue = _load(directory)
    rules = sum(len(plan.rules) for plan in catalogue.plans)
    typer.echo(f"{len(catalogue.plans)} plans, {rules} rules, catalogue {catalogue.sha256}")


@app.command()
def publish(live: TheLive, directory: Directory = None) -> None:
    """Put the plans in force for the live processes of a région, from now on."""
    catalogue = _load(directory)
    with explained():
        in_force = standing(live_settings().kafka, live).fold.catalogue
    if in_force is not None and in_force.sha256 == catalogue.sha256:
        typer.echo(f"already in force: {catalogue.sha256}")
        return
    journal(live, catalogue_message(catalogue))


@app.command()
def show(
    directory: Directory = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only the plans in force on this day.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Only the plans of this région (INSEE code).")] = None,
) -> None:
    """Show the plans: territories, thresholds with their references, holds, and whom they tell."""
    if region is not None and region not in REGIONS:
        raise typer.BadParameter(f"unknown région {region!r}; INSEE codes: {', '.join(REGIONS)}", param_hint="--region")
    plans = [plan for plan in _load(directory).plans if _is_wanted(plan, on, region)]
    console = Console()
    for plan in plans:
        console.print(_plan_table(plan))
    if not plans:
        console.print("Aucun plan ne correspond.")


def _is_wanted(plan: Plan, on: datetime | None, region: str | None) -> bool:
    day = on.date() if on else plan.valid_from
    code = region or next(iter(plan.regions or REGIONS))
    return plan.is_in_force(day, code)


def _plan_table(plan: Plan) -> Table:
    table = Table(title=Text(_heading(plan)), title_justify="left", show_lines=True, expand=True)
    table.add_column("Règle", ratio=3)
    table.add_column("Territoires", ratio=2)
    table.add_column("Condition et seuils", ratio=5)
    table.add_column("Maintien, retour", ratio=2)
    table.add_column("Prévenir", ratio=3)
    for rule in plan.rules:
        # Text, not str: a plan may hold square brackets, which rich would read as markup.
        table.add_row(*map(Text, _cells(rule)))
    return table


def _heading(plan: Plan) -> str:
    regions = ", ".join(REGIONS[code].name for code in plan.regions) or "toutes les régions"
    end = f"au {plan.valid_until}" if plan.valid_until else "sans limite"
    dates = f"du {plan.valid_from} {end}"
    return f"\n{plan.title}\nplan {plan.id}, volet {plan.volet}, {regions}, {dates}"


def _cells(rule: Rule) -> Iterable[str]:
    proposes = "\npropose le volet" if rule.proposes_volet else ""
    yield f"{rule.title}\n({rule.id}){proposes}"
    yield "\n".join(rule.levels)
    yield "\n".join(_condition_lines(rule.condition))
    holds = f"maintien {format_duration(rule.hold)}\nretour {format_duration(rule.fall_hold)}"
    yield f"{holds}\nsi inconnu : {rule.when_unknown}"
    yield "\n".join(_audience_line(posture, audience) for posture, audience in rule.audiences)


def _audience_line(posture: Posture, audience: Audience) -> str:
    roles = (", puis " if audience.needs_acknowledgement else ", ").join(audience.roles)
    wait = f" (regroupement {format_duration(audience.group_wait)})" if audience.group_wait else ""
    return f"{posture} : {roles}{wait}"


def _condition_lines(condition: Condition) -> list[str]:
    match condition:
        case IndicatorCondition():
            return _indicator_lines(condition)
        case EventCondition():
            return _event_lines(condition)
        case SilenceCondition():
            after = format_duration(condition.after)
            return [
                f"flux {condition.feed} muet depuis {after} : {condition.posture}",
                _cited(condition.source),
            ]
        case CombinedCondition():
            total = len(condition.conditions)
            inner = [line for part in condition.conditions for line in _condition_lines(part)]
            return [f"au moins {condition.needed} des {total} conditions :", *(f"  {line}" for line in inner)]


def _indicator_lines(condition: IndicatorCondition) -> list[str]:
    indicator = INDICATORS[condition.indicator]
    lines = [indicator.label, *(_threshold(found, indicator.unit) for found in condition.thresholds)]
    lines.append(f"marge {_french(condition.margin)} {indicator.unit}")
    lines.append(f"complétude minimale {condition.minimum_completeness} %")
    if condition.minimum_count:
        lines.append(f"effectif minimal {condition.minimum_count}")
    sources = dict.fromkeys(found.source for found in condition.thresholds)
    return [*lines, *map(_cited, sources)]


def _threshold(threshold: Threshold, unit: str) -> str:
    return f"{threshold.posture} {_COMPARISONS[threshold.comparison]} {_french(threshold.value)} {unit}"


def _event_lines(condition: EventCondition) -> list[str]:
    criteria = [f"{name} : {' ou '.join(values)}" for name, values in condition.criteria]
    kinds = " ou ".join(condition.kinds)
    return [f"{condition.posture} pour un signal {kinds}", *criteria, _cited(condition.source)]


def _cited(source: Source) -> str:
    end = f"au {source.valid_until}" if source.valid_until else "sans limite"
    return f"[{source.reference} ; {source.author} ; du {source.valid_from} {end}]"


def _french(value: float) -> str:
    return f"{value:g}".replace(".", ",")
