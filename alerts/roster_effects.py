"""What schedules and replacements change in a tableau, and which ones change nothing."""

from collections.abc import Iterator
from dataclasses import replace

from alerts.astreinte import Roster
from alerts.duties import LONGEST, duties
from alerts.turns import Override, Schedule


def idle_overrides(roster: Roster) -> Iterator[tuple[int, Override]]:
    """Yield the replacements, with their place, of someone who is not on call at any time of them."""
    for position, override in enumerate(roster.overrides):
        before = replace(roster, overrides=roster.overrides[:position])
        ends_at = min(override.ends_at, override.starts_at + LONGEST)
        held = duties(before, override.role, override.starts_at, ends_at)
        if not any(override.absent in duty.people for duty in held):
            yield position, override


def overlapping_schedules(roster: Roster) -> Iterator[tuple[int, Schedule]]:
    """Yield the place of each schedule that covers a part of an earlier one, and the earlier one."""
    for position, schedule in enumerate(roster.schedules):
        for earlier in roster.schedules[:position]:
            is_same_role = earlier.role == schedule.role
            if is_same_role and schedule.starts_at < earlier.ends_at and earlier.starts_at < schedule.ends_at:
                yield position, earlier
