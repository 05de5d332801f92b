"""The demo: a scenario played at high speed through the real embedded monitor, on the scenario's own clock."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final, TypeVar

from alerts.channel import Outcome
from alerts.effects import AlertRaised, Effect, EntryRejected, Notify, NotSent, PostureChanged
from alerts.links import LinkKeys
from alerts.wording import Message
from streams.adapters.sqlite_journal import SqliteJournal
from streams.collecting.receipts import Receipt
from streams.entry import Head, combined_digest
from streams.messages.decisions import Acknowledge
from streams.messages.reference import RosterVersion
from streams.monitor import Committed
from streams.replay import replay
from streams.synthetic.oscour_files import TimedFile
from vigie.demo_depot import Depot
from vigie.demo_scenarios import Arrival, Scenario
from vigie.embedded import Embedded
from vigie.past import catalogue_message
from vigie.stage import Answer, AtOnce, Cast, StageChannel, roster

T = TypeVar("T")

LINK_BASE: Final = "http://127.0.0.1:8044"


@dataclass(slots=True)
class Totals:
    """What the ending table says."""

    entries: int = 0
    postures: Counter[str] = field(default_factory=Counter)
    alerts: int = 0
    ordered: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    non_sends: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    answers: int = 0
    files: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)

    def add(self, effect: Effect) -> None:
        """Count one effect."""
        match effect:
            case PostureChanged():
                self.postures[effect.after] += 1
            case AlertRaised():
                self.alerts += 1
            case Notify():
                self.ordered[effect.purpose] += 1
            case NotSent():
                self.non_sends[effect.reason] += 1
            case EntryRejected():
                self.rejected += 1
            case _:
                pass

    def count(self, receipt: Receipt) -> None:
        """Count what became of a file."""
        self.files["refused" if receipt.refused else "collected"] += 1
        self.files["older"] += receipt.is_older
        for name in ("received", "accepted", "duplicates", "quarantined", "journaled", "corrected", "removed"):
            self.records[name] += getattr(receipt, name)


@dataclass(frozen=True, slots=True)
class Ending:
    """How the play ended: totals, the live heads and those of a replay of the same journal."""

    totals: Totals
    live: tuple[Head, ...]
    replayed: tuple[Head, ...]
    embedded: Embedded

    @property
    def digest(self) -> str:
        """The live digest."""
        return combined_digest(list(self.live))

    @property
    def replay_digest(self) -> str:
        """The replay's digest."""
        return combined_digest(list(self.replayed))


class Spectator:
    """What a screen may be told while the play goes on; this one shows nothing."""

    def tick(self, now: datetime) -> None:
        """Note that the scenario's clock moved."""

    def told(self, at: datetime, sentence: str) -> None:
        """Note what happens in the scenario."""

    def effect(self, region: str, effect: Effect) -> None:
        """Note a decision that was committed."""

    def sent(self, at: datetime, contact: str, message: Message, outcome: Outcome) -> None:
        """Note a message handed to a person, or refused by the channel."""

    def answered(self, answer: Answer, name: str) -> None:
        """Note that somebody answered."""

    def collected(self, at: datetime, receipt: Receipt) -> None:
        """Note what became of a dropped file."""


def play(
    scenario: Scenario,
    journal: SqliteJournal,
    seed: int,
    spectator: Spectator,
    depot: Path | None = None,
    links: LinkKeys | None = None,
) -> Ending:
    """Play a scenario to its end and replay its journal; its files, if any, are dropped in ``depot``."""
    totals = Totals()
    clock = _Clock(scenario.arrivals[0].at)
    cast = Cast(Random(seed))  # noqa: S311 - a seeded play, not a secret

    def committed(commit: Committed) -> None:
        totals.entries += len(commit.entries)
        for effect in commit.effects:
            totals.add(effect)
            spectator.effect(commit.region, effect)
            if isinstance(effect, Notify):
                cast.called(commit.region, effect, clock.now)

    def seen(contact: str, message: Message, outcome: Outcome) -> None:
        totals.attempts[outcome.delivery] += 1
        spectator.sent(clock.now, contact, message, outcome)

    channel = StageChannel(Random(seed + 1), seen)  # noqa: S311 - as above
    embedded = Embedded(journal, channel, AtOnce(), LINK_BASE, committed, links=links)
    _open(embedded, scenario, clock.now)
    witness = _Files(clock, spectator, totals)
    take = _nowhere if depot is None else Depot(depot, embedded, scenario.regions[0], witness).receive
    _Play(embedded, scenario, cast, clock, spectator, totals, take).run()
    embedded.monitor.save()
    live = journal.heads()
    again = [replay(head.region, journal.entries(head.region), head.advanced_to).head for head in live]
    return Ending(totals, tuple(live), tuple(again), embedded)


@dataclass(slots=True)
class _Clock:
    now: datetime


class NotTaken(ValueError):
    """A file of a scenario could not even be recognised: the scenario is wrong, or Vigie is."""


def _nowhere(file: TimedFile, _now: datetime) -> None:
    raise NotTaken(f"{file.name}: this scenario drops files: it needs a depot")


@dataclass(frozen=True, slots=True)
class _Files:
    """Counts and shows what became of the files that were dropped."""

    clock: _Clock
    spectator: Spectator
    totals: Totals

    def collected(self, receipt: Receipt, kept: Path) -> None:  # noqa: ARG002 - the receipt names the file
        self.totals.count(receipt)
        self.spectator.collected(self.clock.now, receipt)

    def rejected(self, kept: Path, reason: str) -> None:
        raise NotTaken(f"{kept}: {reason}")

    def failed(self, error: Exception) -> None:
        raise error


def _open(embedded: Embedded, scenario: Scenario, now: datetime) -> None:
    for region in scenario.regions:
        embedded.say(region, catalogue_message(scenario.catalogue), now)
        tableau = roster(region)
        embedded.say(region, RosterVersion(tableau.sha256, tableau.content), now)


@dataclass(slots=True)
class _Play:
    """Moves the scenario's clock from one thing to do to the next."""

    embedded: Embedded
    scenario: Scenario
    cast: Cast
    clock: _Clock
    spectator: Spectator
    totals: Totals
    take: Callable[[TimedFile, datetime], None]

    def run(self) -> None:
        arrivals, told = list(reversed(self.scenario.arrivals)), list(reversed(self.scenario.told))
        while True:
            now = self._next(arrivals, told)
            if now > self.scenario.ends_at:
                break
            self.clock.now = max(now, self.clock.now)
            self.spectator.tick(self.clock.now)
            self._drain(told, lambda each: each[0], lambda each: self.spectator.told(*each))
            self._drain(arrivals, lambda each: each.at, self._receive)
            self._answer()
            self.embedded.turn(self.clock.now)
        self.clock.now = self.scenario.ends_at
        self.embedded.turn(self.clock.now)

    def _next(self, arrivals: Sequence[Arrival | TimedFile], told: Sequence[tuple[datetime, str]]) -> datetime:
        due = self.embedded.next_due()
        candidates: Iterable[datetime | None] = (
            arrivals[-1].at if arrivals else None,
            told[-1][0] if told else None,
            min((answer.at for answer in self.cast.answers), default=None),
            self.clock.now if self.embedded.sender.futures else None,
            due,
        )
        return min((each for each in candidates if each is not None), default=datetime.max.replace(tzinfo=UTC))

    def _drain(self, items: list[T], at: Callable[[T], datetime], act: Callable[[T], None]) -> None:
        while items and at(items[-1]) <= self.clock.now:
            act(items.pop())

    def _receive(self, arrival: Arrival | TimedFile) -> None:
        if isinstance(arrival, TimedFile):
            self.take(arrival, self.clock.now)
        else:
            self.embedded.receive(arrival.drafts, self.clock.now)

    def _answer(self) -> None:
        due = sorted(
            (answer for answer in self.cast.answers if answer.at <= self.clock.now),
            key=lambda answer: (answer.at, answer.alert_id, answer.by),
        )
        self.cast.answers = [answer for answer in self.cast.answers if answer.at > self.clock.now]
        for answer in due:
            alert = self.embedded.board.alert(answer.alert_id)
            if alert is None or not alert.is_open or alert.is_acknowledged:
                continue
            person = roster(answer.region).person(answer.by)
            acknowledge = Acknowledge(answer.alert_id, answer.by, "démo")
            self.embedded.say(answer.region, acknowledge, self.clock.now, answer.status)
            self.totals.answers += 1
            self.spectator.answered(answer, person.name if person else answer.by)
