"""`vigie topics`: the Kafka topics of the live processes."""

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.adapters.topic_admin import TopicAdmin
from streams.live.topic_checks import Complaint, FoundTopic
from streams.live.topics import TOPICS, required_config
from vigie.errors import explained
from vigie.live_settings import live_settings

app = typer.Typer(
    help="Make, check and describe the Kafka topics. Settings: VIGIE_KAFKA_* variables, or the file VIGIE_SETTINGS.",
    no_args_is_help=True,
)


@app.command()
def create() -> None:
    """Make the topics that are missing, then check all of them. Those that exist are never changed."""
    with explained():
        admin = _admin()
        made = admin.create()
        for name in TOPICS:
            typer.echo(f"{name}: {'made' if name in made else 'is there already'}")
        _tell(admin.check())


@app.command()
def check() -> None:
    """Hold every topic against what it must be; for each difference, print the command that mends it."""
    with explained():
        _tell(_admin().check())
    typer.echo(f"{len(TOPICS)} topics, as they must be")


@app.command()
def describe() -> None:
    """Show the topics as they are: partitions, copies, and the settings that matter to Vigie."""
    with explained():
        found = _admin().describe()
    table = Table("topic", "partitions", "replication", "settings")
    for name in TOPICS:
        table.add_row(*map(Text, _cells(name, found.get(name))))
    # A narrow terminal, or none, must not cut a setting short.
    Console(width=max(120, Console().width)).print(table)


def _admin() -> TopicAdmin:
    settings = live_settings()
    return TopicAdmin(settings.kafka, settings.kafka_replication)


def _tell(complaints: list[Complaint]) -> None:
    for complaint in complaints:
        typer.echo(str(complaint), err=True)
    if complaints:
        typer.echo(f"vigie: {len(complaints)} setting(s) to mend, a command under each", err=True)
        raise typer.Exit(1)


def _cells(name: str, found: FoundTopic | None) -> tuple[str, ...]:
    if found is None:
        return name, "-", "-", "does not exist: vigie topics create"
    names = sorted(required_config(TOPICS[name], found.replication))
    settings = "\n".join(f"{each}={found.config.get(each, 'unknown')}" for each in names)
    return name, str(found.partitions), str(found.replication), settings
