"""Whose beds a Location of the ROR holds: establishment, unit, kind of beds.

The answer of the ROR to the documented request (``Location?_revinclude=HealthcareService:location``) holds the places
and the services that use them, and may hold the organisations: the FINESS is looked for in all of them, then in the
région's own directory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from streams.capacity.codes import KIND_OF_CARE_MODE
from streams.capacity.declaration import Directory, UnreadableRecord, finess_of
from streams.capacity.fhir import Index, codes, finess_identifier, own_reference, reference_of
from streams.collecting.feed_json import Json, JsonObject, member, objects, text

UNKNOWN_KIND: Final = "inconnue"

_MOST_STEPS: Final = 8
_MOST_KINDS: Final = 4
_MOST_SERVICES: Final = 32


@dataclass(frozen=True, slots=True)
class Place:
    """Where beds are: ``flags`` are what had to be assumed to know it."""

    finess: str
    unit: str | None
    bed_kind: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """What a document, and the région's directory, say of its places."""

    index: Index
    services: dict[str, list[JsonObject]]
    directory: Directory

    @classmethod
    def of(cls, document: Json, directory: Directory) -> "Places":
        """Read which services use which places."""
        services: dict[str, list[JsonObject]] = {}
        for resource in (member(entry, "resource") for entry in objects(member(document, "entry"))):
            if isinstance(resource, dict) and resource.get("resourceType") == "HealthcareService":
                for used in objects(resource.get("location")):
                    services.setdefault(reference_of(used) or "", []).append(resource)
        return cls(Index.of(document), services, directory)

    def place(self, location: Json) -> Place:
        """Return the place of a Location; UnreadableRecord when its establishment cannot be told."""
        services = self.services.get(own_reference(location) or "", [])[:_MOST_SERVICES]
        finess, finess_flags = self._finess(location, services)
        bed_kind, kind_flags = self._bed_kind(location, services)
        flags = (*finess_flags, *kind_flags, *(("lieu_inactif",) if _is_inactive(location) else ()))
        return Place(finess, _unit(location), bed_kind, flags)

    def _finess(self, location: Json, services: list[JsonObject]) -> tuple[str, tuple[str, ...]]:
        found = self._climb(location, "Location")
        if found is None:
            given = [self._climb_from(service, "providedBy", "Organization") for service in services]
            known = {str(each): each for each in given if each is not None}
            if len(known) > 1:
                raise UnreadableRecord("the services that use the place belong to different establishments")
            found = next(iter(known.values()), None)
        if found is None:
            raise UnreadableRecord("unknown establishment: no FINESS for the place, its services or its organisation")
        return finess_of(found)

    def _climb(self, resource: Json, kind: str) -> Json:
        """Look for a FINESS on a resource, on the organisation that manages it, then on what it is part of."""
        for _ in range(_MOST_STEPS):
            own = self.directory.finess.get(own_reference(resource) or "")
            if found := own or finess_identifier(member(resource, "identifier")):
                return found
            if kind == "Location" and (found := self._climb_from(resource, "managingOrganization", "Organization")):
                return found
            parent = member(resource, "partOf")
            if found := self._named(parent):
                return found
            resource = self.index.follow(parent)
            if resource is None:
                break
        return None

    def _climb_from(self, resource: Json, key: str, kind: str) -> Json:
        referred = member(resource, key)
        return self._named(referred) or self._climb(self.index.follow(referred), kind)

    def _named(self, reference: Json) -> Json:
        known = self.directory.finess.get(reference_of(reference) or "")
        return known or finess_identifier(member(reference, "identifier"))

    def _bed_kind(self, location: Json, services: list[JsonObject]) -> tuple[str, tuple[str, ...]]:
        kinds = self.directory.bed_kinds
        said = sorted({code for service in services for code in _service_codes(service)})
        known = sorted({kinds[code] for code in said if code in kinds})
        if not known and not services:
            said = [f"R343-{code}" for each in objects(member(location, "type")) for code in codes(each)]
            known = sorted({kinds[code] for code in said if code in kinds})
        if not known:
            modes = [code.removeprefix("R213-") for code in said if code.startswith("R213-")]
            known = sorted({KIND_OF_CARE_MODE[mode] for mode in modes if mode in KIND_OF_CARE_MODE})
        several = ("plusieurs_natures",) if len(known) > 1 else ()
        if known:
            return "+".join(known[:_MOST_KINDS]), several
        activities = [code for code in said if not code.startswith("R213-")] or said
        return "+".join(activities[:_MOST_KINDS]) or UNKNOWN_KIND, ("nature_inconnue",)


def _service_codes(service: JsonObject) -> Iterator[str]:
    for specialty in objects(service.get("specialty")):
        yield from (f"R211-{code}" for code in codes(specialty, "R211"))
    for characteristic in objects(service.get("characteristic")):
        yield from (f"R213-{code}" for code in codes(characteristic, "R213"))


def _unit(location: Json) -> str | None:
    names = [each.get("value") for each in objects(member(location, "identifier"))]
    return next((name for name in (text(each, 64) for each in [member(location, "id"), *names]) if name), None)


def _is_inactive(location: Json) -> bool:
    return member(location, "status") in ("inactive", "suspended")
