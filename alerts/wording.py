"""What people read: the French texts of a notification, in a long form and in one SMS.

Texts are rendered from the facts of a `Notify` effect when it is sent, never stored in the journal: better
French does not change the digest of a past crisis. Sentences are short, because they are read at 3 a.m. on a
phone: what and where first, then since when, the measure against its threshold, how sure it is, what to do
first, and a link.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final
from zoneinfo import ZoneInfo

from alerts.astreinte import Canal, canal_of
from alerts.effects import AlertBrief, Notify, Purpose
from alerts.french import day_text, duration_text, hour_text, instant_text, sentence
from alerts.links import LinkKeys
from alerts.reading_wording import describe_reading
from alerts.sms_wording import MAX_LINK_BASE, alert_link, link_of, mark_of, posture_words, render_sms
from alerts.volume import wording as several

__all__ = ["MAX_LINK_BASE", "Message", "alert_link", "describe_reading", "render", "render_sms"]

_LATE: Final = timedelta(minutes=5)
"""A message sent this long after it was decided says so. Vigie's own choice."""


@dataclass(frozen=True, slots=True)
class Message:
    """One notification for any channel: title and body (plain text), and the form that fits one SMS.

    ``id`` is that of the notification, for channels that can prove later what became of it.
    """

    title: str
    body: str
    sms: str
    id: str = ""

    def as_sent(self, contact: str) -> tuple[str, str]:
        """Return the title and text that a contact (``<person>/<canal>``) gets: an SMS has no title."""
        return ("", self.sms) if canal_of(contact) == Canal.SMS else (self.title, self.body)


def render(notify: Notify, link_base: str, now: datetime, keys: LinkKeys | None = None) -> Message:
    """Return the message of a notification sent at ``now`` (aware), with its link, signed by ``keys``."""
    mark = mark_of(notify)
    # One line, whatever a file's texts hold: a line break has no place in the subject of a mail.
    title = " ".join(" · ".join(filter(None, (mark, _title(notify)))).split())
    paragraphs = (mark, *_paragraphs(notify, link_base, keys), _delay(notify, now), mark)
    is_several = several.is_about_several(notify)
    sms = several.sms_of(notify, link_base, keys) if is_several else render_sms(notify, link_base, keys)
    return Message(title, "\n\n".join(filter(None, paragraphs)), sms, notify.id)


def _paragraphs(notify: Notify, link_base: str, keys: LinkKeys | None) -> tuple[str, ...]:
    if several.is_about_several(notify):
        return several.paragraphs_of(notify, link_base, keys)
    request = _request(notify, link_of(notify, link_base, keys))
    return (_situation(notify.brief), _evidence(notify), _first_action(notify), request)


def _title(notify: Notify) -> str:
    if several.is_about_several(notify):
        return several.title_of(notify)
    title = f"{posture_words(notify)} {notify.brief.volet} · {notify.brief.territory_name}"
    if notify.purpose is Purpose.INFORM:
        return f"{title} · pour information"
    if notify.purpose is Purpose.CALL and notify.call > 1:
        return f"{title} · {notify.call}e appel"
    return title


def _situation(brief: AlertBrief) -> str:
    return "\n".join(
        (
            sentence(brief.title),
            f"Où : {sentence(brief.territory_name)}",
            f"Depuis le {instant_text(brief.since, brief.time_zone)} (heure locale).",
        )
    )


def _evidence(notify: Notify) -> str:
    evidence = notify.brief.evidence
    lines = [f"Signal : {sentence(title)}" for title in evidence.events]
    if evidence.silent_since is not None:
        lines.append(_silence(notify, evidence.silent_since))
    crossed = evidence.crossed[: len(evidence.readings)]
    lines += [describe_reading(*pair) for pair in zip_longest(evidence.readings, crossed)]
    if evidence.readings:
        lines.append(_lateness(notify.brief))
    if evidence.reference:
        lines.append(f"Référence : {sentence(evidence.reference)}")
    if lines and notify.purpose is Purpose.END:
        lines.insert(0, "À l'origine de l'alerte :")
    return "\n".join(lines)


def _silence(notify: Notify, since: datetime) -> str:
    length = duration_text(notify.at - since)
    return (
        f"Flux muet : rien reçu depuis le {instant_text(since, notify.brief.time_zone)} ({length}). "
        "La situation réelle est inconnue."
    )


def _lateness(brief: AlertBrief) -> str:
    known_on = brief.raised_at.astimezone(ZoneInfo(brief.time_zone)).date()
    days = max((known_on - brief.evidence.occurred_on).days, 0)
    delay = {0: "le jour même", 1: "le lendemain"}.get(days, f"{days} jours après")
    hour = hour_text(brief.raised_at, brief.time_zone)
    return f"Journée mesurée : {day_text(brief.evidence.occurred_on)}, prise en compte {delay} à {hour}."


def _first_action(notify: Notify) -> str:
    actions = notify.brief.reflex_actions
    if notify.purpose is Purpose.END or not actions:
        return ""
    others = len(actions) - 1
    plural = "s" if others > 1 else ""
    more = f"\nPuis {others} autre{plural} action{plural}, sur la page." if others else ""
    return f"D'abord : {sentence(actions[0])}{more}"


def _request(notify: Notify, link: str) -> str:
    match notify.purpose:
        case Purpose.CALL:
            unanswered = "Personne n'a encore répondu. " if notify.call > 1 else ""
            return f"{unanswered}Répondez pour arrêter les appels :\n{link}"
        case Purpose.INFORM:
            return f"Pour information, aucune réponse n'est attendue :\n{link}"
        case Purpose.REMINDER:
            return (
                "Vous avez répondu que vous preniez cette alerte, et rien n'a été noté depuis. Dites où vous en êtes, "
                f"sinon votre réponse sera retirée et les appels reprendront :\n{link}"
            )
        case Purpose.END:
            return f"C'est terminé, plus rien n'est attendu de vous :\n{link}"
        case Purpose.DIGEST:
            return f"Les alertes de ce résumé, pour y répondre :\n{link}"


def _delay(notify: Notify, now: datetime) -> str:
    if now - notify.at < _LATE:
        return ""
    zone = notify.brief.time_zone
    return f"Message retardé : décidé le {instant_text(notify.at, zone)}, envoyé le {instant_text(now, zone)}."
