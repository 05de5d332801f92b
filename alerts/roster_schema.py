"""The roster file as the organiser of the astreinte writes it, in French, and its English counterpart.

`RosterFile.to_roster` gives the tableau, without any address; `RosterFile.written_addresses` gives the
addresses as they are written, with their ``${NAME}`` still to be filled in.
"""

import re
from collections.abc import Iterator
from datetime import time
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from alerts.astreinte import Canal, Contact, EscalationPolicy, HandOver, Person, Role, Roster
from alerts.french import DAYS
from alerts.policies import Policy
from alerts.policy_schema import PolitiqueForm, hidden
from alerts.roster_fields import Mistake, People, PersonId, RaisedWords, Wait, refuse
from orsan_plans.fields import Day, FileModel, Slug, Text
from orsan_plans.geography import REGIONS
from orsan_plans.posture import RAISED
from orsan_plans.problem import KeyPath, suggestion

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def _time(value: object) -> time:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError(f'expected a time such as "08:30", got {value!r}')
    return time.fromisoformat(value)


def _region(code: str) -> str:
    if code not in REGIONS:
        raise ValueError(f"unknown région {code!r}; expected an INSEE code: {', '.join(REGIONS)}")
    return code


WallClock = Annotated[time, BeforeValidator(_time)]
Region = Annotated[str, AfterValidator(_region)]
Weekday = Literal["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]


class ContactForm(FileModel):
    """``{canal: sms, adresse: "${VIGIE_SMS_URL}/33600000000", postures: [alerte]}``."""

    canal: Literal["sms", "courriel", "messagerie", "appel"]
    adresse: Annotated[Text, Field(repr=False)]
    postures: RaisedWords = ("vigilance", "alerte")

    def to_contact(self, person: str) -> Contact:
        """Return the contact of ``person``, without its address."""
        accepted = tuple(posture for posture in RAISED if posture.lower() in self.postures)
        return Contact(f"{person}/{self.canal}", Canal(self.canal), accepted)


class PersonForm(FileModel):
    """A person and the ways to reach them, in order of preference."""

    id: PersonId
    nom: Text
    contacts: Annotated[tuple[ContactForm, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _reachable(self) -> "PersonForm":
        canaux = [contact.canal for contact in self.contacts]
        mistakes: list[Mistake] = [
            (
                ("contacts", position, "canal"),
                f"{canal!r} is given twice for {self.id}; one address per canal",
            )
            for position, canal in enumerate(canaux)
            if canal in canaux[:position]
        ]
        if not any("alerte" in contact.postures for contact in self.contacts):
            mistakes.append((("contacts",), f"{self.id} cannot be reached in alerte: one contact must accept it"))
        refuse("personne", mistakes)
        return self

    def to_person(self) -> Person:
        """Return the person, without addresses."""
        return Person(self.id, self.nom, tuple(contact.to_contact(self.id) for contact in self.contacts))


class ReleveForm(FileModel):
    """``{jour: lundi, heure: "08:30"}``: the weekly hand-over, in the région's local time."""

    jour: Weekday
    heure: WallClock


class RoleForm(FileModel):
    """A role held in turn (``rotation``, ``releve``, ``debut``) or always by the same people (``fixe``)."""

    titre: Text
    rotation: People | None = None
    releve: ReleveForm | None = None
    debut: Day | None = None
    fixe: People | None = None

    @model_validator(mode="after")
    def _rotating_or_fixed(self) -> "RoleForm":
        if (self.rotation is None) is (self.fixe is None):
            raise ValueError("write either rotation (one person a week, in turn) or fixe (always the same people)")
        rotating = self.rotation is not None
        for key, value in (("releve", self.releve), ("debut", self.debut)):
            if (value is not None) is not rotating:
                raise ValueError(f"{key} {'is required with rotation' if rotating else 'has no use with fixe'}")
        refuse("role", self._start_mistakes())
        return self

    def _start_mistakes(self) -> list[Mistake]:
        if self.debut is None or self.releve is None or DAYS[self.debut.weekday()] == self.releve.jour:
            return []
        day = DAYS[self.debut.weekday()]
        return [(("debut",), f"{self.debut} is a {day}; the first rotation starts on a {self.releve.jour}")]

    def named(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield each person the role names, and where."""
        for key, people in (("rotation", self.rotation), ("fixe", self.fixe)):
            for position, person in enumerate(people or ()):
                yield (key, position), person

    def to_role(self, id_: str) -> Role:
        """Return the role; ``id_`` is its key in the file."""
        if self.releve is None or self.debut is None:
            return Role(id_, self.titre, self.fixe or ())
        hand_over = HandOver(DAYS.index(self.releve.jour), self.releve.heure, self.debut)
        return Role(id_, self.titre, self.rotation or (), hand_over)


class EscaladeForm(FileModel):
    """How long to wait for an answer, how often to call again, and the role called when nobody answers."""

    delai: Wait
    repetition: Wait
    repli: Slug


class ExerciceForm(FileModel):
    """The people whom an exercise may notify."""

    personnes: People


class RosterFile(FileModel):
    """A whole roster file."""

    astreinte: Text
    region: Region
    personnes: Annotated[tuple[PersonForm, ...], Field(min_length=1)]
    roles: Annotated[dict[Slug, RoleForm], Field(min_length=1)]
    escalade: EscaladeForm
    exercice: ExerciceForm | None = None
    politiques: tuple[PolitiqueForm, ...] = ()

    @model_validator(mode="after")
    def _names_agree(self) -> "RosterFile":
        ids = [person.id for person in self.personnes]
        mistakes: list[Mistake] = [
            (("personnes", position, "id"), f"{id_!r} is already the id of another person")
            for position, id_ in enumerate(ids)
            if id_ in ids[:position]
        ]
        mistakes += [
            (path, f"nobody in personnes has the id {person!r}{suggestion(person, ids)}")
            for path, person in self._named()
            if person not in ids
        ]
        repli, roles = self.escalade.repli, list(self.roles)
        if repli not in roles:
            mistakes.append((("escalade", "repli"), f"no role is called {repli!r}{suggestion(repli, roles)}"))
        mistakes += self._policy_mistakes()
        refuse("roster", mistakes)
        return self

    def _policy_mistakes(self) -> Iterator[Mistake]:
        roles = list(self.roles)
        for number, policy in enumerate(self.politiques):
            for path, role in policy.named_roles():
                if role not in roles:
                    yield ("politiques", number, *path), f"no role is called {role!r}{suggestion(role, roles)}"
            for position, step in enumerate(policy.etapes):
                callable_ = self._most_called(step.roles or (), step.personnes or ())
                if step.reponses > callable_:
                    path = ("politiques", number, "etapes", position, "reponses")
                    yield path, f"asks for {step.reponses} answers of {callable_} called at once"
        yield from ((("politiques", *path), message) for path, message in hidden(self._policies()))

    def _most_called(self, roles: tuple[str, ...], people: tuple[str, ...]) -> int:
        """Return how many people a step calls at once, at most."""
        held = [self.roles[role] for role in roles if role in self.roles]
        always = {person for role in held for person in role.fixe or ()}.union(people)
        return len(always) + sum(role.fixe is None for role in held)

    def _policies(self) -> tuple[Policy, ...]:
        pace = self.escalade
        return tuple(policy.to_policy(pace.repetition, pace.repli) for policy in self.politiques)

    def _named(self) -> Iterator[tuple[KeyPath, str]]:
        for id_, role in self.roles.items():
            for path, person in role.named():
                yield ("roles", id_, *path), person
        for position, person in enumerate(self.exercice.personnes if self.exercice else ()):
            yield ("exercice", "personnes", position), person
        for number, policy in enumerate(self.politiques):
            for path, person in policy.named_people():
                yield ("politiques", number, *path), person

    def to_roster(self) -> Roster:
        """Return the tableau, without any address."""
        return Roster(
            title=self.astreinte,
            region=self.region,
            people=tuple(person.to_person() for person in self.personnes),
            roles=tuple(role.to_role(id_) for id_, role in self.roles.items()),
            escalation=EscalationPolicy(self.escalade.delai, self.escalade.repetition, self.escalade.repli),
            exercise_participants=self.exercice.personnes if self.exercice else (),
            policies=self._policies(),
        )

    def written_addresses(self) -> Iterator[tuple[KeyPath, str, str]]:
        """Yield the place of each address, the name of its contact and the address as written."""
        for i, person in enumerate(self.personnes):
            for j, contact in enumerate(person.contacts):
                yield (
                    ("personnes", i, "contacts", j, "adresse"),
                    f"{person.id}/{contact.canal}",
                    contact.adresse,
                )
