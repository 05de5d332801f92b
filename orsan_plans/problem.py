"""What is wrong in a document, said so that whoever wrote it can put it right.

`problems_of` turns pydantic's errors into problems: the path of keys that leads to the mistake, and what to
write instead. Lists are counted from 1 in what people read: ``regles[1]`` is the first rule.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a document; ``path`` holds keys and 0-based positions, empty for the whole document."""

    document: str
    path: KeyPath
    message: str

    @property
    def key(self) -> str:
        """The path as people read it: ``regles[1].condition.seuils``."""
        steps = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(steps).removeprefix(".")

    @property
    def text(self) -> str:
        """The key, then the message; the message alone when the whole document is meant."""
        return f"{self.key}: {self.message}" if self.path else self.message

    def __str__(self) -> str:
        return f"{self.document}: {self.text}"


def suggestion(word: str, known: list[str]) -> str:
    """Return ``; did you mean 'x' or 'y'?`` for the nearest known words, or nothing when none is near."""
    near = get_close_matches(word, known, n=3)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def problems_of(document: str, content: object, model: type[BaseModel], error: ValidationError) -> list[Problem]:
    """Return one problem per error that ``model`` found in ``content`` (plain lists and dicts)."""
    problems = []
    for detail in error.errors(include_url=False):
        if _is_echo(detail):
            continue
        path = _path_in(content, detail)
        problems.append(Problem(document, path, _message(detail, path, model)))
    return problems


def _is_echo(detail: ErrorDetails) -> bool:
    """Tell whether a tuple is called too short only because pydantic left out its items that have mistakes."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _path_in(content: object, detail: ErrorDetails) -> KeyPath:
    """Keep the steps that exist in the content: pydantic also names the branches of a union."""
    path: list[str | int] = []
    for step in detail["loc"]:
        match content:
            case Mapping() if step in content:
                content = content[step]
            case list() | tuple() if isinstance(step, int) and step < len(content):
                content = content[step]
            case _:
                continue
        path.append(step)
    if detail["type"] == "missing":
        path.append(detail["loc"][-1])
    return tuple(path)


def _got(expected: str) -> Callable[[ErrorDetails], str]:
    return lambda detail: f"expected {expected}, got {_shown(detail['input'])}"


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return repr(value)
        case list() | tuple():
            return "a list"
        case _:
            return "a group of keys"


_MESSAGES: Final[dict[str, Callable[[ErrorDetails], str]]] = {
    "missing": lambda _: "this key is required",
    "string_type": lambda detail: f"expected text, got {_shown(detail['input'])}{_quotes(detail['input'])}",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda detail: f"must not exceed {detail['ctx']['max_length']} characters",
    "string_pattern_mismatch": lambda detail: f"{detail['input']!r} does not have the form {detail['ctx']['pattern']}",
    "bool_type": _got("true or false"),
    "int_type": _got("a whole number"),
    "list_type": _got("a list"),
    "tuple_type": _got("a list"),
    "dict_type": _got("a group of keys"),
    "model_type": _got("a group of keys"),
    "model_attributes_type": _got("a group of keys"),
    "dataclass_type": _got("a group of keys"),
    "too_short": lambda detail: (
        f"needs at least {detail['ctx']['min_length']} of them, got {detail['ctx']['actual_length']}"
    ),
    "literal_error": lambda detail: f"expected {detail['ctx']['expected']}, got {_shown(detail['input'])}",
    "enum": lambda detail: f"expected {detail['ctx']['expected']}, got {_shown(detail['input'])}",
    "value_error": lambda detail: str(detail["ctx"]["error"]),
}


def _quotes(value: object) -> str:
    return "; put it between quotes" if isinstance(value, bool | int | float) else ""


def _message(detail: ErrorDetails, path: KeyPath, model: type[BaseModel]) -> str:
    if detail["type"] == "extra_forbidden":
        return _unknown_key(str(path[-1]), _accepted_keys(model, path[:-1]))
    if write := _MESSAGES.get(detail["type"]):
        return write(detail)
    return re.sub(r"^Input should", f"got {_shown(detail['input'])}; it should", detail["msg"])


def _unknown_key(key: str, known: list[str]) -> str:
    if key.isdigit():
        return "unknown key; a decimal comma between braces must be between quotes, such as '6,5'"
    return "unknown key" + (suggestion(key, known) or f" (accepted here: {', '.join(known)})")


def _accepted_keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    root = model.model_json_schema()
    nodes = list(_alternatives(root, root))
    for step in path:
        nodes = [child for node in nodes for child in _children(root, node, step)]
    return sorted({key for node in nodes for key in node.get("properties", ())})


def _children(root: dict[str, Any], node: dict[str, Any], step: str | int) -> Iterator[dict[str, Any]]:
    if isinstance(step, int):
        child = node.get("items")
    else:
        child = node.get("properties", {}).get(step, node.get("additionalProperties"))
    if isinstance(child, dict):
        yield from _alternatives(root, child)


def _alternatives(root: dict[str, Any], node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in node:
        yield from _alternatives(root, root["$defs"][node["$ref"].rpartition("/")[2]])
    branches = [*node.get("anyOf", ()), *node.get("oneOf", ())]
    for branch in branches:
        yield from _alternatives(root, branch)
    if "$ref" not in node and not branches:
        yield node
