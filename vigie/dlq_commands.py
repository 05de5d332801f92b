"""`vigie dlq`: what an agent could not handle, and sending it again."""

from typing import Annotated, Final

import typer

from streams.adapters.dead_letters import DeadLetter, DeadLetters, dead_letters
from streams.adapters.raw_topics import RECEIPT_HEADER
from streams.adapters.topic_sender import Message, TopicSender
from streams.live.record import ID_HEADER
from streams.live.topics import EFFECTS, JOURNAL, partition_of
from vigie.errors import explained
from vigie.live_settings import live_settings

app = typer.Typer(help="Look at what an agent could not handle, and send it again.", no_args_is_help=True)

_BY_REGION: Final = (JOURNAL, EFFECTS)
_OF_THE_FIRST_TIME: Final = (ID_HEADER, RECEIPT_HEADER)


@app.callback()
def _dlq() -> None:
    """Look at what an agent could not handle, and send it again."""


@app.command("list")
def list_() -> None:
    """Show what was set aside: where it was read, why it was given up. Its content is not shown: it may name people."""
    with explained():
        found = list(dead_letters(live_settings().kafka))
    if not found:
        typer.echo("nothing was set aside")
        return
    for each in found:
        typer.echo(_line(each))


def _line(letter: DeadLetter) -> str:
    again = "  (sent again)" if letter.is_requeued else ""
    where = f"{letter.topic} {letter.key}@{letter.offset}"
    return f"{letter.number}  {letter.set_aside_at:%Y-%m-%d %H:%M:%S}Z  {where}  {letter.reason}{again}"


@app.command()
def requeue(numbers: Annotated[list[int], typer.Argument(metavar="NO...", help="Numbers shown by list.")]) -> None:
    """Send messages again to the topic they were read from; exit 1 when one is not there, nothing being sent."""
    with explained():
        access = live_settings().kafka
        known = {each.number: each for each in dead_letters(access)}
        missing = [str(number) for number in numbers if number not in known]
        if missing:
            typer.echo(
                f"vigie: nothing was set aside under {', '.join(missing)}: `vigie dlq list` shows them", err=True
            )
            raise typer.Exit(1)
        with TopicSender(access) as sender:
            for number in numbers:
                sender.send(known[number].topic, [_again(known[number])])
                DeadLetters(sender).mark_requeued(number)
                typer.echo(f"{number} sent again to {known[number].topic}")


def _again(letter: DeadLetter) -> Message:
    partition = partition_of(letter.key) if letter.topic in _BY_REGION else None
    # Under its own id it would be a repeat, under its own receipt a file collected before: nothing.
    headers = tuple((name, value) for name, value in letter.headers if name not in _OF_THE_FIRST_TIME)
    return Message(letter.key, letter.value, headers, partition)
