"""The escalation policies of a roster file, as the organiser of the astreinte writes them, in French."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from alerts.policies import EscalationStep, Policy
from alerts.roster_fields import Mistake, People, RaisedWords, Wait, refuse
from orsan_plans.fields import FileModel, Slug, Text
from orsan_plans.posture import RAISED
from orsan_plans.problem import KeyPath

Named = tuple[KeyPath, str]


class EtapeForm(FileModel):
    """``{roles: [cadre, medecin], delai: 5 min, reponses: 2}``: those who are called at once, and their time."""

    delai: Wait
    roles: Annotated[tuple[Slug, ...], Field(min_length=1)] | None = None
    personnes: People | None = None
    reponses: Annotated[int, Field(ge=1, strict=True)] = 1

    @model_validator(mode="after")
    def _calls_somebody(self) -> "EtapeForm":
        if self.roles is None and self.personnes is None:
            raise ValueError("write roles, personnes or both: a step calls somebody")
        mistakes: list[Mistake] = [
            ((key, position), f"{word!r} is given twice in this step")
            for key, words in (("roles", self.roles or ()), ("personnes", self.personnes or ()))
            for position, word in enumerate(words)
            if word in words[:position]
        ]
        refuse("etape", mistakes)
        return self

    def to_step(self) -> EscalationStep:
        """Return the step."""
        return EscalationStep(self.roles or (), self.delai, self.personnes or (), self.reponses)


class PolitiqueForm(FileModel):
    """Whom alerts of some volets and postures call; ``escalade`` gives what is not written here."""

    volets: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    postures: RaisedWords | None = None
    etapes: Annotated[tuple[EtapeForm, ...], Field(min_length=1)]
    repetition: Wait | None = None
    repli: Slug | None = None
    acte: Wait | None = None
    retrait: Wait | None = None

    @model_validator(mode="after")
    def _deadline_is_whole(self) -> "PolitiqueForm":
        if self.acte is not None and self.retrait is None:
            raise ValueError("retrait is required with acte: how long after the reminder the answer is withdrawn")
        if self.retrait is not None and self.acte is None:
            raise ValueError("retrait has no use without acte")
        return self

    def named_roles(self) -> Iterator[Named]:
        """Yield each role the policy names, and where."""
        if self.repli is not None:
            yield ("repli",), self.repli
        for number, step in enumerate(self.etapes):
            for position, role in enumerate(step.roles or ()):
                yield ("etapes", number, "roles", position), role

    def named_people(self) -> Iterator[Named]:
        """Yield each person the policy names, and where."""
        for number, step in enumerate(self.etapes):
            for position, person in enumerate(step.personnes or ()):
                yield ("etapes", number, "personnes", position), person

    def to_policy(self, repeat: Wait, fallback: str) -> Policy:
        """Return the policy; ``repeat`` and ``fallback`` are those of ``escalade``."""
        postures = tuple(posture for posture in RAISED if posture.lower() in (self.postures or ()))
        return Policy(
            volets=self.volets or (),
            postures=postures,
            steps=tuple(step.to_step() for step in self.etapes),
            repeat=self.repetition or repeat,
            fallback=self.repli or fallback,
            act_within=self.acte,
            withdraw_after=self.retrait,
        )


def hidden(policies: tuple[Policy, ...]) -> Iterator[Mistake]:
    """Yield the policies that never apply, because one written before them always does."""
    for position, policy in enumerate(policies):
        first = next((number for number, other in enumerate(policies[:position]) if other.hides(policy)), None)
        if first is not None:
            yield (position,), f"never applies: politiques[{first + 1}] comes first for the same volets and postures"
