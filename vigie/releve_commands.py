"""`vigie releve`: the hand-over digest, shown, or sent to the person who comes on call."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from alerts.adapters.apprise_channel import AppriseChannel
from alerts.adapters.roster_files import LoadedRoster, load_roster
from alerts.astreinte import Person
from alerts.links import Scope, person_token
from alerts.releve_wording import render_releve
from alerts.sms_wording import signed_link
from dashboards.releve import Releve, releve
from vigie.errors import explained
from vigie.releve_sources import Options, Source, source_of
from vigie.saying import Live

app = typer.Typer(help="The hand-over digest (relève) of the astreinte.", no_args_is_help=True)

_Journal = Annotated[Path | None, typer.Option("--journal", metavar="J.db", help="The journal of the monitor.")]
_Roster = Annotated[Path | None, typer.Option("--roster", metavar="FILE", help="Astreinte tableau (YAML).")]
_Base = Annotated[str | None, typer.Option("--link-base", metavar="URL", help="Public address of the pages.")]
_Keys = Annotated[
    Path | None,
    typer.Option("--link-keys", metavar="FILE", help="Secrets of the links; beside the journal without it."),
]
_SECTIONS: Final = (
    ("Alertes en cours", "open_alerts"),
    ("Réponses qui tiennent", "answers"),
    ("Décisions de l'autorité", "decisions"),
    ("Silences et maintenances", "quiet"),
    ("Terminées", "ended"),
    ("Personnes non jointes", "troubles"),
    ("Sources muettes", "silent_feeds"),
)


@app.command()
def show(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Id of who comes on call, as in the tableau.")],
    journal: _Journal = None,
    roster: _Roster = None,
    link_base: _Base = None,
    link_keys: _Keys = None,
    live: Live = None,
) -> None:
    """Print the digest a person would read now, and their link to acknowledge it."""
    with explained():
        source = source_of(Options(journal, roster, link_base, link_keys, live))
        found = _person(load_roster(source.roster, os.environ), person)
        now = datetime.now(UTC)
        digest = releve(source.board(), source.region, found.id, now)
        link = _link(source, found.id, now)
    typer.echo("\n".join((*_lines(digest), "", link)))


@app.command()
def send(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="The role that changes hands, as in the tableau.")],
    journal: _Journal = None,
    roster: _Roster = None,
    link_base: _Base = None,
    link_keys: _Keys = None,
    live: Live = None,
) -> None:
    """Send their link to whoever holds a role now; exit 1 when nobody could be told. For a timer, at the hand-over."""
    with explained():
        source, now = source_of(Options(journal, roster, link_base, link_keys, live)), datetime.now(UTC)
        loaded = load_roster(source.roster, os.environ)
        titles = {each.id: each.title for each in loaded.roster.roles}
        if role not in titles:
            _fail(f"no role {role!r} in the tableau: expected one of {', '.join(titles)}")
        people = loaded.roster.on_call(role, now)
        reached = [_told(source, loaded, each, titles[role], now) for each in people]
    if not reached or not all(reached):
        _fail(f"role {role}: {sum(reached)} of {len(people)} people told")


def _told(source: Source, loaded: LoadedRoster, person: Person, title: str, now: datetime) -> bool:
    """Send a person their link by the first contact that takes it."""
    channel = AppriseChannel(loaded.address_book)
    message = render_releve(person.name, title, _link(source, person.id, now))
    for contact in person.contacts:
        outcome = channel.send(contact.name, message)
        if outcome.is_sent:
            typer.echo(f"sent: {contact.name}")
            return True
        typer.echo(f"vigie: {contact.name}: {outcome.reason}", err=True)
    return False


def _person(loaded: LoadedRoster, id_: str) -> Person:
    found = loaded.roster.person(id_)
    if found is None:
        _fail(f"nobody has the id {id_!r} in the tableau")
    return found


def _link(source: Source, person: str, now: datetime) -> str:
    token = person_token(source.keys(), source.region, person, now)
    return f"{signed_link(source.link_base, Scope.PERSON, token)}/releve"


def _lines(digest: Releve) -> Iterator[str]:
    yield f"Relève · {digest.name} · {digest.read_at}"
    yield digest.previous
    if digest.late:
        yield digest.late
    for title, field in _SECTIONS:
        yield f"\n{title}"
        yield from (f"- {line}" for line in getattr(digest, field) or ("Aucune.",))
    yield f"\n{digest.feeds_note}"


def _fail(why: str) -> NoReturn:
    typer.echo(f"vigie: {why}", err=True)
    raise typer.Exit(1)
