"""`vigie burden`: how many messages each person got each night, against the budget of the roster."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.effects import Effect
from alerts.volume.burden import Night, nights
from alerts.volume.limits import DEFAULT
from streams.adapters.live_store import LiveStore
from streams.adapters.projection import stored_effects
from streams.adapters.sqlite_journal import SqliteJournal
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.saying import Live
from vigie.settings import chosen
from vigie.standing import JournalFile, folds


def burden(
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only the nights that began on this day (2026-01-14) or later.")
    ] = None,
    journal: JournalFile = None,
    live: Live = None,
) -> None:
    """Show the messages of each person and night; a night over the budget is marked, nothing was kept back for it."""
    first = _day(since)
    with explained():
        fold = next(iter(folds(journal, live)), None)
        limits = fold.roster.limits if fold and fold.roster else None
        found = [each for each in nights(_effects(journal, live)) if each.began_on >= first]
    budget = (limits or DEFAULT).night_budget
    Console().print(_table(found, budget) if found else "Aucun message de nuit.")
    over = sum(each.is_over(budget) for each in found)
    typer.echo(f"{over} nuit(s) au-dessus du budget de {budget} messages par personne, sur {len(found)}.")


def _day(text: str | None) -> date:
    try:
        return date.min if text is None else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2026-01-14", param_hint="--since") from None


def _effects(journal: JournalFile, live: str | None) -> Iterator[Effect]:
    if live is not None:
        store = LiveStore.open(live_settings().database)
        try:
            yield from stored_effects(store.database, live)
        finally:
            store.close()
        return
    with SqliteJournal.open(chosen(journal=journal).journal, read_only=True) as opened:
        for region in opened.regions():
            yield from (each.effect for each in opened.effects(region))


def _table(found: list[Night], budget: int) -> Table:
    table = Table("Nuit du", "Personne", "Messages", "Budget")
    for each in found:
        style = "bold red" if each.is_over(budget) else ""
        word = "dépassé" if each.is_over(budget) else "tenu"
        cells = (f"{each.began_on:%d/%m/%Y}", each.person, str(each.messages), f"{budget} : {word}")
        table.add_row(*(Text(cell, style=style) for cell in cells))
    return table
