"""Every format Vigie reads, and how one record of it becomes a file again."""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import BinaryIO, Final

from streams.capacity import bed_form, ror, saner
from streams.capacity.declaration import NO_DIRECTORY, Directory
from streams.collecting.decoding import Context, Decoding, Manifest
from streams.collecting.formats import Decode, Format, Formats, Tools
from streams.collecting.pseudonyms import Pseudonyms
from streams.opendata import feed as opendata_feed
from streams.opendata.layouts import FORMATS as OPEN_DATA
from streams.recognising import recognise
from streams.rpu import oscour
from streams.signals import accuses, cap, hub_sante, mdo, regulation, signal_json, vigilance


def all_formats(pseudonyms: Pseudonyms, directory: Directory = NO_DIRECTORY) -> Formats:
    """Return every format Vigie reads; ``directory`` is what the région knows of its places."""
    return Formats([*_formats(pseudonyms, directory), *map(_open_data, OPEN_DATA)], recognise)


def _formats(pseudonyms: Pseudonyms, directory: Directory) -> Iterable[Format]:
    def read_oscour(stream: BinaryIO, name: str, context: Context, tools: Tools) -> Decoding:
        return oscour.decode(stream, name, context, pseudonyms, tools.departement_of)

    def read_hub(stream: BinaryIO, name: str, context: Context, _: Tools) -> Decoding:
        return hub_sante.decode(stream, name, context, partial(_pseudonym, pseudonyms))

    def beds(decode: Callable[[BinaryIO, str, Context, Directory], Decoding]) -> Decode:
        return lambda stream, name, context, tools: decode(stream, name, context, _directory(tools, directory))

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


def _directory(tools: Tools, own: Directory) -> Directory:
    """Return the région's own directory for the bed feeds, with the establishments it declares."""
    declared = {each.finess: each.departement for each in tools.etablissements.values()}
    return replace(own, departements={**own.departements, **declared})


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
