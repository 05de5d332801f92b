"""Leaving a message for the running monitor, in its drop directory: how commands speak to it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from pydantic import ValidationError

from streams import messages
from streams.entry import Status
from streams.messages import Message
from vigie.errors import explained

Drop = Annotated[Path, typer.Option(envvar="VIGIE_DROP", help="Drop directory of the running monitor.")]
DEFAULT_DROP: Final = Path("var/depot")


def leave(drop: Path, message: Message, status: Status = Status.ACTUAL) -> None:
    """Drop a message, by rename; exit 2 when it is not acceptable, 1 when there is no such directory."""
    try:
        kind, payload = messages.encode(message)
    except ValidationError as error:
        raise typer.BadParameter("; ".join(each["msg"] for each in error.errors())) from None
    if not drop.is_dir():
        typer.echo(f"vigie: {drop}: no such drop directory; is the monitor running with another --drop?", err=True)
        raise typer.Exit(1)
    now = datetime.now(UTC)
    said = {"kind": kind, "occurred_at": now, "status": status.value, "payload": msgspec.Raw(payload)}
    name = f"{now:%Y%m%dT%H%M%S%f}-{kind}.jsonl"
    with explained():
        unfinished = drop / f".{name}"
        unfinished.write_bytes(msgspec.json.encode(said) + b"\n")
        unfinished.replace(drop / name)
    typer.echo(f"left for the monitor: {drop / name}")
