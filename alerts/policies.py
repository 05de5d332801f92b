"""Whom an alert calls, step by step, by volet and posture: the policies of a roster.

The first policy that matches the alert applies. When none does, the roles of the plan's audience are the steps, one
each, with the delays and the fallback role that hold for the whole roster.
"""

from dataclasses import dataclass
from datetime import timedelta

from orsan_plans.posture import Posture


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Those who are called at once, by role or by id, and how long they have before the next step.

    ``answers`` is how many distinct people must answer before the calls stop.
    """

    roles: tuple[str, ...]
    delay: timedelta
    people: tuple[str, ...] = ()
    answers: int = 1

    def __post_init__(self) -> None:
        if not (self.roles or self.people) or self.answers < 1 or self.delay <= timedelta(0):
            raise ValueError("a step calls somebody, waits for them and needs at least one answer")


@dataclass(frozen=True, slots=True)
class Policy:
    """Steps, then ``fallback`` (a role) called again every ``repeat``; empty ``volets`` or ``postures`` mean all.

    After an answer, an act is expected within ``act_within``, else a reminder is sent, and the answer is withdrawn
    ``withdraw_after`` the reminder. Both are None when an answer has no deadline.
    """

    volets: tuple[str, ...]
    postures: tuple[Posture, ...]
    steps: tuple[EscalationStep, ...]
    repeat: timedelta
    fallback: str
    act_within: timedelta | None = None
    withdraw_after: timedelta | None = None

    def __post_init__(self) -> None:
        if self.repeat <= timedelta(0):
            raise ValueError("a policy needs time between its calls")
        waits = (self.act_within, self.withdraw_after)
        if (self.act_within is None) is not (self.withdraw_after is None) or any(
            wait is not None and wait <= timedelta(0) for wait in waits
        ):
            raise ValueError("a deadline needs the time to act and the time before the answer is withdrawn")

    def applies(self, volet: str, posture: Posture) -> bool:
        """Tell whether an alert of ``volet`` in ``posture`` follows this policy; ACTIVATION counts as ALERTE."""
        nearest = Posture.ALERTE if posture.rank >= Posture.ALERTE.rank else Posture.VIGILANCE
        return _holds(self.volets, (volet,)) and _holds(self.postures, (nearest,))

    def hides(self, later: "Policy") -> bool:
        """Tell whether ``later``, written after this one, can never apply."""
        return _holds(self.volets, later.volets) and _holds(self.postures, later.postures)


def _holds(wider: tuple[str, ...], narrower: tuple[str, ...]) -> bool:
    # A volet is free text: cyber and CYBER are the same one.
    held = {each.casefold() for each in wider}
    return not wider or (bool(narrower) and all(each.casefold() in held for each in narrower))
