"""A catalogue: all the plans known at one moment, identified by a hash.

A catalogue is journaled as its documents (the French keys of the files, every default written out) and
restored from them, so a replay judges with the plans of that day even when the files have changed since. A
what-if is nothing more than another catalogue.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any, Final

import msgspec

from orsan_plans.plan import Plan
from orsan_plans.problem import Problem
from orsan_plans.schema import PlanError, PlanForm, parse_plan

Document = tuple[str, dict[str, Any]]
"""A plan file's name and its content, as plain JSON values."""

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Plans ordered by id then first day; ``sha256`` (64 hex) is that of the documents' canonical JSON."""

    sha256: str
    documents: tuple[Document, ...] = field(repr=False, hash=False)
    plans: tuple[Plan, ...] = field(hash=False)

    @classmethod
    def from_documents(cls, documents: Iterable[tuple[str, Mapping[str, Any]]]) -> "Catalogue":
        """Read plan contents by document name; PlanError with every mistake of every document."""
        forms, problems = _parse(documents)
        problems += _clashes(forms)
        if problems:
            raise PlanError(problems)
        canonical = tuple((name, form.model_dump(mode="json", exclude_none=True)) for name, form in forms)
        plans = sorted((form.to_plan() for _, form in forms), key=lambda plan: (plan.id, plan.valid_from))
        return cls(hashlib.sha256(_encode(canonical)).hexdigest(), canonical, tuple(plans))

    def in_force(self, day: date, region: str) -> tuple[Plan, ...]:
        """Return the plans that apply in a région (INSEE code) on a local ``day``, ordered by id."""
        return tuple(plan for plan in self.plans if plan.is_in_force(day, region))


_Named = list[tuple[str, PlanForm]]


def _parse(documents: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[_Named, list[Problem]]:
    forms: _Named = []
    problems: list[Problem] = []
    for name, content in sorted(documents, key=lambda document: document[0]):
        try:
            forms.append((name, parse_plan(name, content)))
        except PlanError as error:
            problems.extend(error.problems)
    return forms, problems


def _clashes(forms: _Named) -> Iterator[Problem]:
    for (first, one), (second, other) in combinations(forms, 2):
        if first == second:
            yield Problem(second, (), "two documents have this name")
        elif one.plan == other.plan and _overlap(one.to_plan(), other.to_plan()):
            yield Problem(
                second,
                ("valide_du",),
                f"the plan {one.plan!r} is already in force in {first} for some of these days and régions; "
                "versions of one plan must follow each other, or give this plan another name",
            )


def _overlap(one: Plan, other: Plan) -> bool:
    latest_start = max(one.valid_from, other.valid_from)
    earliest_end = min(one.valid_until or date.max, other.valid_until or date.max)
    same_region = not one.regions or not other.regions or not set(one.regions).isdisjoint(other.regions)
    return latest_start <= earliest_end and same_region
