"""Open data of the COVID waves, decoded: SurSaUD visits, SI-VIC stocks and incidents, SAE beds.

What cannot be read refuses the whole import, with one `OpenDataError` naming file and line; a row that no
région can claim is set aside with its bytes. An empty cell is unknown (None) and a day without a row gives no entry.
Sources: Santé publique France and DREES files on data.gouv.fr, Licence Ouverte 2.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from orsan_plans.territory import code_of, region_of
from streams.entry import Draft, Status
from streams.messages import encode
from streams.messages.feeds import DailyFigures
from streams.messages.reference import ReferenceBeds
from streams.opendata.layouts import LAYOUTS, Layout
from streams.opendata.rows import OpenDataError, Row, age_of, count_of, day_of, reason_to_set_aside, rows

_PARIS: Final = ZoneInfo("Europe/Paris")

SURVEY_DAY: Final = date(2018, 12, 31)
"""The day the SAE 2018 beds are dated from; that it is the year's last day is Vigie's own choice."""

Figures = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row no région can claim: ``line`` counts from 1, ``raw`` is its bytes as read."""

    source: str
    line: int
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """A message and where it comes from: the line of its first row and the number of rows it holds."""

    message: DailyFigures | ReferenceBeds
    line: int
    rows: int


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """One file: ``received`` rows = the rows of ``decoded`` + ``set_aside``."""

    source: str
    layout: Layout
    received: int
    decoded: tuple[Decoded, ...]
    set_aside: tuple[SetAside, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A draft and when the journal is to record it; ``rows`` is how many rows of a file it holds."""

    recorded_at: datetime
    draft: Draft
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Import:
    """What several files give, in order of ``recorded_at``.

    ``received`` rows = rows of ``records`` + ``set_aside`` + ``elsewhere`` (rows of other régions).
    """

    records: tuple[Record, ...]
    set_aside: tuple[SetAside, ...]
    received: int
    elsewhere: int = 0


@dataclass(slots=True)
class _Group:
    """The rows of one territory and day: one per age class in SurSaUD, one alone elsewhere."""

    line: int
    figures: Figures
    classes: list[str] = field(default_factory=list)


def decode_file(format_: str, source: str, data: bytes) -> DecodedFile:
    """Decode the bytes of one file; OpenDataError names ``source``, KeyError is for an unknown format."""
    layout = LAYOUTS[format_]
    groups: dict[tuple[str, date], _Group] = {}
    set_aside: list[SetAside] = []
    received = 0
    for received, row in enumerate(rows(source, data, layout), start=1):  # noqa: B007 (its last value is used)
        if reason := reason_to_set_aside(row):
            set_aside.append(SetAside(source, row.line, row.text.encode(), reason))
        else:
            _add(groups, layout, row)
    if not received:
        raise OpenDataError(source, 1, "the file holds no row after its header: nothing to import")
    decoded = tuple(
        Decoded(_message(layout, *key, group.figures), group.line, len(group.classes)) for key, group in groups.items()
    )
    return DecodedFile(source, layout, received, decoded, tuple(set_aside))


def assemble(files: Sequence[DecodedFile], region: str | None = None) -> Import:
    """Merge decoded files, keeping one région or all of them.

    Reference beds are recorded one second before the import's first figures, whichever région is kept. The
    order is by instant, then beds, visits, stocks, incidents, then territory. OpenDataError when two files
    give the same figures.
    """
    _refuse_overlap(files)
    ordered = sorted(
        (
            (_day(item.message), file.layout.rank, item.message.territory, item)
            for file in files
            for item in file.decoded
        ),
        key=lambda sortable: sortable[:3],
    )
    items = [item for *_, item in ordered]
    kept = [item for item in items if region in (None, _region_of(item.message))]
    before = _before_the_figures(items)
    return Import(
        records=tuple(_record(item, before) for item in kept),
        set_aside=tuple(row for file in files for row in file.set_aside),
        received=sum(file.received for file in files),
        elsewhere=sum(item.rows for item in items) - sum(item.rows for item in kept),
    )


@lru_cache(maxsize=4096)
def end_of_day(day: date) -> datetime:
    """Return the instant (UTC) a day ends in metropolitan France: when its figures occurred."""
    return datetime.combine(day + timedelta(days=1), time(), _PARIS).astimezone(UTC)


@lru_cache(maxsize=4096)
def recorded_at(day: date) -> datetime:
    """Return when a day's figures are recorded (UTC): 04:00 Europe/Paris the next day.

    The deadline RPU files have for the day before (arrêté of 24 July 2013), applied to every open-data feed.
    """
    return datetime.combine(day + timedelta(days=1), time(4), _PARIS).astimezone(UTC)


def _add(groups: dict[tuple[str, date], _Group], layout: Layout, row: Row) -> None:
    territory = f"{row.shape.prefix}-{row.cells[row.shape.territory]}"
    day = day_of(row, layout.day) if layout.day else SURVEY_DAY
    age = age_of(row, layout.age, layout.ages) if layout.age else "0"
    group = groups.get((territory, day))
    if group is None:
        group = groups[territory, day] = _Group(row.line, dict.fromkeys(layout.always))
    if age in group.classes:
        what = f"{territory}{f' {day}' if layout.day else ''}{f' age {age}' if layout.age else ''}"
        raise OpenDataError(row.source, row.line, f"{what} is given twice: its rows start on line {group.line}")
    group.classes.append(age)
    group.figures.update(_figures(layout, row, "" if age == "0" else f"_{age}"))


def _figures(layout: Layout, row: Row, suffix: str) -> Figures:
    # Sex columns are mostly empty: left out they are as unknown as None, in far fewer bytes.
    return {
        key + suffix: count_of(row, column)
        for column, key in layout.figures.items()
        if column not in layout.detail or row.cells[column]
    }


def _message(layout: Layout, territory: str, day: date, figures: Figures) -> DailyFigures | ReferenceBeds:
    if layout.day is None:
        return ReferenceBeds(territory, layout.feed, figures)
    return DailyFigures(layout.feed, territory, day, figures)


def _day(message: DailyFigures | ReferenceBeds) -> date:
    return message.day if isinstance(message, DailyFigures) else date.min


def _region_of(message: DailyFigures | ReferenceBeds) -> str:
    code = code_of(message.territory)
    return code if message.territory.startswith("REG-") else region_of(code)


def _before_the_figures(items: Sequence[Decoded]) -> datetime:
    first = next((item.message.day for item in items if isinstance(item.message, DailyFigures)), None)
    return recorded_at(SURVEY_DAY) if first is None else recorded_at(first) - timedelta(seconds=1)


def _refuse_overlap(files: Sequence[DecodedFile]) -> None:
    given: dict[tuple[str, str, date], str] = {}
    for file in files:
        for item in file.decoded:
            key = (file.layout.feed, item.message.territory, _day(item.message))
            if key in given:
                already = f"{item.message.territory} is already given by {given[key]} for the same day"
                raise OpenDataError(file.source, item.line, f"{already}: import one of the two files")
            given[key] = file.source


def _record(item: Decoded, before: datetime) -> Record:
    message = item.message
    if isinstance(message, DailyFigures):
        instant, occurred_at = recorded_at(message.day), end_of_day(message.day)
    else:
        instant, occurred_at = before, min(before, end_of_day(SURVEY_DAY))
    kind, payload = encode(message)
    return Record(instant, Draft(occurred_at, Status.ACTUAL, _region_of(message), kind, payload), item.rows)
