"""The rules in force in a region on a day, indexed by what can make them move."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from orsan_plans.plan import (
    CombinedCondition,
    Condition,
    EventCondition,
    IndicatorCondition,
    Plan,
    Rule,
    SilenceCondition,
)
from orsan_plans.territory import Level


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule with the plan it belongs to; ``key`` is ``<plan>/<rule>``."""

    key: str
    plan: str
    volet: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Minimum:
    """Under ``count`` cases, or ``completeness`` percent of the sources, a ratio is unknown."""

    count: int = 0
    completeness: int = 100


@dataclass(slots=True)
class RulesInForce:
    """Indexes over the rules in force; a reading is published under the strictest minimum any of them asks for."""

    by_key: dict[str, RuleInForce] = field(default_factory=dict)
    by_indicator: dict[tuple[str, Level], list[RuleInForce]] = field(default_factory=lambda: defaultdict(list))
    by_nature: dict[str, list[RuleInForce]] = field(default_factory=lambda: defaultdict(list))
    by_feed: dict[str, list[RuleInForce]] = field(default_factory=lambda: defaultdict(list))
    minimums: dict[str, Minimum] = field(default_factory=dict)
    silences: dict[str, tuple[timedelta, ...]] = field(default_factory=dict)

    def judging(self, indicator: str, level: Level) -> list[RuleInForce]:
        """Return the rules that name an indicator at a level."""
        return self.by_indicator.get((indicator, level), [])


def index(plans: tuple[Plan, ...]) -> RulesInForce:
    """Index the rules of the plans in force, in plan then rule order."""
    rules = RulesInForce()
    for plan in plans:
        for rule in plan.rules:
            in_force = RuleInForce(f"{plan.id}/{rule.id}", plan.id, plan.volet, rule)
            rules.by_key[in_force.key] = in_force
            for condition in leaves(rule.condition):
                _index_condition(rules, in_force, condition)
    return rules


def leaves(condition: Condition) -> Iterator[IndicatorCondition | EventCondition | SilenceCondition]:
    """Yield the simple conditions of a condition, in the order they are written."""
    if isinstance(condition, CombinedCondition):
        for part in condition.conditions:
            yield from leaves(part)
    else:
        yield condition


def _index_condition(
    rules: RulesInForce,
    in_force: RuleInForce,
    condition: IndicatorCondition | EventCondition | SilenceCondition,
) -> None:
    match condition:
        case IndicatorCondition(indicator=indicator):
            for level in in_force.rule.levels:
                _once(rules.by_indicator[indicator, level], in_force)
            known = rules.minimums.get(indicator, Minimum(0, 0))
            rules.minimums[indicator] = Minimum(
                max(known.count, condition.minimum_count),
                max(known.completeness, condition.minimum_completeness),
            )
        case EventCondition(kinds=kinds):
            for nature in kinds:
                _once(rules.by_nature[nature], in_force)
        case SilenceCondition(feed=feed, after=after):
            _once(rules.by_feed[feed], in_force)
            rules.silences[feed] = tuple(sorted({*rules.silences.get(feed, ()), after}))


def _once(rules: list[RuleInForce], in_force: RuleInForce) -> None:
    if in_force not in rules:
        rules.append(in_force)
