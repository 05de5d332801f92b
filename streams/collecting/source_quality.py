"""Quality of each source, from its receipts: is it on time, how much of it is rejected, how well is it filled.

Cadence: a daily file for RPU (arrêté of 24 July 2013), the median interval of its last files for any other source.
Rejects are judged by a p-chart: above the mean of the earlier files by 3 standard deviations of a proportion. A field
is poorly filled below the mean of the earlier files less 3 standard deviations (Urgences-Ara/rUrgAra,
R/data_cleaning.R). Both need `FEWEST` earlier files; that number and the 30 files looked at are Vigie's own choice.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import sqrt
from statistics import fmean, median, stdev
from typing import Final

from streams.collecting.delays import quantile, together
from streams.collecting.receipts import FILLED_FIELDS, Receipt
from streams.region.feeds import RPU

LOOKED_AT: Final = 30
FEWEST: Final = 5
DAILY: Final = timedelta(days=1)
_LIMIT: Final = 3
_MEDIAN: Final = 0.5
_NINTH_DECILE: Final = 0.9


class SourceState(StrEnum):
    """How a source stands, worst last."""

    ON_TIME = "on time"
    LATE = "late"
    REJECTING = "rejecting"
    SILENT = "silent"
    NEVER = "never received"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source.

    Rates are proportions of the last file's records; None when it held none, or nothing is known. Delays, in seconds,
    are the median and the ninth decile of the records added by the last `LOOKED_AT` files.
    """

    region: str
    feed: str
    source: str
    state: SourceState
    last_received_at: datetime | None = None
    expected_at: datetime | None = None
    files: int = 0
    reject_rate: float | None = None
    reject_limit: float | None = None
    fill_rates: dict[str, float] = field(default_factory=dict)
    poorly_filled: tuple[str, ...] = ()
    delay_median_s: int | None = None
    delay_p90_s: int | None = None
    is_older: bool = False


Silence = Callable[[str], timedelta]
"""Feed → how long it may stay quiet."""


def statuses(
    receipts: Iterable[Receipt], expected: Iterable[tuple[str, str, str]], now: datetime, silence: Silence
) -> list[SourceStatus]:
    """Return every source heard of, and those expected (région, feed, source) that never sent anything, by name.

    Files refused as a whole say nothing of their source, and messages have none: they are not in it.
    """
    followed = FollowedSources()
    for receipt in receipts:
        followed.add(receipt)
    found = followed.statuses(now, silence)
    heard = {(each.region, each.feed, each.source) for each in found}
    found += [SourceStatus(*key, SourceState.NEVER) for key in expected if key not in heard]
    return sorted(found, key=lambda each: (each.region, each.feed, each.source))


class FollowedSources:
    """The last `LOOKED_AT` files of each source, receipt after receipt."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str, str], deque[Receipt]] = {}

    def add(self, receipt: Receipt) -> bool:
        """Take a receipt into account; return False when it is of no source: refused as a whole, or messages."""
        if receipt.refused or not receipt.feed:
            return False
        key = (receipt.region, receipt.feed, receipt.source)
        self._files.setdefault(key, deque(maxlen=LOOKED_AT)).append(receipt)
        return True

    def statuses(self, now: datetime, silence: Silence) -> list[SourceStatus]:
        """Return how each source heard of stands."""
        return [_status(list(each), now, silence) for each in self._files.values()]


def _status(files: Sequence[Receipt], now: datetime, silence: Silence) -> SourceStatus:
    last = files[-1]
    cadence = _cadence(files)
    expected_at = None if cadence is None else last.received_at + cadence
    rate, limit = _rejects(last, files[:-1])
    delays = together(each.delays for each in files)
    longest = max((each.delay_max_s for each in files if each.delay_max_s is not None), default=None)
    return SourceStatus(
        region=last.region,
        feed=last.feed,
        source=last.source,
        state=_state(now - last.received_at, cadence, silence(last.feed), is_rejecting=_is_beyond(rate, limit)),
        last_received_at=last.received_at,
        expected_at=expected_at,
        files=len(files),
        reject_rate=rate,
        reject_limit=limit,
        fill_rates=_fill_rates(last),
        poorly_filled=_poorly_filled(last, files[:-1]),
        delay_median_s=quantile(delays, _MEDIAN, longest),
        delay_p90_s=quantile(delays, _NINTH_DECILE, longest),
        is_older=last.is_older,
    )


def _state(quiet_for: timedelta, cadence: timedelta | None, silence: timedelta, *, is_rejecting: bool) -> SourceState:
    if quiet_for >= silence:
        return SourceState.SILENT
    if is_rejecting:
        return SourceState.REJECTING
    return SourceState.LATE if cadence is not None and quiet_for > cadence else SourceState.ON_TIME


def _cadence(files: Sequence[Receipt]) -> timedelta | None:
    if files[-1].feed == RPU:
        return DAILY
    gaps = [(after.received_at - before.received_at).total_seconds() for before, after in pairwise(files)]
    return timedelta(seconds=median(gaps)) if len(gaps) >= FEWEST else None


def _rejects(last: Receipt, earlier: Sequence[Receipt]) -> tuple[float | None, float | None]:
    rate = last.quarantined / last.received if last.received else None
    received = sum(each.received for each in earlier)
    if len(earlier) < FEWEST or not received or not last.received:
        return rate, None
    mean = sum(each.quarantined for each in earlier) / received
    return rate, mean + _LIMIT * sqrt(mean * (1 - mean) / last.received)


def _is_beyond(rate: float | None, limit: float | None) -> bool:
    return rate is not None and limit is not None and rate > limit


def _fill_rates(receipt: Receipt) -> dict[str, float]:
    if not receipt.visits:
        return {}
    return {name: receipt.filled.get(name, 0) / receipt.visits for name in FILLED_FIELDS}


def _poorly_filled(last: Receipt, earlier: Sequence[Receipt]) -> tuple[str, ...]:
    now, before = _fill_rates(last), [rates for rates in map(_fill_rates, earlier) if rates]
    if len(before) < FEWEST:
        return ()
    poor = []
    for name, rate in now.items():
        past = [rates[name] for rates in before]
        if rate < fmean(past) - _LIMIT * stdev(past):
            poor.append(name)
    return tuple(poor)
