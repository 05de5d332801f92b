"""`vigie run`, the embedded monitor; `vigie ack` and `vigie decide`, which speak to it through its drop directory."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from alerts.adapters.sender import IN_FLIGHT
from alerts.answers import AnswerDecision
from orsan_plans.geography import REGIONS
from orsan_plans.territory import is_territory
from streams.messages.decisions import Acknowledge, DecideVolet
from vigie.errors import explained
from vigie.logs import write_log
from vigie.running import run_until
from vigie.saying import DEFAULT_DROP, Drop, Exercise, Live, say, status_of
from vigie.settings import Settings, chosen
from vigie.stopping import interrupted


def run(  # noqa: PLR0913, PLR0917 - one parameter per option
    region: Annotated[str | None, typer.Option(metavar="CODE", help="INSEE code of the région watched.")] = None,
    journal: Annotated[Path | None, typer.Option(metavar="J.db", help="The journal; made when it is missing.")] = None,
    drop: Annotated[Path | None, typer.Option(metavar="DIR", help="Directory watched for files.")] = None,
    roster: Annotated[Path | None, typer.Option(metavar="FILE", help="Astreinte tableau (YAML).")] = None,
    plans: Annotated[Path | None, typer.Option(metavar="DIR", help="Plan files; the shipped ones without it.")] = None,
    pseudonym_keys: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Secrets of the pseudonyms; made beside the journal without it.")
    ] = None,
    ror_directory: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Places and codes of the bed feeds, as the région knows them.")
    ] = None,
    keep_days: Annotated[
        int | None,
        typer.Option(min=0, max=3650, metavar="DAYS", help="How long dropped files and quarantined bytes are kept."),
    ] = None,
    keep_texts_days: Annotated[
        int | None,
        typer.Option(min=0, max=36_500, metavar="DAYS", help="How long the texts of messages sent are kept."),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address the pages and metrics are served on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Its port; 0 takes a free one.")] = None,
    link_base: Annotated[str | None, typer.Option(metavar="URL", help="Public address of the pages.")] = None,
    heartbeat_minutes: Annotated[
        int | None, typer.Option(min=1, max=1440, help="How often the whole chain is proved to VIGIE_HEARTBEAT.")
    ] = None,
    link_keys: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Secrets of the links; made beside the journal without it.")
    ] = None,
    link_hours: Annotated[
        int | None, typer.Option(min=1, max=168, metavar="HOURS", help="How long a link may be answered with.")
    ] = None,
    proxies: Annotated[
        str | None, typer.Option(metavar="ADDRESSES", help="Proxies whose headers are believed, by commas.")
    ] = None,
    identity_header: Annotated[
        str | None, typer.Option(metavar="NAME", help="Header in which these proxies say who reads the pages.")
    ] = None,
) -> None:
    """Watch: read dropped files, judge, call, and serve metrics and pages, until interrupted.

    Every option can be set as VIGIE_<OPTION> in the environment.
    """
    settings = chosen(
        region=region, journal=journal, drop=drop, roster=roster, plans=plans, pseudonym_keys=pseudonym_keys,
        ror_directory=ror_directory, keep_days=keep_days, keep_texts_days=keep_texts_days, host=host, port=port,
        link_base=link_base, heartbeat_minutes=heartbeat_minutes, link_keys=link_keys, link_hours=link_hours,
        proxies=proxies, identity_header=identity_header,
    )  # fmt: skip
    if settings.region not in REGIONS:
        raise typer.BadParameter(f"unknown région {settings.region!r}; INSEE codes: {', '.join(REGIONS)}")
    write_log()
    _watch(settings, interrupted())


def _watch(settings: Settings, stop: threading.Event) -> None:
    executor = ThreadPoolExecutor(max_workers=IN_FLIGHT, thread_name_prefix="vigie-send")
    try:
        with explained():
            is_quiet = run_until(stop, settings, executor)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
    if not is_quiet:
        _exit_now()


def _exit_now() -> NoReturn:
    """End without waiting for the threads of a channel that does not answer; the journal is closed already."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def ack(  # noqa: PLR0913 - one parameter per option
    alerts: Annotated[
        list[str], typer.Argument(metavar="ALERT...", help="Ids of the alerts, as their pages show them.")
    ],
    by: Annotated[str, typer.Option(help="Who answers.")],
    decision: Annotated[
        AnswerDecision,
        typer.Option(help="Take it, hand it on to the next person, call it a false alarm, or keep watching."),
    ] = AnswerDecision.TAKE,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    person: Annotated[str, typer.Option(metavar="ID", help="Their id in the roster, if their name is not in it.")] = "",
    *,
    exercise: Exercise = False,
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
) -> None:
    """Answer alerts: their calls stop, or go on with the next person when they are handed on.

    The running monitor reads the answers from its drop directory.
    """
    for alert in alerts:
        said = Acknowledge(alert, by, "vigie ack", decision, reason, person)
        say(said, drop, live, status_of(exercise=exercise))


def decide(  # noqa: PLR0913 - one parameter per option
    decision: Annotated[
        Literal["proposer", "activer", "lever"],
        typer.Argument(help="Propose to activate the volet, activate or lift it."),
    ],
    volet: Annotated[str, typer.Argument(help="The ORSAN volet, as the plans name it.")],
    territory: Annotated[str, typer.Argument(help="DEP-44, REG-52…")],
    author: Annotated[str, typer.Option(help="The authority who decided, or who proposes.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    *,
    exercise: Exercise = False,
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
) -> None:
    """Record a decision of the authority on an ORSAN volet: the only way to ACTIVATION, and back.

    A proposal moves nothing: it is shown to the authority.
    """
    if not is_territory(territory):
        raise typer.BadParameter(f"{territory!r} is not a territory such as DEP-44 or REG-52", param_hint="TERRITORY")
    say(DecideVolet(volet, territory, decision, author, reason), drop, live, status_of(exercise=exercise))
