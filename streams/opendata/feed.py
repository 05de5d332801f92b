"""Open-data files as a feed: each territory's figures of a day are one record, compared with those already given.

A file says nothing of when it was extracted: it is dated from its last day, so that an older edition of the same file
never undoes a newer one. Territories of other régions are left out and counted.
"""

from collections.abc import Iterator
from datetime import date
from typing import BinaryIO, Final

from orsan_plans.territory import code_of, region_of
from streams.collecting import feed_json
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused, UnreadableFeed
from streams.messages.feeds import DailyFigures
from streams.messages.reference import ReferenceBeds
from streams.opendata.importing import SURVEY_DAY, DecodedFile, decode_file, end_of_day, recorded_at
from streams.opendata.rows import OpenDataError

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file, Vigie's own choice: the largest one published holds 3 MB."""


def decode(format_: str, stream: BinaryIO, source_name: str, context: Context) -> Decoding:
    """Decode a file of one of `streams.opendata.layouts.FORMATS`; UnreadableFeed names its first bad line."""
    data = feed_json.read_bytes(stream, source_name, LARGEST)
    try:
        file = decode_file(format_, source_name, data)
    except OpenDataError as error:
        raise UnreadableFeed(str(error)) from None
    messages = [item.message for item in file.decoded]
    here = sorted((each for each in messages if _region_of(each) == context.region), key=_order)
    last = max(map(day_of, messages), default=SURVEY_DAY)
    manifest = Manifest(file.layout.feed, format_, recorded_at(last), elsewhere=len(messages) - len(here))
    return Decoding(manifest, _items(here, file))


def day_of(message: DailyFigures | ReferenceBeds) -> date:
    """Return the day figures are of; reference beds are of their survey's."""
    return message.day if isinstance(message, DailyFigures) else SURVEY_DAY


def _items(messages: list[DailyFigures | ReferenceBeds], file: DecodedFile) -> Iterator[Accepted | Refused]:
    for message in messages:
        day = day_of(message)
        yield Accepted(message, end_of_day(day), f"{message.territory}/{day}", day)
    for row in file.set_aside:
        yield Refused(row.line, row.raw, row.reason)


def _order(message: DailyFigures | ReferenceBeds) -> tuple[date, str]:
    return day_of(message), message.territory


def _region_of(message: DailyFigures | ReferenceBeds) -> str:
    code = code_of(message.territory)
    return code if message.territory.startswith("REG-") else region_of(code)
