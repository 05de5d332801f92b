"""The published schemas as validators that see each other, instants included."""

from datetime import datetime
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from streams.contracts import schemas

META = Draft202012Validator(Draft202012Validator.META_SCHEMA)
FORMATS = FormatChecker(formats=["date"])


@FORMATS.checks("date-time", raises=ValueError)
def is_instant(value: object) -> bool:
    """Tell an RFC 3339 instant, whose zone is not optional; jsonschema leaves this one to another package."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@cache
def published() -> dict[str, dict[str, Any]]:
    return schemas()


@cache
def validator(name: str) -> Draft202012Validator:
    resources = [(schema["$id"], DRAFT202012.create_resource(schema)) for schema in published().values()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator(published()[name], registry=registry, format_checker=FORMATS)


def complaints(name: str, value: object) -> list[str]:
    """Return what a schema refuses in a value."""
    return [error.message for error in validator(name).iter_errors(value)]


def kinds_of(effect: dict[str, Any]) -> list[str]:
    """Return the kinds of effect that the schema chooses from, in order."""
    names = (choice["$ref"].rpartition("/")[2] for choice in effect["anyOf"])
    return [effect["$defs"][name]["properties"]["kind"]["const"] for name in names]
