"""How commands speak to a running Vigie: a message left in the monitor's drop directory, or journaled on Kafka."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import uuid4

import msgspec
import typer
from pydantic import ValidationError

from orsan_plans.geography import REGIONS
from streams import messages
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.topic_admin import TopicAdmin
from streams.entry import Draft, Status
from streams.live.record import fact_id
from streams.messages import Message
from vigie.errors import explained
from vigie.live_settings import live_settings

Drop = Annotated[Path, typer.Option(envvar="VIGIE_DROP", help="Drop directory of the running monitor.")]
Exercise = Annotated[bool, typer.Option("--exercise", help="Within the exercise that is being played.")]
DEFAULT_DROP: Final = Path("var/depot")


def _known(region: str | None) -> str | None:
    if region is not None and region not in REGIONS:
        raise typer.BadParameter(f"unknown région {region!r}; INSEE codes: {', '.join(REGIONS)}")
    return region


Live = Annotated[
    str | None,
    typer.Option(
        "--live",
        metavar="CODE",
        envvar="VIGIE_LIVE",
        callback=_known,
        help="Say it to the live processes instead, in this région's journal on Kafka (INSEE code).",
    ),
]
TheLive = Annotated[
    str,
    typer.Option(
        "--live", metavar="CODE", envvar="VIGIE_LIVE", callback=_known, help="The région (INSEE code) of the journal."
    ),
]


def status_of(*, exercise: bool) -> Status:
    """Return the status of what is said: of an exercise, or of real life."""
    return Status.EXERCISE if exercise else Status.ACTUAL


def say(message: Message, drop: Path, live: str | None, status: Status = Status.ACTUAL) -> None:
    """Say it to the live processes of a région, or to the monitor that watches a directory; exit 2 if unacceptable."""
    if live is None:
        _leave(drop, message, status)
    else:
        journal(live, message, status)


def journal(region: str, message: Message, status: Status = Status.ACTUAL) -> None:
    """Journal a message of a région on Kafka; exit 2 when it is not acceptable, 1 when Kafka is not."""
    draft = Draft(datetime.now(UTC), status, region, *_encoded(message))
    with explained():
        settings = live_settings()
        TopicAdmin(settings.kafka, settings.kafka_replication).ensure_usable()
        with JournalTopic(settings.kafka) as topic:
            # What a person says twice is said twice; what the producer repeats is one fact.
            placed = topic.append([(fact_id(uuid4().hex, draft), draft)])[0]
    typer.echo(f"journaled: {draft.kind} for région {region}, at offset {placed.offset}")


def _leave(drop: Path, message: Message, status: Status) -> None:
    """Drop a message, by rename; exit 1 when there is no such directory."""
    _encoded(message)
    if not drop.is_dir():
        typer.echo(f"vigie: {drop}: no such drop directory; is the monitor running with another --drop?", err=True)
        raise typer.Exit(1)
    with explained():
        left = left_in(drop, message, status, datetime.now(UTC))
    typer.echo(f"left for the monitor: {left}")


def left_in(drop: Path, message: Message, status: Status, now: datetime) -> Path:
    """Leave a message in a drop directory, whole; return the file. OSError, pydantic.ValidationError."""
    kind, payload = messages.encode(message)
    said = {"kind": kind, "occurred_at": now, "status": status.value, "payload": msgspec.Raw(payload)}
    name = f"{now:%Y%m%dT%H%M%S%f}-{kind}.jsonl"
    unfinished = drop / f".{name}"
    unfinished.write_bytes(msgspec.json.encode(said) + b"\n")
    return unfinished.replace(drop / name)


def _encoded(message: Message) -> tuple[str, bytes]:
    try:
        return messages.encode(message)
    except ValidationError as error:
        raise typer.BadParameter("; ".join(each["msg"] for each in error.errors())) from None
