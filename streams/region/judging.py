"""The middle of a turn: rules are judged, postures move, alerts follow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from alerts import book, postures
from alerts.book import PostureMove
from alerts.effects import (
    ActivationProposed,
    AlertBrief,
    AlertChanged,
    AlertRaised,
    Effect,
    Notify,
    NotSent,
    PostureChanged,
    Recalled,
    effect_id,
)
from alerts.postures import PostureState
from alerts.volume.grouping import gather
from orsan_plans.assess import Evidence, judge
from orsan_plans.indicator import INDICATORS
from orsan_plans.plan import EventCondition
from orsan_plans.posture import Posture
from orsan_plans.reading import Reading, Unknown
from orsan_plans.territory import Level, level_of, width
from streams.region import open_signals
from streams.region.fold import Turn
from streams.region.maintenance import planned_silence
from streams.region.measures import passage_reading
from streams.region.passages import PASSAGE_INDICATORS
from streams.region.rules_in_force import RuleInForce
from streams.region.state import Due, SignalState


@dataclass(frozen=True, slots=True)
class TerritoryFacts:
    """What the rules may ask about a territory during a turn (`orsan_plans.assess.Facts`)."""

    turn: Turn
    territory: str
    levels: tuple[Level, ...]

    @property
    def now(self) -> datetime:
        """The instant of the turn."""
        return self.turn.now

    @property
    def today(self) -> date:
        """The region's local date."""
        return self.turn.fold.today(self.turn.now)

    def reading(self, indicator: str) -> Reading:
        """Return the latest reading, computed on the spot for sliding windows."""
        if indicator in PASSAGE_INDICATORS:
            return passage_reading(self.turn, indicator, self.territory)
        latest = self.turn.world.readings.get(f"{indicator}@{self.territory}")
        return latest or Reading(
            indicator,
            self.territory,
            self.today,
            INDICATORS[indicator].unit,
            None,
            Unknown.ABSENT,
            "jamais reçu",
        )

    def events(self, condition: EventCondition) -> tuple[str, ...]:
        """Return the titles of the open signals that qualify here, oldest first."""
        wider = self.turn.fold.ancestors(self.territory)
        found = [
            (state.since, state.signal.signal_id, state.signal.title)
            for state in open_signals.possible(self.turn.world, condition.kinds, self.territory, wider)
            if _qualifies(state, condition) and self._concerns(state.signal.territory)
        ]
        return tuple(title for _, _, title in sorted(found))

    def last_heard(self, feed: str) -> datetime | None:
        """Return when the feed of this territory was last heard; a silence does not grow during its maintenance."""
        state = self.turn.world.feeds.get(f"{feed}@{self.territory}")
        if state is None:
            return None
        return state.last_received_at + planned_silence(self.turn, feed, self.territory, state.last_received_at)

    def _concerns(self, place: str) -> bool:
        """Tell whether a signal of ``place`` counts here: in one territory, so that one event calls people once.

        It counts in the nearest territory that holds it and that the rule judges; one wider than all of them counts
        in each of the widest inside it.
        """
        ancestors = self.turn.fold.ancestors
        if place != self.territory and level_of(place) is level_of(self.territory):
            return False
        holding = [each for each in (place, *ancestors(place)) if level_of(each) in self.levels]
        if holding:
            return self.territory == holding[0]
        return place in ancestors(self.territory) and level_of(self.territory) is max(self.levels, key=width)


def _qualifies(state: SignalState, condition: EventCondition) -> bool:
    signal = state.signal
    return state.triage != "ecarte" and all(
        signal.criteria.get(name) in allowed for name, allowed in condition.criteria
    )


def judge_all(turn: Turn, rules: Iterable[RuleInForce], territory: str) -> None:
    """Judge the rules that apply at the territory's level."""
    level = level_of(territory)
    for in_force in rules:
        if level in in_force.rule.levels:
            judge_rule(turn, in_force, territory)


def judge_rule(turn: Turn, in_force: RuleInForce, territory: str) -> None:
    """Judge one rule in one territory and let its posture and alert follow. Judging twice changes nothing."""
    rule = in_force.rule
    key = f"{in_force.key}@{territory}"
    judgement = judge(rule.condition, TerritoryFacts(turn, territory, rule.levels))
    state = turn.world.postures.setdefault(key, PostureState())
    before = state.posture
    postures.observe(state, rule, judgement, turn.now)
    after = postures.settle(state, rule, turn.now)
    due = postures.next_due(state, rule, turn.now)
    if due is not None:
        turn.fold.arm(due, Due.POSTURE, turn.status, key)
    if after is not before:
        _move(turn, in_force, territory, before, state, judgement.evidence)
    elif judgement.evidence.events:
        turn.effects += book.attach(turn.world.book, turn.desk(), key, judgement.evidence)


def forget(turn: Turn, key: str) -> None:
    """Drop the posture of a rule that is no longer in force, and resolve its alert."""
    rule_key, _, territory = key.partition("@")
    state = turn.world.postures.pop(key)
    alert = turn.world.book.alerts.get(turn.world.book.current.get(key, ""))
    if state.posture is Posture.INCONNU:
        return
    volet = alert.brief.volet if alert else ""
    _changed(turn, rule_key, volet, territory, state.posture, Posture.INCONNU, None)
    if alert is not None and alert.is_open:
        move = PostureMove(rule_key, state.posture, Posture.INCONNU, alert.brief, alert.audience)
        _follow(turn, move)


def _move(
    turn: Turn,
    in_force: RuleInForce,
    territory: str,
    before: Posture,
    state: PostureState,
    evidence: Evidence,
) -> None:
    after = state.posture
    audience = in_force.rule.audience(after)
    _changed(turn, in_force.key, in_force.volet, territory, before, after, evidence)
    exercise = turn.exercise
    # One exercise may end and the next begin within an instant: their alerts are not the same.
    numbered = (exercise,) if exercise else ()
    brief = AlertBrief(
        alert_id=effect_id("alert", turn.status, in_force.key, territory, turn.now.isoformat(), *numbered),
        volet=in_force.volet,
        plan=in_force.plan,
        rule=in_force.rule.id,
        title=in_force.rule.title,
        territory=territory,
        territory_name=turn.fold.name(territory),
        posture=after,
        since=state.asked_since.get(after, turn.now),
        raised_at=turn.now,
        evidence=evidence,
        reflex_actions=in_force.rule.reflex_actions,
        time_zone=turn.fold.zone.key,
        needs_answer=audience is not None and audience.needs_acknowledgement,
        exercise=exercise,
    )
    _follow(turn, PostureMove(in_force.key, before, after, brief, audience))
    if after is Posture.ALERTE and in_force.rule.proposes_volet:
        _propose(turn, in_force, territory)


def _changed(
    turn: Turn,
    rule_key: str,
    volet: str,
    territory: str,
    before: Posture,
    after: Posture,
    evidence: Evidence | None,
) -> None:
    plan, _, rule = rule_key.partition("/")
    turn.world.moves += 1
    turn.effects.append(
        PostureChanged(
            id=effect_id("posture", turn.fold.state.region, turn.status, turn.world.moves),
            at=turn.now,
            status=turn.status,
            plan=plan,
            volet=volet,
            rule=rule,
            territory=territory,
            before=before,
            after=after,
            occurred_on=evidence.occurred_on if evidence else turn.fold.today(turn.now),
            evidence=evidence,
        )
    )


def _follow(turn: Turn, move: PostureMove) -> None:
    effects = book.follow(turn.world.book, turn.desk(), move)
    turn.effects += effects
    _gather(turn, effects)
    arm_alerts(turn, named(effects))


def _gather(turn: Turn, effects: list[Effect]) -> None:
    roster, world = turn.fold.roster, turn.world
    if roster is None or roster.limits is None:
        return
    for effect in effects:
        if isinstance(effect, AlertRaised):
            gather(world.flushes, world.book.alerts[effect.brief.alert_id], turn.now, turn.fold.ancestors)


def named(effects: Iterable[Effect]) -> Iterator[str]:
    """Yield the alerts that effects name: the calls of no other one moved."""
    for effect in effects:
        match effect:
            case AlertRaised() | Notify():
                yield effect.brief.alert_id
            case AlertChanged() | NotSent() | Recalled():
                yield effect.alert_id


def arm_alerts(turn: Turn, alert_ids: Iterable[str] | None = None) -> None:
    """Arm the next deadline of these alerts, or of every alert, that have something due."""
    alerts = turn.world.book.alerts
    for alert_id in sorted(alerts if alert_ids is None else {id_ for id_ in alert_ids if id_ in alerts}):
        alert = alerts[alert_id]
        due = book.next_due(alert)
        if due is not None and due != alert.armed_for:
            alert.armed_for = due
            turn.fold.arm(max(due, turn.now), Due.ALERT, turn.status, alert_id)


def _propose(turn: Turn, in_force: RuleInForce, territory: str) -> None:
    raised = [effect for effect in turn.effects if isinstance(effect, AlertRaised)]
    alert_id = raised[-1].brief.alert_id if raised else ""
    turn.effects.append(
        ActivationProposed(
            id=effect_id("proposed", turn.fold.state.region, turn.status, turn.world.moves),
            at=turn.now,
            status=turn.status,
            volet=in_force.volet,
            territory=territory,
            alert_id=alert_id,
            rule=in_force.rule.id,
        )
    )
