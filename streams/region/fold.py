"""The working parts of one region's fold: its state, the rules in force derived from it, and one turn's effects."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from heapq import heappush
from zoneinfo import ZoneInfo

from alerts.astreinte import Roster
from alerts.book import Desk
from alerts.effects import Effect
from orsan_plans.catalogue import Catalogue
from orsan_plans.geography import REGIONS
from orsan_plans.reading import Reading
from orsan_plans.territory import Level, code_of, level_of, name_of
from streams.entry import Status
from streams.messages.reference import Etablissement
from streams.region.rules_in_force import RulesInForce
from streams.region.state import Due, RegionState, World
from streams.region.watches import Watched

Observer = Callable[[datetime, Status, Reading], None]
"""Told of every reading that is published: recorded instant, status, reading. It sees; it decides nothing."""


@lru_cache(maxsize=64)  # one instant is asked about by every reading of its turn
def _local_date(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


@dataclass(slots=True)
class Fold:
    """A region's state with what is derived from it: parsed plans, roster, rules in force, passage watches."""

    state: RegionState
    catalogue: Catalogue | None = None
    roster: Roster | None = None
    rules: RulesInForce = field(default_factory=RulesInForce)
    watches: dict[tuple[Status, str], Watched] = field(default_factory=dict)
    territory: str = field(init=False)
    """The region itself, as a territory."""
    departements: frozenset[str] = field(init=False)
    """The INSEE codes of the région's départements."""

    zone: ZoneInfo = field(init=False)
    """The région's time zone."""
    wider: dict[str, tuple[str, ...]] = field(init=False)
    """What a declared establishment lies in, by territory: each alert and each message of a storm asks for it."""

    def __post_init__(self) -> None:
        self.territory = f"REG-{self.state.region}"
        self.zone = ZoneInfo(REGIONS[self.state.region].time_zone)
        self.departements = frozenset(REGIONS[self.state.region].departements)
        self.declare(self.state.etablissements)

    def today(self, now: datetime) -> date:
        """Return the region's local date."""
        return _local_date(now, self.zone)

    def declare(self, etablissements: dict[str, Etablissement]) -> None:
        """Replace the région's establishments, by FINESS number."""
        self.state.etablissements = etablissements
        self.wider = {
            f"ETAB-{finess}": (f"DEP-{declared.departement}", self.territory, "FR")
            for finess, declared in etablissements.items()
        }

    def departement_of(self, etablissement: str) -> str | None:
        """Return the département of a declared establishment, as a territory."""
        declared = self.state.etablissements.get(code_of(etablissement))
        return f"DEP-{declared.departement}" if declared else None

    def ancestors(self, territory: str) -> tuple[str, ...]:
        """Return the wider territories a territory lies in, nearest first."""
        declared = self.wider.get(territory)
        if declared is not None:
            return declared
        match level_of(territory):
            case Level.ETABLISSEMENT:
                return (self.territory, "FR")
            case Level.DEPARTEMENT:
                return (self.territory, "FR")
            case Level.REGION:
                return ("FR",)
            case Level.FRANCE:
                return ()

    def holds(self, territory: str) -> bool:
        """Tell whether a territory is this region, inside it, or all of France."""
        match level_of(territory):
            case Level.FRANCE:
                return True
            case Level.REGION:
                return territory == self.territory
            case Level.DEPARTEMENT:
                return code_of(territory) in self.departements
            case Level.ETABLISSEMENT:
                return code_of(territory) in self.state.etablissements

    def name(self, territory: str) -> str:
        """Return the name people read."""
        if level_of(territory) is Level.ETABLISSEMENT and (
            declared := self.state.etablissements.get(code_of(territory))
        ):
            return f"{declared.name} ({declared.departement})"
        return name_of(territory)

    def arm(self, at: datetime, due: Due, status: Status, key: str) -> None:
        """Ask to look again at ``at``."""
        heappush(self.state.deadlines, (at, int(due), status, key))


@dataclass(slots=True)
class Turn:
    """One instant of one world being worked: effects gather here, in order."""

    fold: Fold
    status: Status
    now: datetime
    observer: Observer | None
    effects: list[Effect]
    world: World = field(init=False)
    """The world of the turn's status."""

    def __post_init__(self) -> None:
        self.world = self.fold.state.worlds[self.status]

    @property
    def exercise(self) -> str:
        """The number of the exercise being played; empty in real life and where exercises have no number."""
        running = self.fold.state.running_exercise(self.now) if self.status is Status.EXERCISE else None
        return "" if running is None else running.opened.number

    def desk(self) -> Desk:
        """Return the circumstances in which alerts are worked."""
        silences = self.world.silences.values()
        return Desk(self.status, self.now, self._roster(), self.fold.ancestors, silences)

    def _roster(self) -> Roster | None:
        """Return the roster with the participants of the numbered exercise; its own where exercises have no number."""
        roster, state = self.fold.roster, self.fold.state
        if roster is None or self.status is not Status.EXERCISE or not state.exercises:
            return roster
        running = state.running_exercise(self.now)
        told = () if running is None else running.opened.participants
        return replace(roster, exercise_participants=tuple(each for each in told if roster.person(each) is not None))

    def publish(self, reading: Reading) -> None:
        """Make a reading the territory's latest, and show it."""
        self.world.readings[f"{reading.indicator}@{reading.territory}"] = reading
        if self.observer is not None:
            self.observer(self.now, self.status, reading)
