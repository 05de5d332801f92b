"""YAML for people who are not programmers: few surprises, and every mistake has a file, a line and a key.

The only importer of `yaml`. A subset is read: one UTF-8 document of at most 1 MB, without anchors, aliases or
tags (a small file could otherwise unfold into gigabytes), without repeated keys. Only ``true`` and ``false``
are booleans, only plain decimal digits are numbers; ``oui``, ``no``, ``09``, ``12:30`` and dates stay text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from orsan_plans.problem import KeyPath, Problem, problems_of

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 40

M = TypeVar("M", bound=BaseModel)


class DocumentError(ValueError):
    """Documents that cannot be used: one line per mistake, ``file:line: key.path: message``."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


@dataclass(frozen=True, slots=True)
class LocatedDocument:
    """A document's plain content (dict, list, str, int, float, bool, None) and the line of each key."""

    path: Path
    content: Any
    lines: Mapping[KeyPath, int]

    def located(self, problem: Problem) -> str:
        """Return the problem with the file and the line of its key, or of the nearest key above it."""
        above = (problem.path[:length] for length in range(len(problem.path), -1, -1))
        line = next((self.lines[path] for path in above if path in self.lines), 1)
        return f"{self.path}:{line}: {problem.text}"


def load_document(path: Path) -> LocatedDocument:
    """Read one YAML file; DocumentError if it cannot be read or is outside the accepted subset."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError([f"{path}: cannot be read: {error.strerror or error}"]) from None
    return parse_document(path, data)


def parse_document(path: Path, data: bytes) -> LocatedDocument:
    """Read the bytes of a YAML file; ``path`` only names it in errors. DocumentError as `load_document`."""
    try:
        document = _Document(_decoded(data))
        content = document.read()
    except _RefusedError as refused:
        problem = Problem(str(path), refused.path, refused.message)
        raise DocumentError([f"{path}:{refused.line}: {problem.text}"]) from None
    return LocatedDocument(path, content, document.lines)


def validate(document: LocatedDocument, model: type[M]) -> M:
    """Return ``model`` built from the document; DocumentError with one line per mistake."""
    try:
        return model.model_validate(document.content)
    except ValidationError as error:
        problems = problems_of(str(document.path), document.content, model, error)
        raise DocumentError(map(document.located, problems)) from None


@dataclass
class _RefusedError(Exception):
    line: int
    message: str
    path: KeyPath = ()


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _RefusedError(1, f"larger than {MAX_BYTES:,} bytes; split the file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _RefusedError(line, "this is not UTF-8 text; save the file as UTF-8") from None


@dataclass
class _Document:
    """Builds plain values from the parser's events, noting the line of every key on the way."""

    text: str
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def read(self) -> Any:  # noqa: ANN401 - a document can hold any plain value
        try:
            return self._only_document(self._events())
        except yaml.MarkedYAMLError as error:
            raise _syntax_error(error) from None
        except yaml.reader.ReaderError as error:
            line = self.text.count("\n", 0, error.position) + 1
            raise _RefusedError(line, "a control character cannot be used; remove it") from None

    def _events(self) -> Iterator[yaml.Event]:
        for event in yaml.parse(self.text, Loader=yaml.SafeLoader):
            if not isinstance(event, yaml.StreamStartEvent | yaml.DocumentEndEvent):
                yield event

    def _only_document(self, events: Iterator[yaml.Event]) -> Any:  # noqa: ANN401 - as `read`
        if isinstance(next(events), yaml.StreamEndEvent):
            raise _RefusedError(1, "the file is empty")
        content = self._value(events, next(events), ())
        extra = next(events)
        if not isinstance(extra, yaml.StreamEndEvent):
            raise _RefusedError(_line(extra), "a second document starts here; keep one document per file")
        return content

    def _value(self, events: Iterator[yaml.Event], event: yaml.Event, path: KeyPath) -> Any:  # noqa: ANN401 - as `read`
        _refuse_machinery(event, path)
        self.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        return self._sequence(events, path)

    def _sequence(self, events: Iterator[yaml.Event], path: KeyPath) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            values.append(self._value(events, event, (*path, len(values))))
        return values

    def _mapping(self, events: Iterator[yaml.Event], path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, path)
            self.lines[*path, key] = _line(event)
            values[key] = self._value(events, next(events), (*path, key))
        return values

    def _key(self, event: yaml.Event, path: KeyPath) -> str:
        _refuse_machinery(event, path)
        if not isinstance(event, yaml.ScalarEvent):
            raise _RefusedError(_line(event), "a key must be a word", path)
        key = str(event.value)
        if (first := self.lines.get((*path, key))) is not None:
            raise _RefusedError(_line(event), f"this key is already given on line {first}", (*path, key))
        return key


def _line(event: yaml.Event) -> int:
    # The parser's type hints allow an event without a mark; the parser itself never makes one.
    return event.start_mark.line + 1 if event.start_mark else 1


def _refuse_machinery(event: yaml.Event, path: KeyPath) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise _RefusedError(
            _line(event),
            "anchors (&) and aliases (*) are not accepted; repeat the text, or put it between quotes",
            path,
        )
    if getattr(event, "tag", None) is not None:
        raise _RefusedError(_line(event), "tags (!) are not accepted; put the text between quotes", path)
    if len(path) > MAX_DEPTH:
        raise _RefusedError(_line(event), f"nested more than {MAX_DEPTH} levels deep", path[:3])


# Fifteen digits: what a float holds exactly, and far more than any count of patients.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}


def _scalar(event: yaml.ScalarEvent) -> str | int | float | bool | None:
    text = str(event.value)
    if event.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _syntax_error(error: yaml.MarkedYAMLError) -> _RefusedError:
    mark = error.problem_mark or error.context_mark
    message = " ".join(filter(None, (error.context, error.problem)))
    if "'\\t'" in message:
        message = "a tab cannot be used here; indent with spaces"
    elif "mapping values are not allowed here" in message:
        message = "a colon is not expected here; put text that holds one between quotes, or check the indentation"
    return _RefusedError(mark.line + 1 if mark else 1, f"not readable as YAML: {message}")
