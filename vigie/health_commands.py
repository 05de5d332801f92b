"""`vigie health`: one command for operators, one French line per check."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from streams.auditing import Check, Finding, Level, silent_feeds, waiting_alerts
from vigie.errors import explained
from vigie.examining import SILENCE, Examined, SeenJournal, SeenLog, disk
from vigie.health import MOUNTED_AT
from vigie.live_settings import live_settings
from vigie.saying import Live
from vigie.settings import Settings, chosen

_ASK_SECONDS: Final = 5.0
_WORST: Final = (Level.OK, Level.WATCH, Level.BROKEN)
_MOST_NAMED: Final = 3


def health(
    journal: Annotated[Path | None, typer.Option(metavar="J.db", help="The journal; that of the monitor.")] = None,
    region: Annotated[str | None, typer.Option(metavar="CODE", help="INSEE code of the région.")] = None,
    roster: Annotated[Path | None, typer.Option(metavar="FILE", help="Astreinte tableau (YAML).")] = None,
    host: Annotated[str | None, typer.Option(help="Where the monitor serves its pages.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port.")] = None,
    silence: Annotated[
        int, typer.Option(min=0, metavar="MINUTES", help="How long the journal may receive nothing; 0: for ever.")
    ] = SILENCE // timedelta(minutes=1),
    live: Live = None,
) -> None:
    """Say in French how Vigie is, one line per check: ok, à voir or en panne; end with 1 when something is broken."""
    longest = timedelta(minutes=silence)
    with explained():
        settings = chosen(journal=journal, region=region, roster=roster, host=host, port=port)
        if live is None:
            look = _at_a_journal(settings, longest)
        else:
            look = _at_the_log(_Front(host, port), settings.roster, live, longest)
        found = [*look.around, *look.examined.findings(datetime.now(UTC))]
        found += _known(look.examined, found)
    summed_up = {check: _summed_up([each for each in found if each.check is check]) for check in look.checks}
    for check, (level, text) in summed_up.items():
        typer.echo(f"{level:<8} {check}{' : ' if text else ''}{text}")
    raise typer.Exit(1 if Level.BROKEN in [level for level, _ in summed_up.values()] else 0)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is looked at: the checks told, what is found around the journal, and the journal itself."""

    checks: tuple[Check, ...]
    around: tuple[Finding, ...]
    examined: Examined


def _at_a_journal(settings: Settings, silence: timedelta) -> _Look:
    seen = SeenJournal(settings.journal, settings.region)
    around = (*_monitor(settings.host, settings.port), *disk(settings.journal))
    return _Look(_without(Check.KAFKA, Check.DATABASE), around, Examined(seen, settings.roster, silence))


@dataclass(frozen=True, slots=True)
class _Front:
    """Where the command line says that the pages are; None leaves it to the settings."""

    host: str | None
    port: int | None


def _at_the_log(front: _Front, roster: Path | None, region: str, silence: timedelta) -> _Look:
    settings = live_settings()
    examined = Examined(SeenLog(settings, region), roster or settings.roster, silence)
    return _Look(
        _without(Check.JOURNAL, Check.DISK),
        tuple(_monitor(front.host or settings.host, front.port or settings.port)),
        examined,
    )


def _without(*left_out: Check) -> tuple[Check, ...]:
    return tuple(check for check in Check if check not in left_out)


def _summed_up(found: Iterable[Finding]) -> tuple[Level, str]:
    findings = list(found)
    level = max((each.level for each in findings), key=_WORST.index, default=Level.OK)
    return level, " ; ".join(each.text for each in findings if each.level is level)


def _known(examined: Examined, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what is no problem of Vigie's and worth reading; nothing when the journal could not be read."""
    if any(each.check in (Check.JOURNAL, Check.KAFKA, Check.DATABASE) for each in found):
        return
    waiting = waiting_alerts(examined.seen.fold)
    if waiting:
        yield Finding(Check.ALERTS, Level.WATCH, f"{waiting} alerte(s) attendent une réponse, les appels continuent")
    silent = silent_feeds(examined.seen.fold)
    if silent:
        more = f" et {len(silent) - _MOST_NAMED} autre(s)" if len(silent) > _MOST_NAMED else ""
        named = ", ".join(silent[:_MOST_NAMED])
        yield Finding(Check.SOURCES, Level.WATCH, f"muettes : {named}{more}")


def _monitor(host: str, port: int) -> Iterator[Finding]:
    """Yield what the monitor says of itself, or that it says nothing."""
    connection = HTTPConnection(host, port, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", f"{MOUNTED_AT}/ready")
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        text = f"ne répond pas sur {host}:{port} ({type(error).__name__})"
        yield Finding(Check.MONITOR, Level.BROKEN, text, "monitor")
        return
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        yield Finding(Check.MONITOR, Level.BROKEN, f"dit qu'il n'est pas prêt : {_detail(said)}", "monitor")


def _detail(said: str) -> str:
    try:
        return str(msgspec.json.decode(said)["detail"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return said[:200]
