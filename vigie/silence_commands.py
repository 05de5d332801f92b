"""`vigie silence`: whom nobody is to be called for, until when; and what is silenced now."""

from typing import Annotated, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orsan_plans.geography import REGIONS
from orsan_plans.territory import name_of
from streams.entry import Status
from streams.messages.quiet import SilenceLifted, SilenceSet
from streams.region.fold import Fold
from vigie.errors import explained
from vigie.saying import DEFAULT_DROP, Drop, Live, say
from vigie.spans import read_duration, read_instant
from vigie.standing import JournalFile, folds

app = typer.Typer(help="Silence alerts for a time, lift a silence, list them.", no_args_is_help=True)

Author = Annotated[str, typer.Option(metavar="WHO", help="Who says so.")]
Reason = Annotated[str, typer.Option(metavar="WHY", help="Why; it is journaled and shown.")]
Exercise = Annotated[bool, typer.Option("--exercise", help="For the alerts of an exercise.")]
STATUS_WORDS: Final = {Status.ACTUAL: "", Status.EXERCISE: "EXERCICE", Status.TEST: "TEST"}


@app.command("set")
def set_(  # noqa: PLR0913 - one parameter per option
    *,
    author: Author,
    reason: Reason,
    length: Annotated[str, typer.Option("--for", metavar="DURATION", help="30 min, 2 h, 1 j: at most 7 days.")],
    volet: Annotated[str | None, typer.Option(help="Only the alerts of this ORSAN volet.")] = None,
    rule: Annotated[str | None, typer.Option(metavar="[PLAN/]RULE", help="Only those of this rule.")] = None,
    territory: Annotated[str | None, typer.Option(help="Only those in this territory: ETAB-…, DEP-44, REG-52.")] = None,
    including_alerte: Annotated[
        bool, typer.Option("--including-alerte", help="The posture ALERTE too; an ACTIVATION never is.")
    ] = False,
    id_: Annotated[str | None, typer.Option("--id", help="Of the silence to set again; a new one without it.")] = None,
    exercise: Exercise = False,
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
) -> None:
    """Call nobody for some alerts until the silence ends; they stay shown, and those that last are called then."""
    if volet is None and rule is None and territory is None:
        raise typer.BadParameter("say what: --volet, --rule or --territory; nothing silences everything")
    id_ = id_ or uuid4().hex[:8]
    until = read_instant(None) + read_duration(length)
    said = SilenceSet(id_, until, author, reason, volet, rule, territory, including_alerte)
    say(said, drop, live, Status.EXERCISE if exercise else Status.ACTUAL)
    typer.echo(f"silence {id_}")


@app.command()
def lift(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of the silence, as listed.")],
    *,
    author: Author,
    reason: Reason,
    exercise: Exercise = False,
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
) -> None:
    """End a silence before its time: the alerts it held are called if they last and nobody answered."""
    say(SilenceLifted(id_, author, reason), drop, live, Status.EXERCISE if exercise else Status.ACTUAL)


@app.command("list")
def list_(journal: JournalFile = None, live: Live = None) -> None:
    """List the silences that hold calls now."""
    console, table = Console(), Table()
    for heading in ("Silence", "Volet", "Règle", "Territoire", "Postures", "Fin", "Auteur", "Motif"):
        table.add_column(heading, overflow="fold")
    with explained():
        for fold in folds(journal, live):
            _add_rows(table, fold)
    console.print(table if table.row_count else "Aucun silence en cours.")


def _add_rows(table: Table, fold: Fold) -> None:
    zone = ZoneInfo(REGIONS[fold.state.region].time_zone)
    for status, word in STATUS_WORDS.items():
        silences = fold.state.worlds[status].silences.values()
        for each in sorted(silences, key=lambda silence: (silence.until, silence.id)):
            if each.until > fold.state.now:
                cells = (
                    " ".join(filter(None, (word, each.id))),
                    each.volet or "tous",
                    each.rule or "toutes",
                    name_of(each.territory) if each.territory else "partout",
                    "jusqu'à l'alerte comprise" if each.includes_alerte else "vigilance",
                    f"{each.until.astimezone(zone):%d/%m %H:%M}",
                    each.author,
                    each.reason,
                )
                table.add_row(*map(Text, cells))
