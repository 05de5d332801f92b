"""A notification in one SMS: posture, place and link, and as much of the facts as 160 septets leave."""

from typing import Final

from alerts.effects import Notify, Purpose
from alerts.french import duration_text
from alerts.links import LinkKeys, Scope, answer_token
from alerts.reading_wording import comparison_text
from alerts.sms import SMS_SEPTETS, septets, shorten, to_gsm7
from orsan_plans.assess import Evidence

MARKS: Final = {"exercise": "EXERCICE EXERCICE EXERCICE", "test": "TEST"}
"""What opens and closes every form of a message that is not about real life, by entry status."""

MAX_LINK_BASE: Final = 34
"""Septets of a link base that leave room for the link in every SMS, exercises included (uuid ids, signed or not)."""

_PLACE_MINIMUM: Final = 10
_DETAIL_MINIMUM: Final = 8
_PREFIXES: Final = {Purpose.END: "FIN ", Purpose.REMINDER: "RAPPEL "}


def mark_of(notify: Notify) -> str:
    """Return what opens and closes a long message that is not about real life, with the exercise's number."""
    mark, number = MARKS.get(notify.status, ""), notify.brief.exercise
    return f"{mark} · n° {number}" if mark and number else mark


def closing_mark(notify: Notify) -> str:
    """Return the last line of an SMS: the exercise's number takes less room than the mark it replaces."""
    number = notify.brief.exercise
    return f"EXERCICE {to_gsm7(number)}" if number else MARKS.get(notify.status, "")


def alert_link(link_base: str, alert_id: str) -> str:
    """Return the address of an alert's page."""
    return f"{link_base.rstrip('/')}/alertes/{alert_id}"


def link_of(notify: Notify, link_base: str, keys: LinkKeys | None = None) -> str:
    """Return the link of a notification: signed for its person when there are ``keys``, else the alert's page."""
    return own_link(notify, link_base, keys) or alert_link(link_base, notify.brief.alert_id)


def own_link(notify: Notify, link_base: str, keys: LinkKeys | None) -> str | None:
    """Return the link by which the person of a notification answers it, None when nothing signs it."""
    token = None if keys is None else answer_token(keys, notify)
    return None if token is None else signed_link(link_base, Scope.ANSWER, token)


def signed_link(link_base: str, scope: Scope, token: str) -> str:
    """Return the address of a signed link."""
    return f"{link_base.rstrip('/')}/{scope.value}/{token}"


def posture_words(notify: Notify) -> str:
    """Return the posture as a message opens with it: ``ALERTE``, ``FIN ALERTE`` when over, ``RAPPEL ALERTE``."""
    return f"{_PREFIXES.get(notify.purpose, '')}{notify.brief.posture}"


def render_sms(notify: Notify, link_base: str, keys: LinkKeys | None = None) -> str:
    """Return at most 160 GSM 7-bit septets.

    The posture is always whole. The place and the facts lose their middle when they are too long, the volet
    is left out when there is no room for it, then the word RAPPEL, and the link when it cannot be whole: see
    `MAX_LINK_BASE`.
    """
    mark, last = MARKS.get(notify.status, ""), closing_mark(notify)
    link = to_gsm7(link_of(notify, link_base, keys))
    room = SMS_SEPTETS - sum(septets(each) + 1 for each in (mark, last) if each)
    beside_link = room - septets(link) - 1
    head = posture_words(notify)
    if notify.purpose is Purpose.REMINDER and beside_link < septets(head) + 1 + _PLACE_MINIMUM:
        head = str(notify.brief.posture)
    if beside_link < septets(head) + 1 + _PLACE_MINIMUM:
        link, beside_link = "", room
    return "\n".join(filter(None, (mark, _facts(notify, head, beside_link), link, last)))


def _facts(notify: Notify, head: str, room: int) -> str:
    place = _one_line(notify.brief.territory_name)
    with_volet = _one_line(f"{head} {notify.brief.volet}")
    if septets(with_volet) + 1 + min(septets(place), _PLACE_MINIMUM) <= room:
        head = with_volet
    opening = f"{head} {shorten(place, room - septets(head) - 1)}"
    left = room - septets(opening) - 2
    return opening if left < _DETAIL_MINIMUM else f"{opening}: {_detail(notify, left)}"


def _one_line(text: str) -> str:
    return " ".join(to_gsm7(text).split())


def _detail(notify: Notify, room: int) -> str:
    """Return the facts, whole if there is room for them, after as much of the rule's title as still fits."""
    title, fact = _one_line(notify.brief.title), _one_line(_fact(notify))
    beside_fact = room - septets(fact) - 2
    if beside_fact < _DETAIL_MINIMUM:
        return shorten(fact, room)
    return f"{shorten(title, beside_fact)}, {fact}" if fact else shorten(title, room)


def _fact(notify: Notify) -> str:
    evidence = notify.brief.evidence
    if notify.purpose is Purpose.REMINDER:
        return "rien noté depuis votre réponse"
    if evidence.silent_since is not None:
        return f"rien reçu depuis {duration_text(notify.at - evidence.silent_since)}"
    return ", ".join([*evidence.events, *_comparisons(evidence)])


def _comparisons(evidence: Evidence) -> list[str]:
    return [
        comparison_text(reading.value, reading.unit, crossed)
        for reading, crossed in zip(evidence.readings, evidence.crossed, strict=False)
        if crossed is not None and reading.value is not None
    ]
