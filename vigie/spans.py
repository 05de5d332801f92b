"""Instants and durations as they are written on the command line."""

from datetime import UTC, datetime, timedelta

import typer

from orsan_plans.fields import parse_duration


def read_duration(text: str) -> timedelta:
    """Read ``30 min``, ``2 h`` or ``1 j``; a BadParameter for anything else."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def read_instant(text: str | None) -> datetime:
    """Read an instant with its time zone, the present when there is none; a BadParameter for anything else."""
    if text is None:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an instant such as 2026-01-14T22:00+01:00") from None
    if instant.tzinfo is None:
        raise typer.BadParameter(f"{text!r} lacks its time zone: write it as 2026-01-14T22:00+01:00")
    return instant.astimezone(UTC)
