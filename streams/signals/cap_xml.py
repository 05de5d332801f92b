"""XML of a CAP 1.2 alert as a small tree: bounded, no DOCTYPE, hence no entity and nothing fetched.

Only elements of the CAP namespace are kept, which leaves signatures and extensions out. expat reads UTF-8, UTF-16,
ISO-8859-1 and US-ASCII. The limits are Vigie's own choice.
"""

from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from streams.collecting.decoding import UnreadableFeed

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
LARGEST: Final = 4 * 1024 * 1024
DEEPEST: Final = 16
MOST_ELEMENTS: Final = 50_000

_SEPARATOR: Final = " "


@dataclass(slots=True)
class Element:
    """An element of the CAP namespace: its local name, its own text, its children in order."""

    name: str
    pieces: list[str] = field(default_factory=list)
    children: list["Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The element's own text, stripped."""
        return "".join(self.pieces).strip()

    def all(self, name: str) -> list["Element"]:
        """Return the children of a name."""
        return [child for child in self.children if child.name == name]

    def texts(self, name: str) -> list[str]:
        """Return the text of each child of a name."""
        return [child.text for child in self.all(name)]

    def first(self, name: str) -> str:
        """Return the text of the first child of a name, empty when there is none."""
        return next(iter(self.texts(name)), "")


class _Refusal(ValueError):
    """Why a document is refused, raised from inside the parser."""


class _Builder:
    def __init__(self) -> None:
        self.top = Element("")
        self._open = [self.top]
        self._depth_left_out = 0
        self._seen = 0

    def start(self, name: str, _attributes: object) -> None:
        self._seen += 1
        if self._seen > MOST_ELEMENTS or len(self._open) + self._depth_left_out > DEEPEST:
            raise _Refusal(f"more than {MOST_ELEMENTS} elements, or {DEEPEST} levels")
        namespace, _, local = name.rpartition(_SEPARATOR)
        if self._depth_left_out or namespace != NAMESPACE:
            self._depth_left_out += 1
            return
        element = Element(local)
        self._open[-1].children.append(element)
        self._open.append(element)

    def end(self, _name: str) -> None:
        if self._depth_left_out:
            self._depth_left_out -= 1
        else:
            self._open.pop()

    def text(self, piece: str) -> None:
        if not self._depth_left_out:
            self._open[-1].pieces.append(piece)

    def doctype(self, *_: object) -> None:
        raise _Refusal("a DOCTYPE: an alert has none, and its entities would not be read")


def read_alert(data: bytes, source_name: str) -> Element:
    """Return the ``alert`` element; UnreadableFeed when the document is not a CAP 1.2 alert."""
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnreadableFeed(f"{source_name}:{error.lineno}: not XML, at column {error.offset}") from None
    except (_Refusal, LookupError, ValueError) as error:
        reason = str(error) if isinstance(error, _Refusal) else "an encoding that is not read: send UTF-8"
        raise UnreadableFeed(f"{source_name}:{parser.CurrentLineNumber}: {reason}") from None
    alerts = builder.top.all("alert")
    if not alerts:
        raise UnreadableFeed(f"{source_name}:1: not a CAP 1.2 alert: expected <alert xmlns='{NAMESPACE}'>")
    return alerts[0]
