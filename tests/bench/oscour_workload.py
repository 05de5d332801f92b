"""What the benchmarks of collecting read: OSCOUR files of invented establishments, any number of visits long."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Final

REGION: Final = "52"
DEPARTEMENTS: Final = ("44", "49", "53", "72", "85")
DAYS: Final = 7
FIRST_DAY: Final = date(2026, 1, 7)
RECEIVED_AT: Final = datetime(2026, 1, 14, 4, tzinfo=UTC)

_HEADER: Final = """<?xml version="1.0" encoding="ISO-8859-1"?>
<OSCOUR>
<ETABLISSEMENT><FINESS>{finess}</FINESS><ORDRE>0</ORDRE><EXTRACT>14/01/2026 04:00:00</EXTRACT>\
<DATEDEBUT>{first:%d/%m/%Y}</DATEDEBUT><DATEFIN>{last:%d/%m/%Y}</DATEFIN></ETABLISSEMENT>
<PASSAGES>
"""
_VISIT: Final = """<PATIENT>
<CP>{cp}</CP><COMMUNE>VILLE INVENTÉE</COMMUNE><NAISSANCE>{born}</NAISSANCE><SEXE>{sex}</SEXE>
<ENTREE>{entered}</ENTREE><MODE_ENTREE>8</MODE_ENTREE><PROVENANCE>5</PROVENANCE><TRANSPORT>{transport}</TRANSPORT>
<TRANSPORT_PEC>AUCUN</TRANSPORT_PEC><MOTIF>R10.4</MOTIF><GRAVITE>{ccmu}</GRAVITE><DP>{dp}</DP>
<LISTE_DA>{da}</LISTE_DA><LISTE_ACTES><ACTE>ZBQK002</ACTE></LISTE_ACTES>
<SORTIE>{left}</SORTIE><MODE_SORTIE>{mode}</MODE_SORTIE><DESTINATION>{destination}</DESTINATION><ORIENT>{orient}</ORIENT>
</PATIENT>
"""
_FOOTER: Final = "</PASSAGES>\n</OSCOUR>\n"
_DIAGNOSES: Final = tuple(f"{letter}{number:02}{last}" for letter in "IJKRST" for number in range(99) for last in "09")


def finess_of(site: int) -> str:
    """Return the FINESS of an invented establishment."""
    return f"{DEPARTEMENTS[site % len(DEPARTEMENTS)]}0{site:06}"


def oscour_pieces(visits: int, site: int = 0, days: int = DAYS) -> Iterator[bytes]:
    """Yield a file piece by piece: ``visits`` entered evenly over ``days``."""
    random, last = Random(site), FIRST_DAY + timedelta(days - 1)
    yield _HEADER.format(finess=finess_of(site), first=FIRST_DAY, last=last).encode("latin-1")
    minutes = days * 24 * 60
    for number in range(visits):
        yield _visit(random, number * minutes // visits).encode("latin-1")
    yield _FOOTER.encode("latin-1")


def oscour_file(visits: int, site: int = 0) -> bytes:
    """Return a whole file."""
    return b"".join(oscour_pieces(visits, site))


def _visit(random: Random, minute: int) -> str:
    is_kept = random.random() < 0.24
    return _VISIT.format(
        cp=44000 + 10 * random.randrange(100),
        born=_day(date(2026, 1, 1) - timedelta(random.randrange(95 * 365))),
        sex=random.choice("FM"),
        entered=_minute(minute),
        left=_minute(minute + random.randrange(30, 600)),
        transport=random.choice(("PERSO", "PERSO", "AMBU", "VSAB", "SMUR")),
        ccmu=random.choice("12223345"),
        dp=random.choice(_DIAGNOSES),
        da="".join(f"<DA>{random.choice(_DIAGNOSES)}</DA>" for _ in range(random.randrange(3))),
        mode="6" if is_kept else "8",
        destination="1" if is_kept else "6",
        orient=random.choice(("MED", "CHIR", "UHCD")) if is_kept else "",
    )


def _day(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year}"


@lru_cache
def _day_number(number: int) -> str:
    return _day(FIRST_DAY + timedelta(number))


def _minute(minute: int) -> str:
    day, rest = divmod(minute, 24 * 60)
    return f"{_day_number(day)} {rest // 60:02}:{rest % 60:02}"
