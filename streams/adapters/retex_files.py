"""What a replay writes: readings and transitions as CSV, effects as JSON lines; each file whole or not at all."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from alerts.effect_codec import encode
from alerts.effects import Effect, PostureChanged
from orsan_plans.reading import Reading
from streams.adapters.whole_file import written_whole

READING_COLUMNS: Final = ("recorded_at", "occurred_on", "territory", "indicator", "value", "unit", "state", "reason")
TRANSITION_COLUMNS: Final = ("recorded_at", "occurred_on", "volet", "rule", "territory", "from", "to", "value")
DECIMALS: Final = 4


def write_readings(path: Path, readings: Sequence[tuple[datetime, Reading]]) -> None:
    """Write the published readings in order of recorded instant; OSError when the file cannot be written."""
    ordered = sorted(readings, key=lambda row: row[0])
    write_csv(path, READING_COLUMNS, (_reading_row(at, reading) for at, reading in ordered))


def write_transitions(path: Path, effects: Iterable[Effect]) -> None:
    """Write the real postures that moved in order of recorded instant; those of exercises are among the effects."""
    real = [effect for effect in effects if isinstance(effect, PostureChanged) and effect.status == "actual"]
    moved = sorted(real, key=lambda each: each.at)
    write_csv(path, TRANSITION_COLUMNS, map(_transition_row, moved))


def write_effects(path: Path, effects: Iterable[Effect]) -> None:
    """Write every effect as one line of canonical JSON, in the order of the fold."""
    with _whole(path) as file:
        for effect in effects:
            file.write(encode(effect).decode() + "\n")


def _reading_row(at: datetime, reading: Reading) -> tuple[str, ...]:
    # A count that misses sources is no measure of the territory: at least so many is still unknown.
    is_known = reading.is_known and not reading.is_lower_bound
    return (
        _instant(at),
        reading.occurred_on.isoformat(),
        reading.territory,
        reading.indicator,
        _number(reading.value) if is_known else "",
        reading.unit,
        "known" if is_known else "unknown",
        "" if is_known else _reason(reading),
    )


def _reason(reading: Reading) -> str:
    if reading.unknown is None:
        return f"absent ({reading.reporting}/{reading.expected}), au moins {_number(reading.value)}"
    return f"{reading.unknown} ({reading.detail})" if reading.detail else str(reading.unknown)


def _transition_row(effect: PostureChanged) -> tuple[str, ...]:
    readings = effect.evidence.readings if effect.evidence else ()
    return (
        _instant(effect.at),
        effect.occurred_on.isoformat(),
        effect.volet,
        effect.rule,
        effect.territory,
        effect.before,
        effect.after,
        _number(readings[0].value) if readings else "",
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table with one line of headings; OSError when the file cannot be written."""
    with _whole(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


@contextmanager
def _whole(path: Path) -> Iterator[IO[str]]:
    with written_whole(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        yield text
        text.detach()
