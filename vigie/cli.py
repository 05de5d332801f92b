"""The ``vigie`` command. Exit codes: 0 done, 1 the input or the check failed, 2 wrong usage."""

import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated, Final

import typer

COMMANDS: Final = {
    "plans": ("plans_commands", "app"),
    "journal": ("journal_commands", "app"),
    "retex": ("retex_commands", "app"),
    "feeds": ("feeds_commands", "app"),
    "quarantine": ("quarantine_commands", "app"),
    "keys": ("keys_commands", "app"),
    "topics": ("topics_commands", "app"),
    "dlq": ("dlq_commands", "app"),
    "database": ("database_commands", "app"),
    "signal": ("signal_commands", "app"),
    "roster": ("roster_commands", "app"),
    "silence": ("silence_commands", "app"),
    "maintenance": ("maintenance_commands", "app"),
    "burden": ("burden_command", "burden"),
    "astreinte": ("astreinte_commands", "app"),
    "audit": ("audit_commands", "app"),
    "exercise": ("exercise_commands", "app"),
    "releve": ("releve_commands", "app"),
    "ingest": ("ingest_commands", "ingest"),
    "run": ("run_commands", "run"),
    "ack": ("run_commands", "ack"),
    "decide": ("run_commands", "decide"),
    "api": ("api_commands", "api"),
    "worker": ("worker_commands", "worker"),
    "notifier": ("notifier_commands", "notifier"),
    "auditor": ("auditor_commands", "auditor"),
    "health": ("health_commands", "health"),
    "demo": ("demo_command", "demo"),
}
"""By name: the module of this package, and the command or the group of commands in it."""


def application(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the command line with these commands."""
    made = typer.Typer(
        help="Vigie watches the health system of a French region: measures, ORSAN postures, alerts, retex.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    made.callback()(_common)
    for name in names:
        module, member = COMMANDS[name]
        found = getattr(import_module(f"vigie.{module}"), member)
        if isinstance(found, typer.Typer):
            made.add_typer(found, name=name)
        else:
            made.command(name)(found)
    return made


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"vigie {version('vigie')}")
        raise typer.Exit


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
    # Of all commands only the one that is asked for is imported: the others would take seconds of who answers an alert.
    asked = [name for name in sys.argv[1:2] if name in COMMANDS]
    application(asked or COMMANDS)()
