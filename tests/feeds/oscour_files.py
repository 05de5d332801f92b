"""OSCOUR files written for the tests: nobody in them exists."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from io import BytesIO
from xml.sax.saxutils import escape

from streams.collecting.decoding import Accepted, Context, Manifest, Refused
from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey
from streams.rpu.oscour import decode

HEADER = {
    "FINESS": "440000271",
    "ORDRE": "0",
    "EXTRACT": "15/01/2025 04:00:00",
    "DATEDEBUT": "08/01/2025",
    "DATEFIN": "14/01/2025",
}
VISIT = {
    "CP": "44999",
    "COMMUNE": "VILLE-INVENTEE",
    "NAISSANCE": "02/03/1941",
    "SEXE": "F",
    "ENTREE": "14/01/2025 08:12",
    "MODE_ENTREE": "8",
    "PROVENANCE": "5",
    "TRANSPORT": "AMBU",
    "TRANSPORT_PEC": "AUCUN",
    "MOTIF": "MOTIF-INVENTE",
    "GRAVITE": "3",
    "DP": "J101",
    "SORTIE": "14/01/2025 16:40",
    "MODE_SORTIE": "6",
    "DESTINATION": "1",
    "ORIENT": "MED",
}
RING = KeyRing(SecretKey("k1", b"0123456789abcdef0123456789abcdef", date(2020, 1, 1)))
RECEIVED_AT = datetime(2025, 1, 15, 4, tzinfo=UTC)


class Pieces(BytesIO):
    """A stream that gives these pieces, one a read; it fails the test when it is read too far."""

    def __init__(self, pieces: Iterable[bytes], at_most: int) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._left = at_most

    def read(self, _size: int | None = -1, /) -> bytes:
        piece = next(self._pieces, b"")
        self._left -= len(piece)
        assert self._left >= 0, "the stream is read without bound"
        return piece


def element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def patient(fields: Mapping[str, str] | None = None, extra: str = "") -> str:
    return f"<PATIENT>{''.join(element(*pair) for pair in (VISIT | dict(fields or {})).items())}{extra}</PATIENT>"


def document(patients: str, header: Mapping[str, str] | None = None) -> str:
    fields = "".join(element(*pair) for pair in (HEADER | dict(header or {})).items())
    return f"<OSCOUR><ETABLISSEMENT>{fields}</ETABLISSEMENT><PASSAGES>{patients}</PASSAGES></OSCOUR>"


def encoded(text: str, encoding: str = "ISO-8859-1") -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'.encode(encoding)


def read_stream(stream: BytesIO) -> list[Accepted | Refused]:
    return list(decode(stream, "envoi.xml", Context("52", RECEIVED_AT), Pseudonyms(RING)).items)


def read(
    data: bytes, region: str = "52", received_at: datetime = RECEIVED_AT, ring: KeyRing = RING
) -> tuple[Manifest, list[Accepted | Refused]]:
    decoding = decode(BytesIO(data), "envoi.xml", Context(region, received_at), Pseudonyms(ring))
    return decoding.manifest, list(decoding.items)


def read_visits(
    *visits: Mapping[str, str], header: Mapping[str, str] | None = None, region: str = "52"
) -> list[Accepted]:
    far = datetime(2030, 1, 1, tzinfo=UTC)
    _, items = read(encoded(document("".join(map(patient, visits)), header)), region, far)
    return [item for item in items if isinstance(item, Accepted)]
