"""The ``vigie`` command. Exit codes: 0 done, 1 the input or the check failed, 2 wrong usage."""

import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from vigie import (
    api_commands,
    astreinte_commands,
    audit_commands,
    auditor_commands,
    burden_command,
    database_commands,
    demo_command,
    dlq_commands,
    exercise_commands,
    feeds_commands,
    health_commands,
    ingest_commands,
    journal_commands,
    keys_commands,
    maintenance_commands,
    notifier_commands,
    plans_commands,
    quarantine_commands,
    releve_commands,
    retex_commands,
    roster_commands,
    run_commands,
    signal_commands,
    silence_commands,
    topics_commands,
    worker_commands,
)

app = typer.Typer(
    help="Vigie watches the health system of a French region: measures, ORSAN postures, alerts, retex.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(plans_commands.app, name="plans")
app.add_typer(journal_commands.app, name="journal")
app.add_typer(retex_commands.app, name="retex")
app.add_typer(feeds_commands.app, name="feeds")
app.add_typer(quarantine_commands.app, name="quarantine")
app.add_typer(keys_commands.app, name="keys")
app.add_typer(topics_commands.app, name="topics")
app.add_typer(dlq_commands.app, name="dlq")
app.add_typer(database_commands.app, name="database")
app.add_typer(signal_commands.app, name="signal")
app.add_typer(roster_commands.app, name="roster")
app.add_typer(silence_commands.app, name="silence")
app.add_typer(maintenance_commands.app, name="maintenance")
app.command("burden")(burden_command.burden)
app.add_typer(astreinte_commands.app, name="astreinte")
app.add_typer(audit_commands.app, name="audit")
app.add_typer(exercise_commands.app, name="exercise")
app.add_typer(releve_commands.app, name="releve")
app.command("ingest")(ingest_commands.ingest)
app.command("run")(run_commands.run)
app.command("ack")(run_commands.ack)
app.command("decide")(run_commands.decide)
app.command("api")(api_commands.api)
app.command("worker")(worker_commands.worker)
app.command("notifier")(notifier_commands.notifier)
app.command("auditor")(auditor_commands.auditor)
app.command("health")(health_commands.health)
app.command("demo")(demo_command.demo)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"vigie {version('vigie')}")
        raise typer.Exit


@app.callback()
def _common(
    _: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")] = (
        False
    ),
) -> None:
    """Event-driven monitor of health crises for a French Agence régionale de santé."""


def main() -> None:
    """Entry point of the ``vigie`` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that lacks a letter, or a file name that is no UTF-8, must not stop a command.
            stream.reconfigure(errors="backslashreplace")
    app()
