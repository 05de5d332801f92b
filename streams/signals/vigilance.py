"""Vigilance météorologique of Météo-France (cartevigilance): one signal per département, phenomenon and échéance.

The identity of a signal holds no date, so the next bulletin updates it: a green one closes it, and it ends by itself
when its colour ends. Tomorrow's bulletin (J1) is a signal of its own, so that nothing lapses at midnight; plans tell
them apart with the criterion ``echeance``.

Shape: MAIF/meteole ``_vigilance.py``. Phenomena and colours: MAIF/meteole and hacf-fr/meteofrance-api; the technical
description of Météo-France (v4, 11 September 2023) is the reference. Coastal domains, written ``4410`` for the coast of
44, are read by several public clients (Jeedom plug-ins among them).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, BinaryIO, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from orsan_plans.geography import DEPARTEMENTS, REGIONS
from orsan_plans.territory import name_of
from streams.collecting import feed_json
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused, UnreadableFeed
from streams.collecting.feed_json import Json, JsonObject
from streams.messages.signals import SignalSanitaire
from streams.signals.fields import read_instant, why

FEED: Final = "vigilance"
NATURE: Final = "vigilance_meteo"
SOURCE: Final = "Météo-France"

PHENOMENA: Final[dict[str, tuple[str, str]]] = {
    "1": ("vent", "vent violent"),
    "2": ("pluie_inondation", "pluie-inondation"),
    "3": ("orages", "orages"),
    "4": ("crues", "crues"),
    "5": ("neige_verglas", "neige-verglas"),
    "6": ("canicule", "canicule"),
    "7": ("grand_froid", "grand froid"),
    "8": ("avalanches", "avalanches"),
    "9": ("vagues_submersion", "vagues-submersion"),
}
COLOURS: Final = {1: "vert", 2: "jaune", 3: "orange", 4: "rouge"}
GREEN: Final = 1

_DOMAIN: Final = re.compile(r"(?P<departement>[0-9]{2}|2[AB])(?P<coast>10)?")
_NO_DEPARTEMENT: Final = ("FRA", "99")
"""The whole country, and Andorra."""


Instant = Annotated[datetime, BeforeValidator(read_instant)]
Colour = Annotated[int, Field(ge=1, le=4, strict=True)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Slot(_Part):
    """A stretch of time in one colour."""

    begin_time: Instant
    end_time: Instant
    color_id: Colour


def _listed(phenomenon: str) -> str:
    if phenomenon not in PHENOMENA:
        raise ValueError("not one of the nine phenomena of the vigilance")
    return phenomenon


class Item(_Part):
    """A phenomenon in one domain over one échéance."""

    phenomenon_id: Annotated[str, AfterValidator(_listed)]
    phenomenon_max_color_id: Colour
    timelaps_items: Annotated[tuple[Slot, ...], Field(max_length=200)] = ()


class Period(_Part):
    """An échéance: today (J) or tomorrow (J1)."""

    echeance: Literal["J", "J1"]
    begin_validity_time: Instant
    end_validity_time: Instant


def decode(
    stream: BinaryIO, source_name: str, context: Context, is_known: Callable[[str], bool] | None = None
) -> Decoding:
    """Read a bulletin; UnreadableFeed when it has no update time or no periods.

    Domains of other régions are counted in the manifest (`elsewhere`) and left out. ``is_known`` tells whether the
    ledger holds a key: without a signal to close, green says nothing; when it is None, every green is said.
    """
    product = feed_json.member(feed_json.read_json(stream, source_name), "product")
    periods = feed_json.member(product, "periods")
    if not isinstance(periods, list):
        raise UnreadableFeed(f"{source_name}: no product.periods: this is not a cartevigilance bulletin")
    try:
        updated_at = read_instant(feed_json.member(product, "update_time"))
    except ValueError as error:
        raise UnreadableFeed(f"{source_name}: product.update_time: {error}") from None
    elsewhere = sum(_is_elsewhere(domain, context) for period in periods for domain in _domains(period))
    manifest = Manifest(FEED, SOURCE, updated_at, elsewhere=elsewhere)
    return Decoding(manifest, _items(periods, updated_at, context, is_known or (lambda _: True)))


def _domains(period: Json) -> list[JsonObject]:
    return feed_json.objects(feed_json.member(feed_json.member(period, "timelaps"), "domain_ids"))


def _place(domain: JsonObject) -> re.Match[str] | None:
    place = _DOMAIN.fullmatch(feed_json.text(domain.get("domain_id"), 20) or "")
    return place if place and place["departement"] in DEPARTEMENTS else None


def _is_elsewhere(domain: JsonObject, context: Context) -> bool:
    place = _place(domain)
    if place is None:
        return domain.get("domain_id") in _NO_DEPARTEMENT
    return place["departement"] not in REGIONS[context.region].departements


def _items(
    periods: list[Json], updated_at: datetime, context: Context, is_known: Callable[[str], bool]
) -> Iterator[Accepted | Refused]:
    said = (
        each
        for written in periods
        for each in _of_period(written, updated_at, context)
        if isinstance(each, Refused) or _says_something(each, is_known)
    )
    for position, each in enumerate(said, start=1):
        yield replace(each, position=position) if isinstance(each, Refused) else each


def _says_something(accepted: Accepted, is_known: Callable[[str], bool]) -> bool:
    message = accepted.message
    return not isinstance(message, SignalSanitaire) or message.is_open or is_known(accepted.key)


def _of_period(written: Json, updated_at: datetime, context: Context) -> Iterator[Accepted | Refused]:
    try:
        period = Period.model_validate(written)
    except ValidationError as error:
        yield Refused(0, feed_json.raw_bytes(written), why(error, Period))
        return
    for domain in _domains(written):
        if _is_elsewhere(domain, context):
            continue
        place = _place(domain)
        if place is None:
            yield Refused(0, feed_json.raw_bytes(domain), "domain_id: not a domain of the vigilance map")
            continue
        for item in _phenomena(domain):
            if isinstance(item, Refused):
                yield item
            else:
                signal = _signal(place, item, period, context)
                yield Accepted(signal, updated_at, signal.signal_id)


def _phenomena(domain: JsonObject) -> Iterator[Item | Refused]:
    items = domain.get("phenomenon_items")
    if not items and domain.get("max_color_id") == GREEN:
        yield from (Item(phenomenon_id=each, phenomenon_max_color_id=GREEN) for each in PHENOMENA)
        return
    for written in items if isinstance(items, list) else [items]:
        try:
            yield Item.model_validate(written)
        except ValidationError as error:
            yield Refused(0, feed_json.raw_bytes({**domain, "phenomenon_items": [written]}), why(error, Item))


def _signal(place: re.Match[str], item: Item, period: Period, context: Context) -> SignalSanitaire:
    slug, label = PHENOMENA[item.phenomenon_id]
    colour, territory = COLOURS[item.phenomenon_max_color_id], f"DEP-{place['departement']}"
    zone, coast = ("littoral", " (littoral)") if place["coast"] else ("departement", "")
    is_open = item.phenomenon_max_color_id != GREEN
    # The same words in every green bulletin: a bulletin that changes nothing is then a duplicate.
    when = f" le {period.begin_validity_time.astimezone(context.zone):%d/%m/%Y}" if is_open else ""
    return SignalSanitaire(
        signal_id=f"vigilance/{territory}/{zone}/{slug}/{period.echeance}",
        nature=NATURE,
        territory=territory,
        title=f"Vigilance {colour} {label}{when}, {name_of(territory)}{coast}",
        source=SOURCE,
        criteria={"phenomene": slug, "couleur": colour, "echeance": period.echeance.lower(), "zone": zone},
        is_open=is_open,
        ends_at=_ends_at(item, period) if is_open else None,
    )


def _ends_at(item: Item, period: Period) -> datetime:
    """Return when the announced colour ends: its last stretch of the échéance, or the whole échéance."""
    worst = [slot.end_time for slot in item.timelaps_items if slot.color_id == item.phenomenon_max_color_id]
    return max(worst, default=period.end_validity_time)
