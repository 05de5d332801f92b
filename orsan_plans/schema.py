"""A plan file: its French keys, what is refused, and its conversion to `orsan_plans.plan`.

`parse_plan` reads the content of a file (or of the journal) and refuses what could not be applied: a
threshold without a declared source, an audience for a posture that is never asked for, a volet proposed by a
rule that never reaches ALERTE.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictBool,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from orsan_plans.condition_schema import ConditionForm, RaisedWord, posture_of
from orsan_plans.fields import NO_END, Day, Duration, FileModel, LastDay, Slug, Text, check_period, last_day
from orsan_plans.geography import REGIONS
from orsan_plans.plan import Audience, Plan, Rule, Source, WhenUnknown
from orsan_plans.posture import RAISED, Posture
from orsan_plans.problem import KeyPath, Problem, problems_of, suggestion
from orsan_plans.territory import Level

EVERYWHERE = "toutes"


class PlanError(ValueError):
    """Plans that cannot be used: ``problems`` holds every mistake of every document."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def _regions(value: object) -> tuple[str, ...]:
    if value == EVERYWHERE:
        return ()
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"write {EVERYWHERE}, or a list of INSEE région codes such as ['52', '76']")
    codes = tuple(str(code) for code in value)
    for code in codes:
        if code not in REGIONS:
            raise ValueError(f"unknown région {code!r}; INSEE codes: {', '.join(REGIONS)}")
    _refuse_repeated(codes)
    return codes


def _refuse_repeated(values: tuple[str, ...]) -> tuple[str, ...]:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f"{str(value)!r} is given twice")
    return values


def _level(value: object) -> object:
    if value == Level.FRANCE:
        raise ValueError("a plan judges one région at a time; write region, departement or etablissement")
    return value


Regions = Annotated[
    tuple[str, ...], BeforeValidator(_regions), PlainSerializer(lambda codes: list(codes) or EVERYWHERE)
]


class SourceForm(FileModel):
    """Where numbers come from; the last day is written even when there is none."""

    reference: Text
    auteur: Text
    valide_du: Day
    valide_au: LastDay
    note: Annotated[str, Field(max_length=2000)] = ""

    @field_validator("valide_au")
    @classmethod
    def _in_order(cls, last: LastDay, info: ValidationInfo) -> LastDay:
        check_period(info.data.get("valide_du"), last)
        return last

    def to_source(self, id_: str) -> Source:
        """Return the source under its identifier."""
        return Source(id_, self.reference, self.auteur, self.valide_du, last_day(self.valide_au), self.note)


class AudienceForm(FileModel):
    """Whom a posture tells, and whether someone has to answer."""

    roles: Annotated[tuple[Slug, ...], Field(min_length=1)]
    accuse_de_reception: Literal["requis", "non_requis"] = "requis"
    regroupement: Duration = timedelta(0)

    @field_validator("roles")
    @classmethod
    def _each_once(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        return _refuse_repeated(roles)

    def to_audience(self) -> Audience:
        """Return the audience."""
        return Audience(self.roles, self.accuse_de_reception == "requis", self.regroupement)


class RuleForm(FileModel):
    """One rule; what is left out takes the value given here, and is journaled with it."""

    regle: Slug
    titre: Text
    territoires: Annotated[tuple[Annotated[Level, BeforeValidator(_level)], ...], Field(min_length=1)]
    condition: ConditionForm
    maintien: Duration = timedelta(0)
    retour: Duration = timedelta(0)
    si_inconnu: WhenUnknown = WhenUnknown.KEEP
    propose_le_volet: StrictBool = False
    actions_reflexes: Annotated[tuple[Text, ...], Field(min_length=1)]
    prevenir: Annotated[dict[RaisedWord, AudienceForm], Field(min_length=1)]

    @field_validator("territoires")
    @classmethod
    def _each_once(cls, levels: tuple[Level, ...]) -> tuple[Level, ...]:
        _refuse_repeated(levels)
        return levels

    def _asked_for(self) -> frozenset[Posture]:
        unknown = {Posture.VIGILANCE} if self.si_inconnu is WhenUnknown.VIGILANCE else set()
        return self.condition.postures() | unknown

    def mistakes(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield what is said of a posture that the condition never asks for."""
        for word in self.prevenir:
            if posture_of(word) not in self._asked_for():
                yield ("prevenir", word), f"the condition never asks for {word}: nobody would ever be told"
        if self.propose_le_volet and Posture.ALERTE not in self._asked_for():
            yield ("propose_le_volet",), "a volet is proposed at alerte, which the condition never asks for"

    def to_rule(self, sources: Mapping[str, Source]) -> Rule:
        """Return the rule; KeyError when a source is not declared."""
        audiences = {posture_of(word): form.to_audience() for word, form in self.prevenir.items()}
        return Rule(
            id=self.regle,
            title=self.titre,
            levels=self.territoires,
            condition=self.condition.to_condition(sources),
            hold=self.maintien,
            fall_hold=self.retour,
            when_unknown=self.si_inconnu,
            proposes_volet=self.propose_le_volet,
            reflex_actions=self.actions_reflexes,
            audiences=tuple((posture, audiences[posture]) for posture in RAISED if posture in audiences),
        )


class PlanForm(FileModel):
    """A whole plan file."""

    plan: Slug
    volet: Text
    titre: Text
    regions: Regions
    valide_du: Day
    valide_au: LastDay = NO_END
    sources: Annotated[dict[Slug, SourceForm], Field(min_length=1)]
    regles: Annotated[tuple[RuleForm, ...], Field(min_length=1)]

    @field_validator("valide_au")
    @classmethod
    def _in_order(cls, last: LastDay, info: ValidationInfo) -> LastDay:
        check_period(info.data.get("valide_du"), last)
        return last

    def mistakes(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield what can only be seen with the whole plan in view, and where."""
        seen: set[str] = set()
        for position, rule in enumerate(self.regles):
            if rule.regle in seen:
                yield ("regles", position, "regle"), f"the rule {rule.regle!r} is already in this plan"
            seen.add(rule.regle)
            for path, message in rule.mistakes():
                yield ("regles", position, *path), message
            for path, source in rule.condition.citations():
                if message := self._source_mistake(source):
                    yield ("regles", position, "condition", *path), message

    def _source_mistake(self, id_: str) -> str:
        source = self.sources.get(id_)
        if source is None:
            near = suggestion(id_, list(self.sources))
            return f"no source {id_!r} under sources" + (near or "; declare it there")
        if _is_before(source.valide_au, self.valide_du) or _is_before(self.valide_au, source.valide_du):
            return f"the source {id_!r} is never valid while this plan is: the rule would never apply"
        return ""

    def to_plan(self) -> Plan:
        """Return the plan; KeyError when a source is not declared (`parse_plan` refuses it before)."""
        sources = {id_: form.to_source(id_) for id_, form in self.sources.items()}
        return Plan(
            id=self.plan,
            volet=self.volet,
            title=self.titre,
            regions=self.regions,
            valid_from=self.valide_du,
            valid_until=last_day(self.valide_au),
            rules=tuple(rule.to_rule(sources) for rule in self.regles),
        )


def _is_before(last: LastDay, first: Day) -> bool:
    end = last_day(last)
    return end is not None and end < first


def parse_plan(document: str, content: object) -> PlanForm:
    """Read the content of a plan file named ``document``; PlanError with every mistake in it."""
    try:
        form = PlanForm.model_validate(content)
    except ValidationError as error:
        raise PlanError(problems_of(document, content, PlanForm, error)) from None
    if problems := [Problem(document, path, message) for path, message in form.mistakes()]:
        raise PlanError(problems)
    return form
