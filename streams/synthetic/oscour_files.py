"""OSCOUR files of synthetic visits, in the format `streams.rpu.oscour` reads.

Each replaces its days, and holds what was known when it was extracted. Name of a file: hkara2/gpmsi,
rpu_renommer_sesan.groovy.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Final

from streams.synthetic.sites import Site
from streams.synthetic.visits import ZONE, Visit

_MINUTE: Final = "%d/%m/%Y %H:%M"
_DAY: Final = "%d/%m/%Y"


@dataclass(frozen=True, slots=True)
class TimedFile:
    """A file, its name, and the instant (UTC) at which it is dropped."""

    at: datetime
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a file is extracted for: the instant (UTC) and the local days, both included, it replaces."""

    at: datetime
    first: date
    last: date


def file_name(site: Site, extraction: Extraction) -> str:
    """Return the name of a file: ``O<FINESS>_<ORDRE>_<yyyymmddhhmmss>.xml``."""
    return f"O{site.finess}_0_{extraction.at.astimezone(ZONE):%Y%m%d%H%M%S}.xml"


def oscour_file(site: Site, extraction: Extraction, visits: Iterable[Visit]) -> bytes:
    """Return the file of a site: of ``visits``, those of its days that are known."""
    held = [_patient(visit, extraction.at) for visit in visits if _is_held(visit, extraction)]
    head = {
        "FINESS": site.finess,
        "ORDRE": "0",
        "EXTRACT": f"{extraction.at.astimezone(ZONE):%d/%m/%Y %H:%M:%S}",
        "DATEDEBUT": f"{extraction.first:{_DAY}}",
        "DATEFIN": f"{extraction.last:{_DAY}}",
    }
    text = (
        f'<?xml version="1.0" encoding="{site.encoding}"?>\n<OSCOUR>\n'
        f"<ETABLISSEMENT>{_elements(head.items())}</ETABLISSEMENT>\n"
        f"<PASSAGES>\n{''.join(held)}</PASSAGES>\n</OSCOUR>\n"
    )
    return text.encode(site.encoding)


def _is_held(visit: Visit, extraction: Extraction) -> bool:
    day = visit.entered_at.astimezone(ZONE).date()
    return extraction.first <= day <= extraction.last and visit.is_known(extraction.at)


def _patient(visit: Visit, at: datetime) -> str:
    associated = "".join(f"<DA>{code}</DA>" for code in visit.associated) if visit.is_coded(at) else ""
    return (
        f"<PATIENT>{_elements(_known(visit, at))}<LISTE_DA>{associated}</LISTE_DA>"
        f"{_elements(_exit(visit, at))}</PATIENT>\n"
    )


def _known(visit: Visit, at: datetime) -> Iterator[tuple[str, str]]:
    person, coming = visit.person, visit.coming
    yield "CP", person.postal_code
    yield "COMMUNE", escape(person.commune, quote=False)
    yield "NAISSANCE", f"{person.birth:{_DAY}}"
    yield "SEXE", person.sex
    yield "ENTREE", f"{visit.entered_at.astimezone(ZONE):{_MINUTE}}"
    yield "MODE_ENTREE", coming.mode_entree
    yield "PROVENANCE", coming.provenance
    yield "TRANSPORT", coming.transport
    yield "TRANSPORT_PEC", coming.transport_pec
    yield "MOTIF", escape(visit.reason, quote=False)
    yield "GRAVITE", visit.ccmu if visit.triaged_at <= at else ""
    yield "DP", visit.diagnosis if visit.is_coded(at) else ""


def _exit(visit: Visit, at: datetime) -> Iterator[tuple[str, str]]:
    leaving, has_left = visit.leaving, visit.left_at <= at
    yield "SORTIE", f"{leaving.at.astimezone(ZONE):{_MINUTE}}" if has_left else ""
    yield "MODE_SORTIE", leaving.mode_sortie if has_left else ""
    yield "DESTINATION", leaving.destination if has_left else ""
    yield "ORIENT", leaving.orient if has_left else ""


def _elements(fields: Iterable[tuple[str, str]]) -> str:
    return "".join([f"<{name}>{text}</{name}>" for name, text in fields])
