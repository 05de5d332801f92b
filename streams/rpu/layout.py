"""The records that a file writes plainly: no comment, CDATA section, escape, attribute or tag that closes itself.

There, a text is what stands between a tag and a closing tag, and one expression cuts out all the records of a piece of
the file; that what it reads is well-formed XML is checked beside it (`streams.rpu.reading`). Anything else is None here
and read by events.

Most records of a file write the same fields in the same order, or leave some out. The expression made from one of them
gives the texts of the others in a third of the time that finding each field takes. A record that it does not match is
read field by field: both give the same texts.
"""

import re
from collections.abc import Sequence
from operator import itemgetter
from typing import Final, Self

from streams.rpu.patient import FIELDS, FREE, Fields, Patient
from streams.rpu.values import LISTS

WORTH_A_LAYOUT: Final = 20
"""Records in one piece of a file from which learning its layout pays."""

_TAGS: Final = re.compile(r"<([^<>]*)>").findall
_TEXTS: Final = re.compile(r">([^<>]*)</([^<>\s]+)").findall
_DIAGNOSES: Final = re.compile(r"<DA>([^<]*)</DA>").findall
_NAME: Final = re.compile(r"[A-Z_]{1,40}").fullmatch
_LISTED: Final = ("DA", "ACTE")
_PAIRS: Final = [[name, f"/{name}"] for name in _LISTED]
_MOST_FIELDS: Final = 60

# Possessive: a record that does not match must say so in one pass. For the same reason a record takes the space after
# it: before it, the same space would be tried from each of its characters.
_IGNORED: Final = r"(?:<{name}>[^<]*+</{name}>\s*+)?+"
_FIELD: Final = r"(?:<{name}>([^<]*+)</{name}>\s*+)?+"
_LIST: Final = r"(?:<{name}>((?:\s*+<(?:DA|ACTE)>[^<]*+</(?:DA|ACTE)>)*+\s*+)</{name}>\s*+)?+"
_OTHER: Final = r"[^<>]*+(?:</?+(?!PATIENT)[^</>]++>[^<>]*+)*+"
_RECORD: Final = rf"(<PATIENT>(?:\s*+{{fields}}</PATIENT>|({_OTHER})</PATIENT>)\s*+)()"
_WHOLE, _FIRST, _BODY, _ABSENT = 0, 1, -2, -1  # places of its groups; the last never holds anything


class Layout:
    """The fields of a record in their order, each of them once; lists hold diagnoses (DA) or acts."""

    __slots__ = ("_coded", "_free", "_lists", "find")

    def __init__(self, fields: dict[str, bool]) -> None:
        """``fields``: name → whether it is a list."""
        read = [name for name, is_list in fields.items() if is_list or name in FIELDS]
        places = {name: place for place, name in enumerate(read, start=_FIRST)}
        lists = [name for name in read if fields[name]]
        texts = {name: place for name, place in places.items() if name not in lists}
        parts = [
            (_LIST if is_list else _FIELD if name in texts else _IGNORED).format(name=name)
            for name, is_list in fields.items()
        ]
        self.find = re.compile(_RECORD.format(fields="".join(parts))).findall
        self._free = itemgetter(*(texts.get(name, _ABSENT) for name in FREE))
        self._coded = itemgetter(*(texts.get(name, _ABSENT) for name in LISTS))
        self._lists = itemgetter(_ABSENT, _ABSENT, *(places[name] for name in lists))  # of two, it makes a tuple

    @classmethod
    def of(cls, body: str) -> Self | None:
        """Return the layout of a record's content, None when it is not such a one."""
        tags = _TAGS(body)
        fields: dict[str, bool] = {}
        at = 0
        while at < len(tags):
            name, end = tags[at], at + 1
            while tags[end : end + 2] in _PAIRS:
                end += 2
            if name in fields or name in _LISTED or not _NAME(name) or tags[end : end + 1] != [f"/{name}"]:
                return None
            fields[name] = name.startswith("LISTE_") or end > at + 1
            at = end + 1
        return cls(fields) if 0 < len(fields) <= _MOST_FIELDS else None

    def patient(self, found: Sequence[str]) -> Patient:
        """Return a record of this layout from what `find` gave of it."""
        listed = "".join(self._lists(found))
        diagnoses = _DIAGNOSES(listed) if "<DA>" in listed else ()
        return Patient(self._free(found), self._coded(found), diagnoses, (), found[_WHOLE])


class PlainRecords:
    """Reads the plain records of one file, and remembers how it lays them out.

    ``names`` are those of the fields of the records that its layout did not read.
    """

    __slots__ = ("_layout", "names")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._layout = _NO_LAYOUT

    def read(self, data: bytes, encoding: str) -> list[Patient] | None:
        """Return the records of bytes that end with one, without comment or CDATA; None when they are not all plain."""
        if b"&" in data or b"=" in data:
            return None
        try:
            text = data.decode(encoding).lstrip()
        except UnicodeDecodeError:
            return None
        found = self._layout.find(text)
        if sum([len(each[_WHOLE]) for each in found]) != len(text):  # something stands between two of them
            return None
        if self._layout is _NO_LAYOUT and len(found) >= WORTH_A_LAYOUT:
            self._layout = Layout.of(max((each[_BODY] for each in found), key=len)) or _NO_LAYOUT
            found = self._layout.find(text)
        laid_out = self._layout.patient
        return [self._odd(each) if each[_BODY] else laid_out(each) for each in found]

    def _odd(self, found: Sequence[str]) -> Patient:
        texts = _TEXTS(found[_BODY])
        fields = Fields({name: text for text, name in texts})
        if len(fields.texts) < len(texts):
            fields = Fields()
            for text, name in texts:
                fields.add(name, text)
        # Those of the layout are at most sixty: they need no counting.
        self.names.update(fields.texts)
        return fields.patient(found[_WHOLE])


_NO_LAYOUT: Final = Layout({})
"""Of records without any field; every other record is read field by field."""
