"""CAP 1.2 alerts: one signal per alert and département, of its worst <info>.

A signal is never rewritten, since every message has its own identity (sender, identifier): an Update opens its own
signals, then ends those it references; a Cancel ends those it references. Places are départements given as
``INSEE_DEP`` geocodes, Vigie's own convention: no sourced table of EMMA_ID codes was found, and polygons are not read.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO, Final

from orsan_plans.geography import REGIONS
from streams.collecting import feed_json
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused
from streams.messages.signals import SignalSanitaire
from streams.signals.cap_alert import (
    Heading,
    Reference,
    criteria,
    departements,
    heading,
    infos,
    is_all_clear,
    severity_rank,
)
from streams.signals.cap_xml import LARGEST, Element, read_alert
from streams.signals.fields import future_flags, key_of, read_instant

FEED: Final = "cap"
NATURE: Final = "alerte_cap"

_LONGEST_SOURCE: Final = 200


def decode(
    stream: BinaryIO, source_name: str, context: Context, is_known: Callable[[str, str], bool] | None = None
) -> Decoding:
    """Read one alert; UnreadableFeed when it is not CAP 1.2.

    ``is_known`` tells whether the ledger holds a key of a source, so that only signals that were opened are ended; when
    it is None, they are ended in every département of the région. Départements of other régions are counted in the
    manifest.
    """
    data = feed_json.read_bytes(stream, source_name, LARGEST)
    alert = read_alert(data, source_name)
    codes = {code for info in infos(alert) for area in info.all("area") for code in departements(area)}
    elsewhere = len(codes.difference(REGIONS[context.region].departements))
    manifest = Manifest(FEED, source_of(alert.first("sender")), context.received_at, elsewhere=elsewhere)
    return Decoding(manifest, _items(alert, data, context, is_known or (lambda _source, _key: True)))


def source_of(sender: str) -> str:
    """Return the source that a sender's alerts are kept under."""
    return sender[:_LONGEST_SOURCE] or "émetteur inconnu"


def _items(
    alert: Element, data: bytes, context: Context, is_known: Callable[[str, str], bool]
) -> Iterator[Accepted | Refused]:
    try:
        head = heading(alert)
    except ValueError as error:
        yield Refused(1, data, str(error))
        return
    if head.kind != "Cancel":
        yield from _opened(alert, head, context)
        not_understood = _not_understood(alert)
        if not_understood:
            yield Refused(1, data, not_understood)
    # After what replaces them: between the two, nothing would hold the posture up.
    yield from _ended(head, context, is_known)


def _not_understood(alert: Element) -> str:
    kept = infos(alert)
    if not kept:
        return "info: an Alert or an Update says what happens"
    areas = [area for info in kept for area in info.all("area")]
    lost = sum(not departements(area) for area in areas)
    if areas and not lost:
        return ""
    return f"area: place not understood, {lost} of {len(areas)}: expected geocodes INSEE_DEP"


def _opened(alert: Element, head: Heading, context: Context) -> Iterator[Accepted]:
    ongoing = sorted((info for info in infos(alert) if not is_all_clear(info)), key=severity_rank)
    worst: dict[str, Element] = {}
    for info in ongoing:
        for area in info.all("area"):
            for code in departements(area):
                worst.setdefault(code, info)
    for code in REGIONS[context.region].departements:
        if code in worst:
            yield _open(alert, head, worst[code], code, context)


def _open(alert: Element, head: Heading, info: Element, code: str, context: Context) -> Accepted:
    found, flags = criteria(info)
    ends_at, unread = _expiry(info)
    signal = SignalSanitaire(
        signal_id=_signal_id(head.reference, code),
        nature=NATURE,
        territory=f"DEP-{code}",
        title=(info.first("headline") or info.first("event") or "Alerte CAP sans titre")[:300],
        source=(info.first("senderName") or alert.first("sender"))[:_LONGEST_SOURCE],
        criteria=found,
        ends_at=ends_at,
    )
    return _accepted(signal, head, context, flags + unread)


def _expiry(info: Element) -> tuple[datetime | None, tuple[str, ...]]:
    written = info.first("expires")
    if not written:
        return None, ()
    try:
        return read_instant(written), ()
    except ValueError:
        return None, ("fin_illisible",)


def _ended(head: Heading, context: Context, is_known: Callable[[str, str], bool]) -> Iterator[Accepted]:
    word = "annulée" if head.kind == "Cancel" else "remplacée"
    for reference in head.replaces:
        for code in REGIONS[context.region].departements:
            id_ = _signal_id(reference, code)
            if is_known(source_of(reference.sender), _key(id_, reference, head)):
                signal = SignalSanitaire(id_, NATURE, f"DEP-{code}", f"Alerte CAP {word}", "CAP", is_open=False)
                yield _accepted(signal, head, context)


def _accepted(signal: SignalSanitaire, head: Heading, context: Context, flags: tuple[str, ...] = ()) -> Accepted:
    key = _key(signal.signal_id, head.reference, head)
    every = head.flags + future_flags(head.sent_at, context) + flags
    return Accepted(signal, head.sent_at, key, head.sent_at.astimezone(context.zone).date(), head.status, every)


def _signal_id(reference: Reference, code: str) -> str:
    return f"cap/{reference.text}/DEP-{code}"


def _key(signal_id: str, reference: Reference, head: Heading) -> str:
    return key_of(f"{signal_id}@{reference.text}", head.status)
