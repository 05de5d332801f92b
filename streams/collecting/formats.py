"""The formats a file may come in: how each is recognised, read, and how one of its records is read again alone."""

import csv
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import BinaryIO, Final

from streams.capacity import bed_form, ror, saner
from streams.capacity.declaration import NO_DIRECTORY, Directory
from streams.collecting.decoding import Context, Decoding, Manifest
from streams.collecting.ledger import Ledger, Scope
from streams.collecting.pseudonyms import Pseudonyms
from streams.messages.reference import Etablissement
from streams.opendata import feed as opendata_feed
from streams.opendata.layouts import FORMATS as OPEN_DATA
from streams.opendata.layouts import recognise_header
from streams.rpu import oscour
from streams.signals import accuses, cap, hub_sante, mdo, regulation, signal_json, vigilance

READING: Final = 1
"""To be raised when any format is read otherwise than before: a file that comes again is then read again."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a decoder may ask beside the file: the région's declared establishments, what the ledger holds."""

    region: str
    ledger: Ledger
    etablissements: Mapping[str, Etablissement]

    def departement_of(self, finess: str) -> str | None:
        """Return the département of a declared establishment."""
        declared = self.etablissements.get(finess)
        return declared.departement if declared else None

    def directory(self, own: Directory) -> Directory:
        """Return the région's own directory for the bed feeds, with the establishments it declares."""
        declared = {each.finess: each.departement for each in self.etablissements.values()}
        return replace(own, departements={**own.departements, **declared})

    @property
    def reader(self) -> str:
        """What may read the same bytes otherwise: this version of the formats, the establishments declared."""
        declared = sorted(f"{each.finess} {each.departement}" for each in self.etablissements.values())
        return f"{READING} {hashlib.blake2b(' '.join(declared).encode(), digest_size=8).hexdigest()}"

    def is_known(self, feed: str, source: str, key: str) -> bool:
        """Tell whether a source gave a record with this key."""
        return bool(self.ledger.known(Scope(self.region, feed, source), (key,)))


Decode = Callable[[BinaryIO, str, Context, Tools], Decoding]
Wrap = Callable[[Manifest, Context, bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    ``wrap`` makes a file of one record that was set aside, None when it says nothing apart from its file.
    ``is_checked``: the decoder already holds its values to the messages' types, they need no second validation.
    """

    name: str
    decode: Decode
    wrap: Wrap | None = None
    is_checked: bool = False


class Formats:
    """The formats a collector reads, by name."""

    def __init__(self, formats: Iterable[Format], recognise: Callable[[bytes], str | None]) -> None:
        self.by_name: Final = {format_.name: format_ for format_ in formats}
        self._recognise = recognise

    def recognise(self, head: bytes) -> str | None:
        """Return the format that a file's first kilobytes look like, None for none."""
        name = self._recognise(head)
        return name if name in self.by_name else None


def all_formats(pseudonyms: Pseudonyms, directory: Directory = NO_DIRECTORY) -> Formats:
    """Return every format Vigie reads; ``directory`` is what the région knows of its places."""
    return Formats([*_formats(pseudonyms, directory), *map(_open_data, OPEN_DATA)], recognise)


def _formats(pseudonyms: Pseudonyms, directory: Directory) -> Iterable[Format]:
    def read_oscour(stream: BinaryIO, name: str, context: Context, tools: Tools) -> Decoding:
        return oscour.decode(stream, name, context, pseudonyms, tools.departement_of)

    def read_hub(stream: BinaryIO, name: str, context: Context, _: Tools) -> Decoding:
        return hub_sante.decode(stream, name, context, partial(_pseudonym, pseudonyms))

    def beds(decode: Callable[[BinaryIO, str, Context, Directory], Decoding]) -> Decode:
        return lambda stream, name, context, tools: decode(stream, name, context, tools.directory(directory))

    yield Format("oscour", read_oscour, _oscour_file, is_checked=True)
    yield Format("ror", beds(ror.decode), _json_file)
    yield Format("lits-form-json", beds(bed_form.decode_json), _json_file)
    yield Format("lits-form-csv", beds(bed_form.decode_csv))
    yield Format("saner", beds(saner.decode), _json_file)
    yield Format("signal", _alone(signal_json.decode), _json_file)
    yield Format("mdo", _alone(mdo.decode), _json_file)
    yield Format("regulation", _alone(regulation.decode), _json_file)
    yield Format("accuse", _alone(accuses.decode))
    yield Format("vigilance", _read_vigilance)
    yield Format("cap", _read_cap)
    yield Format("hub-sante", read_hub)


def _open_data(name: str) -> Format:
    return Format(name, _alone(partial(opendata_feed.decode, name)))


def _alone(decode: Callable[[BinaryIO, str, Context], Decoding]) -> Decode:
    return lambda stream, name, context, _: decode(stream, name, context)


def _read_vigilance(stream: BinaryIO, name: str, context: Context, tools: Tools) -> Decoding:
    return vigilance.decode(stream, name, context, partial(tools.is_known, vigilance.FEED, vigilance.SOURCE))


def _read_cap(stream: BinaryIO, name: str, context: Context, tools: Tools) -> Decoding:
    # A reference names its sender, who need not be the one who sends the update.
    return cap.decode(stream, name, context, partial(tools.is_known, cap.FEED))


def _pseudonym(pseudonyms: Pseudonyms, identity: str, day: date) -> str:
    # The secret of the day itself, not of the reception: sent again after a rotation, it keeps its key.
    key = pseudonyms.ring.key_for(day)
    return f"{key.id}.{hmac.digest(key.secret, identity.encode(), 'sha256')[:16].hex()}"


def _json_file(_manifest: Manifest, _context: Context, raw: bytes) -> bytes | None:
    return raw if raw[:1] == b"{" else None


_OSCOUR: Final = """<?xml version="1.0" encoding="UTF-8"?>
<OSCOUR><ETABLISSEMENT><FINESS>{finess}</FINESS><ORDRE>0</ORDRE><EXTRACT>{extracted_at:%d/%m/%Y %H:%M:%S}</EXTRACT>\
<DATEDEBUT>{first:%d/%m/%Y}</DATEDEBUT><DATEFIN>{last:%d/%m/%Y}</DATEFIN></ETABLISSEMENT><PASSAGES>"""


def _oscour_file(manifest: Manifest, context: Context, raw: bytes) -> bytes | None:
    if manifest.window is None:
        return None
    head = _OSCOUR.format(
        finess=manifest.source.removeprefix("ETAB-"),
        extracted_at=manifest.extracted_at.astimezone(context.zone),
        first=manifest.window.first,
        last=manifest.window.last,
    )
    return head.encode() + raw + b"</PASSAGES></OSCOUR>"


def recognise(head: bytes) -> str | None:
    """Return the format that a file's first kilobytes look like, None for none."""
    text = head.decode("latin-1").removeprefix("ï»¿").lstrip()
    if text.startswith("<"):
        return _xml_format(text)
    if text.startswith(("{", "[")):
        return _json_format(text)
    return _csv_format(text)


def _xml_format(text: str) -> str | None:
    if re.search(r"<OSCOUR[\s>]", text):
        return "oscour"
    return "cap" if "urn:oasis:names:tc:emergency:cap:" in text else None


_TELLTALES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("hub-sante", ("distributionID",)),
    ("vigilance", ("product", "update_time")),
    ("mdo", ("maladie",)),
    ("accuse", ("notification", "etape")),
    ("lits-form-json", ("finess", "nature")),
    ("regulation", ("territoire", "debut")),
    ("signal", ("nature", "territoire")),
)
"""The keys that only a file of the format holds, looked for in this order."""


def _json_format(text: str) -> str | None:
    if _has(text, "kind") and _has(text, "payload"):
        return None  # lines of Vigie's own messages
    resources = re.findall(r'"resourceType"\s*:\s*"(\w+)"', text)
    if resources:
        return _fhir_format(resources)
    return next((name for name, keys in _TELLTALES if all(_has(text, key) for key in keys)), None)


def _has(text: str, key: str) -> bool:
    return re.search(rf'"{key}"\s*:', text) is not None


def _fhir_format(resources: list[str]) -> str | None:
    if "MeasureReport" in resources:
        return "saner"
    return "ror" if "Location" in resources or resources[0] == "Bundle" else None


_COLUMNS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("lits-form-csv", frozenset({"finess", "nature", "maj"})),
    ("mdo", frozenset({"maladie", "departement"})),
    ("regulation", frozenset({"territoire", "debut", "fin"})),
)


def _csv_format(text: str) -> str | None:
    first_line = text.splitlines()[0] if text else ""
    try:
        open_data = recognise_header(first_line)
    except csv.Error:
        return None
    columns = frozenset(name.strip().strip('"') for name in re.split("[;,]", first_line))
    return open_data or next((name for name, needed in _COLUMNS if needed <= columns), None)
