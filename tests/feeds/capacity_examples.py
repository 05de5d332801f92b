"""Made-up capacity files, and what every feed must hold to whatever happens to its bytes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from hypothesis import strategies as st

from streams.capacity.codes import FLAGS
from streams.capacity.declaration import NO_DIRECTORY, Directory
from streams.collecting.decoding import Accepted, Context, Decoding, Refused, UnreadableFeed
from streams.messages import decode, encode
from streams.messages.capacity import BedCapacity

RECEIVED = datetime(2026, 1, 14, 9, tzinfo=UTC)
PAYS_DE_LA_LOIRE = Context("52", RECEIVED)
NANTES, MENDE = "440000271", "480000017"
SYSTEM = "https://mos.esante.gouv.fr/NOS"
CAPACITY = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-location-supported-capacity"

Item = Accepted | Refused


def stream(content: object) -> BytesIO:
    return BytesIO(content if isinstance(content, bytes) else json.dumps(content).encode())


def beds(item: Item) -> BedCapacity:
    assert isinstance(item, Accepted), item
    assert isinstance(item.message, BedCapacity)
    return item.message


def reason(item: Item) -> str:
    assert isinstance(item, Refused), item
    return item.reason


def counts(item: Item) -> dict[str, int]:
    return {
        name.removeprefix("beds_"): value
        for name in BedCapacity.__slots__
        if name.startswith("beds_") and (value := getattr(beds(item), name)) is not None
    }


Decoder = Callable[[BytesIO, str, Context, Directory], Decoding]


def hold_whatever_the_bytes(decoder: Decoder, content: bytes) -> None:
    """Nothing but UnreadableFeed is raised, what is accepted can be journaled, and refusals repeat no content."""
    try:
        items = list(decoder(BytesIO(content), "f", PAYS_DE_LA_LOIRE, NO_DIRECTORY).items)
    except UnreadableFeed as error:
        assert str(error).startswith("f:")  # noqa: PT017 (both outcomes are right)
        return
    for item in items:
        if isinstance(item, Accepted):
            kind, payload = encode(item.message)
            assert decode(kind, payload) == item.message
            assert item.occurred_at.tzinfo is UTC
            assert set(item.flags) <= set(FLAGS)
        else:
            assert item.position >= 1
            assert item.raw
            assert "MARTIN" not in item.reason


def concept(code: str, system: str = "TRE_R") -> dict[str, Any]:
    return {"coding": [{"system": f"{SYSTEM}/{system}", "code": code}]}


def capacity(status: str, number: object, at: str | None = "2026-01-14T08:00:00+01:00", **codes: str) -> dict[str, Any]:
    said = {"capacityType": "01", "temporalityCapacity": "01", "temporaryAssignement": "01", "capacityStatus": status}
    parts: list[dict[str, Any]] = [
        {"url": name, "valueCodeableConcept": concept(code)} for name, code in (said | codes).items() if code
    ]
    parts += [{"url": "nbCapacity", "valueInteger": number}] if number is not None else []
    parts += [{"url": "capacityUpdateDate", "valueDateTime": at}] if at is not None else []
    return {"url": CAPACITY, "extension": parts}


def finess_identifier(finess: object = NANTES) -> dict[str, Any]:
    return {"system": "https://finess.esante.gouv.fr", "value": finess}


def location(*capacities: dict[str, Any], **members: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    return {"resourceType": "Location", "id": "5253", "extension": list(capacities)} | members


def managed(*capacities: dict[str, Any], **members: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    return location(*capacities, managingOrganization={"identifier": finess_identifier()}, **members)


def bundle(*resources: object, **members: object) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": each} for each in resources],
    } | members


def service(code: str, place: str = "Location/5253", by: str = "Organization/1") -> dict[str, Any]:
    return {
        "resourceType": "HealthcareService",
        "id": "900",
        "providedBy": {"reference": by},
        "location": [{"reference": place}],
        "specialty": [concept(code, "TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle")],
    }


def organization(id_: str = "1", finess: object = NANTES, **members: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    identifier = [finess_identifier(finess)] if finess else []
    return {"resourceType": "Organization", "id": id_, "identifier": identifier} | members


def damaged(sound: bytes) -> st.SearchStrategy[bytes]:
    """The file with bytes flipped, cut out, inserted, or the rest of it lost."""
    place = st.integers(0, len(sound) - 1)
    change = st.tuples(place, st.integers(0, 40), st.binary(max_size=12) | st.sampled_from(FRAGMENTS))

    def apply(changes: list[tuple[int, int, bytes]]) -> bytes:
        content = sound
        for at, lost, inserted in changes:
            content = content[:at] + inserted + content[at + lost :]
        return content

    return st.lists(change, min_size=1, max_size=6).map(apply) | place.map(lambda end: sound[:end])


FRAGMENTS = [
    b"null", b"-1", b"1e400", b"NaN", b"[]", b"{}", b'"', b"\\", b"\xff", b"\x00", b"\n", b";", b"\\ud800",
    b"99999999999999999999", b"true", b"1.5", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59-12:00", b"\xef\xbb\xbf",
]  # fmt: skip
