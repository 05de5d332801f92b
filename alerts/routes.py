"""The way the calls of an alert go: its policy, or the plan's audience, seen as steps."""

from collections.abc import Iterator
from datetime import datetime

from alerts.astreinte import Person, Roster
from alerts.effects import AlertBrief
from alerts.policies import EscalationStep, Policy
from orsan_plans.plan import Audience


def policy_of(roster: Roster, brief: AlertBrief, audience: Audience) -> Policy | None:
    """Return the policy of an alert that needs an answer, None when it follows its plan alone."""
    return roster.policy(brief.volet, brief.posture) if audience.needs_acknowledgement else None


def route_of(roster: Roster, brief: AlertBrief, audience: Audience) -> Policy:
    """Return the policy of an alert; without one, the roles of the audience, one a step, at the roster's pace."""
    own = policy_of(roster, brief, audience)
    if own is not None:
        return own
    pace = roster.escalation
    steps = tuple(EscalationStep((role,), pace.delay) for role in audience.roles)
    return Policy((), (), steps, pace.repeat, pace.fallback)


def roles_called(roster: Roster) -> Iterator[tuple[str, str]]:
    """Yield each role that a roster's own escalation calls, with what calls it, in French; a role may come twice."""
    yield roster.escalation.fallback, "le repli de l'escalade"
    for number, policy in enumerate(roster.policies, 1):
        for step, each in enumerate(policy.steps, 1):
            yield from ((role, f"l'étape {step} de la politique {number}") for role in each.roles)
        yield policy.fallback, f"le repli de la politique {number}"


def is_fallback(route: Policy, step: int) -> bool:
    """Tell whether the fallback was called, ``step`` steps having been taken."""
    return step > len(route.steps)


def answers_needed(route: Policy, step: int) -> int:
    """Return how many people must answer once ``step`` steps were taken: the most that one of them asks for.

    The first step counts before it is taken; any answer is enough once the fallback was called.
    """
    if is_fallback(route, step):
        return 1
    return max((each.answers for each in route.steps[: max(step, 1)]), default=1)


def people_of(route: Policy, roster: Roster, at: datetime) -> Iterator[Person]:
    """Yield everybody the steps and the fallback would call at an instant; some may come twice."""
    for step in route.steps:
        for role in step.roles:
            yield from roster.on_call(role, at)
        yield from (person for id_ in step.people if (person := roster.person(id_)))
    yield from roster.on_call(route.fallback, at)
