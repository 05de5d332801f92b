"""Who holds what and when, as a roster file writes it: rotations, days of their own, schedules, replacements."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from alerts.astreinte import Role
from alerts.french import DAYS
from alerts.roster_fields import LocalTime, Mistake, People, PersonId, WallClock, Weekday, refuse
from alerts.turns import WEEK, HandOver, Override, OwnDays, Schedule
from orsan_plans.fields import Day, Duration, FileModel, Slug, Text
from orsan_plans.problem import KeyPath

HOLIDAYS = "feries"
"""What stands for public holidays among the days of the week."""


class ReleveForm(FileModel):
    """``{jour: lundi, heure: "08:30"}``: the hand-over in the région's local time, every day without ``jour``."""

    jour: Weekday | None = None
    heure: WallClock


class HeldForm(FileModel):
    """What is held in turn (``rotation``, ``releve``, ``debut``) or always by the same people (``fixe``)."""

    rotation: People | None = None
    releve: ReleveForm | None = None
    debut: Day | None = None
    fin: Day | None = None
    fixe: People | None = None

    @model_validator(mode="after")
    def _rotating_or_fixed(self) -> "HeldForm":
        if (self.rotation is None) is (self.fixe is None):
            raise ValueError("write either rotation (one person a week, in turn) or fixe (always the same people)")
        rotating = self.rotation is not None
        for key, value in (("releve", self.releve), ("debut", self.debut)):
            if (value is not None) is not rotating:
                raise ValueError(f"{key} {'is required with rotation' if rotating else 'has no use with fixe'}")
        if self.fin is not None and not rotating:
            raise ValueError("fin has no use with fixe")
        refuse("role", self._day_mistakes())
        return self

    def _day_mistakes(self) -> list[Mistake]:
        if self.debut is None or self.releve is None:
            return []
        mistakes: list[Mistake] = [
            ((key,), f"{day} is a {DAYS[day.weekday()]}; {what} on a {self.releve.jour}")
            for key, day, what in (
                ("debut", self.debut, "the first rotation starts"),
                ("fin", self.fin, "the last one ends"),
            )
            if day is not None and self.releve.jour not in {None, DAYS[day.weekday()]}
        ]
        if self.fin is not None and self.fin <= self.debut:
            mistakes.append((("fin",), f"ends on {self.fin}, before or as it begins on {self.debut}"))
        return mistakes

    def named(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield each person named, and where."""
        for key, people in (("rotation", self.rotation), ("fixe", self.fixe)):
            for position, person in enumerate(people or ()):
                yield (key, position), person

    @property
    def people(self) -> tuple[str, ...]:
        """The ids of those who hold it."""
        return self.rotation or self.fixe or ()

    @property
    def hand_over(self) -> HandOver | None:
        """When they take over from one another, or None when all hold it at once."""
        if self.releve is None or self.debut is None:
            return None
        every = 1 if self.releve.jour is None else WEEK
        return HandOver(self.debut.weekday(), self.releve.heure, self.debut, every, self.fin)


class JoursForm(HeldForm):
    """Days that other people hold: ``{jours: [samedi, dimanche, feries], heure: "08:30", fixe: [paul.riviere]}``."""

    jours: Annotated[tuple[Weekday | Literal["feries"], ...], Field(min_length=1)]
    heure: WallClock = time(0)

    def to_days(self) -> OwnDays:
        """Return the days, with their people."""
        weekdays = tuple(number for number, name in enumerate(DAYS) if name in self.jours)
        return OwnDays(weekdays, HOLIDAYS in self.jours, self.heure, self.people, self.hand_over)


class RoleForm(HeldForm):
    """A role: who holds it, and the ``jours`` that are held by others."""

    titre: Text
    jours: tuple[JoursForm, ...] = ()

    def named(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield each person the role names, and where."""
        yield from super().named()
        for position, days in enumerate(self.jours):
            yield from ((("jours", position, *path), person) for path, person in days.named())

    def to_role(self, id_: str) -> Role:
        """Return the role; ``id_`` is its key in the file."""
        return Role(id_, self.titre, self.people, self.hand_over, tuple(days.to_days() for days in self.jours))


def _check_order(starts: datetime, ends: datetime) -> None:
    if ends <= starts:
        refuse("period", [(("au",), f"ends on {ends:%Y-%m-%d %H:%M}, before or as it begins")])


def as_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Return a wall-clock instant in UTC: after the time that a change of the clock skips, the first of two."""
    return local.replace(tzinfo=zone).astimezone(UTC)


class PlanningForm(HeldForm):
    """A temporary schedule: who holds a role during a period, in place of its own people."""

    role: Slug
    du: LocalTime
    au: LocalTime
    auteur: Text
    motif: Text

    @model_validator(mode="after")
    def _in_order(self) -> "PlanningForm":
        _check_order(self.du, self.au)
        return self

    def to_schedule(self, zone: ZoneInfo) -> Schedule:
        """Return the schedule, its period as instants."""
        period = (as_instant(self.du, zone), as_instant(self.au, zone))
        return Schedule(self.role, *period, self.people, self.auteur, self.motif, self.hand_over)


class RemplacementForm(FileModel):
    """Someone replaced during a period; an exchange is written as two replacements."""

    role: Slug
    du: LocalTime
    au: LocalTime
    absent: PersonId
    remplacant: PersonId
    auteur: Text
    motif: Text

    @model_validator(mode="after")
    def _in_order(self) -> "RemplacementForm":
        _check_order(self.du, self.au)
        if self.absent == self.remplacant:
            refuse("remplacement", [(("remplacant",), f"{self.absent} cannot replace themselves")])
        return self

    def named(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield the two people, and where."""
        yield ("absent",), self.absent
        yield ("remplacant",), self.remplacant

    def to_override(self, zone: ZoneInfo) -> Override:
        """Return the replacement, its period as instants."""
        period = (as_instant(self.du, zone), as_instant(self.au, zone))
        return Override(self.role, *period, self.absent, self.remplacant, self.auteur, self.motif)


class TurnsFile(FileModel):
    """A file of schedules and replacements beside a roster file, which names it in ``fichiers_plannings``."""

    plannings: tuple[PlanningForm, ...] = ()
    remplacements: tuple[RemplacementForm, ...] = ()


class FeriesForm(FileModel):
    """Whose public holidays count: those of a département, days added to them and days taken away."""

    departement: Text
    ajoutes: tuple[Day, ...] = ()
    retires: tuple[Day, ...] = ()

    def corrected(self, holidays: frozenset[date]) -> tuple[date, ...]:
        """Return the holidays of the département with what the file adds and takes away, in order."""
        return tuple(sorted((holidays | {*self.ajoutes}) - {*self.retires}))


class ControlesForm(FileModel):
    """What `vigie roster check` is to hold the tableau to; nothing is held that is not written."""

    nuits_de_suite: Annotated[int, Field(ge=1, le=365)] | None = None
    verification: Duration | None = None
