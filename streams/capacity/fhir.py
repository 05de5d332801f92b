"""Walking FHIR R4 resources read as JSON: members of a Bundle, references between them, codes, extensions.

Anything that is not shaped as FHIR says is simply not found: decoders decide what its absence means.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from streams.collecting.decoding import Context, UnreadableFeed
from streams.collecting.feed_json import Json, JsonObject, member, objects, text

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,29}")
_REFERENCE: Final = re.compile(r"(?:.*/)?(?P<type>[A-Z][A-Za-z]{0,39})/(?P<id>[A-Za-z0-9.-]{1,64})(?:/_history/.*)?")

FINESS_SYSTEM: Final = "finess"
"""Part of the address of the FINESS identifier system (``https://finess.esante.gouv.fr``), in lower case."""

FINESS_TYPE: Final = ("G07-TypeIdentifiantStructure", "1")
"""TRE_G07, type of identifier of a structure: FINESS."""


def resources(document: Json, source_name: str, root: str) -> list[tuple[int, Json]]:
    """Return each resource and its position (from 1): a Bundle's, or the document alone.

    UnreadableFeed when the document is neither a Bundle nor a resource of type ``root``.
    """
    kind = member(document, "resourceType")
    if kind == root:
        return [(1, document)]
    entries = member(document, "entry")
    if kind != "Bundle" or not isinstance(entries, list | None):
        raise UnreadableFeed(f"{source_name}:1: neither a FHIR {root} nor a Bundle of them")
    return [(position, member(entry, "resource")) for position, entry in enumerate(entries or [], start=1)]


def is_other(resource: Json, kind: str) -> bool:
    """Tell whether a member of a Bundle is a resource of another type than ``kind``: it is there to be referred to."""
    found = text(member(resource, "resourceType"))
    return found is not None and found != kind


def extracted_at(document: Json, context: Context, key: str) -> datetime:
    """Return when a document says it was made, never later than its reception; that of reception when it says none."""
    for value in (member(document, key), member(member(document, "meta"), "lastUpdated")):
        try:
            made = datetime.fromisoformat(text(value) or "")
            if made.tzinfo is not None:
                return min(made.astimezone(UTC), context.received_at)
        except (ValueError, OverflowError):
            continue
    return context.received_at


def reference_of(value: Json) -> str | None:
    """Return a reference as ``Type/id`` (the base address and the version left out), or as written (``urn:uuid:…``)."""
    written = text(member(value, "reference"))
    match = _REFERENCE.fullmatch(written) if written else None
    return f"{match['type']}/{match['id']}" if match else written


def codes(concept: Json, system: str = "") -> list[str]:
    """Return the codes of a CodeableConcept; only those of a system whose address holds ``system`` (``R211``)."""
    found = []
    for coding in objects(member(concept, "coding")):
        code = text(coding.get("code"))
        address = text(coding.get("system")) or ""
        if code and _CODE.fullmatch(code) and system in address:
            found.append(code)
    return found


def extensions(value: Json, url: str) -> list[JsonObject]:
    """Return the extensions of an element whose address is, or ends with, ``url``."""
    found = objects(member(value, "extension"))
    return [each for each in found if (text(each.get("url")) or "").rpartition("/")[2] == url]


def finess_identifier(identifiers: Json) -> Json:
    """Return the value of the first FINESS among identifiers (a list, or one), None when none is a FINESS."""
    for each in objects(identifiers if isinstance(identifiers, list) else [identifiers]):
        system = (text(each.get("system")) or "").lower()
        if FINESS_SYSTEM in system or FINESS_TYPE[1] in codes(each.get("type"), FINESS_TYPE[0]):
            return each.get("value")
    return None


@dataclass(slots=True)
class Index:
    """The resources of a document by the references that lead to them."""

    found: dict[str, JsonObject] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Json) -> "Index":
        """Index a Bundle by type and id, and by the full address of each entry."""
        index = cls()
        for entry in objects(member(document, "entry")):
            resource = entry.get("resource")
            if isinstance(resource, dict):
                for reference in _references_to(entry, resource):
                    index.found.setdefault(reference, resource)
        return index

    def follow(self, value: Json) -> JsonObject | None:
        """Return the resource a reference leads to, None when the document does not hold it."""
        reference = reference_of(value)
        return self.found.get(reference) if reference else None


def own_reference(resource: Json) -> str | None:
    """Return ``Type/id`` of a resource, None when it has no id."""
    kind, id_ = text(member(resource, "resourceType")), text(member(resource, "id"), 64)
    return f"{kind}/{id_}" if kind and id_ else None


def _references_to(entry: JsonObject, resource: JsonObject) -> Iterator[str]:
    for reference in (own_reference(resource), text(entry.get("fullUrl"))):
        if reference:
            yield reference
