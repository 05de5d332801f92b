"""The roster file as the organiser of the astreinte writes it, in French, and its English counterpart.

`RosterFile.to_roster` gives the tableau, without any address; `RosterFile.written_addresses` gives the
addresses as they are written, with their ``${NAME}`` still to be filled in.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from alerts.astreinte import Canal, Contact, EscalationPolicy, Person, Roster
from alerts.policies import Policy
from alerts.policy_schema import PolitiqueForm, hidden
from alerts.roster_fields import Mistake, People, PersonId, RaisedWords, Wait, refuse
from alerts.roster_turns import (
    HOLIDAYS,
    ControlesForm,
    FeriesForm,
    PlanningForm,
    RemplacementForm,
    RoleForm,
    TurnsFile,
)
from alerts.volume.limits import DEFAULT, Limits
from orsan_plans.fields import FileModel, Slug, Text
from orsan_plans.geography import REGIONS
from orsan_plans.posture import RAISED
from orsan_plans.problem import KeyPath, suggestion

_OWN_HOLIDAYS: Final = frozenset({"57", "67", "68"})
"""The départements of a région of many whose public holidays are not those of the others."""


def _region(code: str) -> str:
    if code not in REGIONS:
        raise ValueError(f"unknown région {code!r}; expected an INSEE code: {', '.join(REGIONS)}")
    return code


Telephone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 .]{7,22}[0-9]$")]
Region = Annotated[str, AfterValidator(_region)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+$", max_length=20)]


class ContactForm(FileModel):
    """``{canal: sms, adresse: "${VIGIE_SMS_URL}/33600000000", postures: [alerte]}``."""

    canal: Literal["sms", "courriel", "messagerie", "appel"]
    adresse: Annotated[Text, Field(repr=False)]
    postures: RaisedWords = ("vigilance", "alerte")
    nom: Word | None = None
    fournisseur: Text | None = None

    def to_contact(self, name: str) -> Contact:
        """Return the contact under its name, without its address."""
        accepted = tuple(posture for posture in RAISED if posture.lower() in self.postures)
        return Contact(name, Canal(self.canal), accepted, self.fournisseur or "")


class PersonForm(FileModel):
    """A person and the ways to reach them, in order of preference; ``telephone`` is what a human being dials."""

    id: PersonId
    nom: Text
    telephone: Annotated[Telephone | None, Field(repr=False)] = None
    contacts: Annotated[tuple[ContactForm, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _reachable(self) -> "PersonForm":
        names = self.contact_names
        mistakes: list[Mistake] = [
            (("contacts", position), f"two contacts are called {name}; give this one another nom")
            for position, name in enumerate(names)
            if name in names[:position]
        ]
        if not any("alerte" in contact.postures for contact in self.contacts):
            mistakes.append((("contacts",), f"{self.id} cannot be reached in alerte: one contact must accept it"))
        refuse("personne", mistakes)
        return self

    @property
    def contact_names(self) -> tuple[str, ...]:
        """The names of the contacts: ``<id>/sms``, then ``<id>/sms-2``, or ``<id>/sms-<nom>`` for one with a nom."""
        canaux = [contact.canal for contact in self.contacts]
        counts = [canaux[: position + 1].count(canal) for position, canal in enumerate(canaux)]
        words = [
            each.nom or (str(count) if count > 1 else "") for each, count in zip(self.contacts, counts, strict=True)
        ]
        return tuple(
            "-".join(filter(None, (f"{self.id}/{canal}", word))) for canal, word in zip(canaux, words, strict=True)
        )

    def to_person(self) -> Person:
        """Return the person, without addresses."""
        named = zip(self.contacts, self.contact_names, strict=True)
        return Person(self.id, self.nom, tuple(contact.to_contact(name) for contact, name in named))


class EscaladeForm(FileModel):
    """How long to wait for an answer, how often to call again, and the role called when nobody answers."""

    delai: Wait
    repetition: Wait
    repli: Slug
    deux_fournisseurs: bool = False


class LimitesForm(FileModel):
    """Beyond ``messages`` within ``duree`` a person gets digests, one each ``resume`` at most."""

    messages: Annotated[int, Field(ge=1, le=1000)] = DEFAULT.messages
    duree: Wait = DEFAULT.window
    resume: Wait = DEFAULT.digest_every


class BudgetForm(FileModel):
    """How many messages of a night are too many for a person."""

    messages_par_nuit: Annotated[int, Field(ge=0, le=1000)] = DEFAULT.night_budget


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
    limites: LimitesForm = LimitesForm()
    budget: BudgetForm = BudgetForm()
    plannings: tuple[PlanningForm, ...] = ()
    remplacements: tuple[RemplacementForm, ...] = ()
    fichiers_plannings: tuple[Text, ...] = ()
    feries: FeriesForm | None = None
    controles: ControlesForm | None = None

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
        mistakes += self._unnamed_providers()
        repli, roles = self.escalade.repli, list(self.roles)
        if repli not in roles:
            mistakes.append((("escalade", "repli"), f"no role is called {repli!r}{suggestion(repli, roles)}"))
        mistakes += self._policy_mistakes()
        refuse("roster", mistakes + self.turns_mistakes(self) + self._holiday_mistakes())
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

    def _unnamed_providers(self) -> Iterator[Mistake]:
        if not self.escalade.deux_fournisseurs:
            return
        for i, person in enumerate(self.personnes):
            for j, contact in enumerate(person.contacts):
                if "alerte" in contact.postures and contact.fournisseur is None:
                    why = "deux_fournisseurs needs the name of who carries each contact meant for alerte"
                    yield ("personnes", i, "contacts", j, "fournisseur"), why

    def turns_mistakes(self, turns: "RosterFile | TurnsFile") -> list[Mistake]:
        """Return what is wrong in schedules and replacements that this file or another of its own holds."""
        ids, roles = [person.id for person in self.personnes], list(self.roles)
        mistakes: list[Mistake] = []
        written: dict[str, tuple[PlanningForm | RemplacementForm, ...]] = {
            "plannings": turns.plannings,
            "remplacements": turns.remplacements,
        }
        for key, forms in written.items():
            for position, form in enumerate(forms):
                mistakes += [
                    ((key, position, *path), f"nobody in personnes has the id {person!r}{suggestion(person, ids)}")
                    for path, person in form.named()
                    if person not in ids
                ]
                if form.role not in roles:
                    message = f"no role is called {form.role!r}{suggestion(form.role, roles)}"
                    mistakes.append(((key, position, "role"), message))
        return mistakes

    def _holiday_mistakes(self) -> list[Mistake]:
        if self.feries is not None:
            known = REGIONS[self.region].departements
            if self.feries.departement in known:
                return []
            return [(("feries", "departement"), f"not a département of the région; its own are {', '.join(known)}")]
        if self.has_holidays and self.own_departement is None:
            message = "write feries: {departement: …}: the départements of this région have different public holidays"
            return [((), message)]
        return []

    @property
    def has_holidays(self) -> bool:
        """Whether a role changes hands on public holidays."""
        return any(HOLIDAYS in days.jours for role in self.roles.values() for days in role.jours)

    @property
    def own_departement(self) -> str | None:
        """The département whose public holidays count, None when the file has to say it and does not."""
        if self.feries is not None:
            return self.feries.departement
        departements = REGIONS[self.region].departements
        return None if _OWN_HOLIDAYS & {*departements} else departements[0]

    def _named(self) -> Iterator[tuple[KeyPath, str]]:
        for id_, role in self.roles.items():
            for path, person in role.named():
                yield ("roles", id_, *path), person
        for position, person in enumerate(self.exercice.personnes if self.exercice else ()):
            yield ("exercice", "personnes", position), person
        for number, policy in enumerate(self.politiques):
            for path, person in policy.named_people():
                yield ("politiques", number, *path), person

    def to_roster(self, holidays: tuple[date, ...] = (), more: Iterable[TurnsFile] = ()) -> Roster:
        """Return the tableau, without any address.

        ``holidays`` are the local dates of the public holidays, ``more`` what the files of schedules hold.
        """
        zone = ZoneInfo(REGIONS[self.region].time_zone)
        turns: list[RosterFile | TurnsFile] = [self, *more]
        return Roster(
            title=self.astreinte,
            region=self.region,
            people=tuple(person.to_person() for person in self.personnes),
            roles=tuple(role.to_role(id_) for id_, role in self.roles.items()),
            escalation=EscalationPolicy(
                self.escalade.delai, self.escalade.repetition, self.escalade.repli, self.escalade.deux_fournisseurs
            ),
            exercise_participants=self.exercice.personnes if self.exercice else (),
            policies=self._policies(),
            limits=Limits(
                self.limites.messages, self.limites.duree, self.limites.resume, self.budget.messages_par_nuit
            ),
            schedules=tuple(form.to_schedule(zone) for each in turns for form in each.plannings),
            overrides=tuple(form.to_override(zone) for each in turns for form in each.remplacements),
            holidays=holidays,
        )

    def written_addresses(self) -> Iterator[tuple[KeyPath, str, str]]:
        """Yield the place of each address, the name of its contact and the address as written."""
        for i, person in enumerate(self.personnes):
            for j, (contact, name) in enumerate(zip(person.contacts, person.contact_names, strict=True)):
                yield ("personnes", i, "contacts", j, "adresse"), name, contact.adresse
