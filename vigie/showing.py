"""Keeping a board in step with the folds it shows, whoever drives them: the embedded monitor, or who follows Kafka."""

from collections.abc import Iterable

from alerts.book import next_due
from alerts.effects import AlertChanged, AlertRaised, Effect, Notify, NotSent, Recalled
from dashboards.board import Board, PostureKey
from dashboards.quiet import Quiet
from streams.entry import Status
from streams.monitor import Committed
from streams.region.exercises import counted_by_year
from streams.region.fold import Fold
from streams.region.state import World


class Showing:
    """Tells a board what was committed and where the folds stand. One caller at a time."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._seeded: dict[str, int] = {}

    def begin(self, fold: Fold, effects: Iterable[Effect]) -> None:
        """Show a région as its fold stands, and the effects that led there."""
        region = fold.state.region
        # First: where a decision holds depends on where establishments are.
        self.board.sites(fold.state.etablissements.values())
        for effect in effects:
            self.board.effect(region, effect)
        for world in fold.state.worlds.values():
            for alert_id, alert in world.book.alerts.items():
                self.board.due(alert_id, next_due(alert) if alert.is_open else None)
        self.stands(fold)

    def committed(self, committed: Committed, fold: Fold) -> None:
        """Show what one commit made true."""
        for entry in committed.entries:
            self.board.entry(entry)
        for effect in committed.effects:
            self.board.effect(committed.region, effect)
        for _, status, reading in committed.readings:
            if status is Status.ACTUAL:
                self.board.reading(committed.region, reading)
        self._show_dues(committed.effects, fold)
        self.stands(fold)

    def stands(self, fold: Fold) -> None:
        """Show where a fold stands: its time, its feeds, the postures that never moved."""
        region, world = fold.state.region, fold.state.worlds[Status.ACTUAL]
        self.board.advanced(region, fold.state.now)
        if fold.roster is not None and self.board.roster(region) is not fold.roster:
            self.board.rostered(region, fold.roster)
        for key, feed in world.feeds.items():
            name, _, territory = key.partition("@")
            received_at = feed.last_received_at if feed.has_reported else None
            self.board.feed(region, name, territory, received_at, feed.is_silent)
        self.board.exercised(region, counted_by_year(fold))
        self.board.quieted(region, _quiet_of(fold))
        if self._seeded.get(region) != len(world.postures):
            self._seeded[region] = len(world.postures)
            self._seed_postures(region, fold, world)

    def _show_dues(self, effects: Iterable[Effect], fold: Fold) -> None:
        """Show when the alerts that moved next have something due; the others' deadlines did not move."""
        for effect in effects:
            found = _alert_of(effect)
            if found is not None:
                status, alert_id = found
                alert = fold.state.worlds[Status(status)].book.alerts.get(alert_id)
                self.board.due(alert_id, next_due(alert) if alert is not None and alert.is_open else None)

    def _seed_postures(self, region: str, fold: Fold, world: World) -> None:
        for key, state in world.postures.items():
            rule_key, _, territory = key.partition("@")
            in_force = fold.rules.by_key.get(rule_key)
            if in_force is not None:
                shown = PostureKey(region, territory, in_force.volet, in_force.rule.id, Status.ACTUAL)
                self.board.seed(shown, state.posture)


def _quiet_of(fold: Fold) -> Quiet:
    worlds = [(status.value, world) for status, world in fold.state.worlds.items()]
    return Quiet(
        tuple((status, each) for status, world in worlds for each in world.silences.values()),
        tuple((status, each) for status, world in worlds for each in world.maintenance.values()),
    )


def _alert_of(effect: Effect) -> tuple[str, str] | None:
    match effect:
        case AlertRaised() | Notify():
            return effect.status, effect.brief.alert_id
        case AlertChanged() | NotSent() | Recalled():
            return effect.status, effect.alert_id
        case _:
            return None
