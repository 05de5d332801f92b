"""What people read of several alerts at once: the French texts of a group's message and of a digest."""

from itertools import groupby
from typing import Final

from alerts.effects import AlertBrief, Digest, DigestLine, Notify, Purpose
from alerts.french import instant_text, sentence
from alerts.links import LinkKeys
from alerts.sms import SMS_SEPTETS, septets, shorten, to_gsm7
from alerts.sms_wording import MARKS, alert_link, closing_mark, link_of, own_link, posture_words
from orsan_plans.posture import Posture
from orsan_plans.territory import name_of

_WHOLE_MINIMUM: Final = 30
"""Septets of text under which an SMS says the highest posture and how many alerts, nothing else."""
_TEXT_MINIMUM: Final = 20
"""Septets of text under which an SMS leaves its link out."""

_REQUESTS: Final = {
    Purpose.CALL: "Répondez à chacune pour arrêter ses appels",
    Purpose.INFORM: "Pour information, aucune réponse n'est attendue",
    Purpose.END: "C'est terminé, plus rien n'est attendu de vous",
    Purpose.REMINDER: (
        "Vous avez répondu que vous preniez ces alertes, et rien n'a été noté depuis. Dites pour chacune où vous en "
        "êtes, sinon vos réponses seront retirées et les appels reprendront"
    ),
}


def is_about_several(notify: Notify) -> bool:
    """Tell whether a notification is a digest or names several alerts."""
    return notify.digest is not None or bool(notify.grouped)


def situation_link(link_base: str) -> str:
    """Return the address of the page that lists the open alerts."""
    return f"{link_base.rstrip('/')}/"


def title_of(notify: Notify) -> str:
    """Return the title, on one line, without the mark of an exercise."""
    if notify.digest is not None:
        return f"RÉSUMÉ · {_alerts(notify.digest)}"
    title = f"{posture_words(notify)} {notify.brief.volet} · {name_of(notify.place)} · {_count(notify)} alertes"
    if notify.purpose is Purpose.INFORM:
        return f"{title} · pour information"
    return f"{title} · {notify.call}e appel" if notify.purpose is Purpose.CALL and notify.call > 1 else title


def paragraphs_of(notify: Notify, link_base: str, keys: LinkKeys | None = None) -> tuple[str, ...]:
    """Return what the body says, paragraph by paragraph."""
    link = own_link(notify, link_base, keys)
    if notify.digest is not None:
        return _digest(notify, notify.digest, link_base, link)
    first = notify.brief.reflex_actions[:1] if notify.purpose is not Purpose.END else ()
    request = _REQUESTS[notify.purpose]
    return (
        f"{_count(notify)} alertes du volet {notify.brief.volet}, {name_of(notify.place)}.",
        *(_alert(brief, "" if link else alert_link(link_base, brief.alert_id)) for brief in _briefs(notify)),
        *(f"D'abord, pour la plus grave : {sentence(action)}" for action in first),
        f"{request} :\n{link}" if link else f"{request}.",
    )


def sms_of(notify: Notify, link_base: str, keys: LinkKeys | None = None) -> str:
    """Return at most 160 GSM 7-bit septets: what opens the text is whole, its middle is cut, then the link."""
    mark, last = MARKS.get(notify.status, ""), closing_mark(notify)
    room = SMS_SEPTETS - (septets(mark) + septets(last) + 2 if mark else 0)
    link = to_gsm7(_page(notify, link_base, keys))
    beside_link = room - septets(link) - 1
    if beside_link < _TEXT_MINIMUM:
        link, beside_link = "", room
    whole = _short(notify) if beside_link >= _WHOLE_MINIMUM else _shortest(notify)
    text = shorten(" ".join(to_gsm7(whole).split()), beside_link)
    return "\n".join(filter(None, (mark, text, link, last)))


def _page(notify: Notify, link_base: str, keys: LinkKeys | None) -> str:
    """Return the one link of an SMS: the alerts of the message to answer, or what is open, to read."""
    if notify.digest is None:
        return link_of(notify, link_base, keys)
    own = own_link(notify, link_base, keys) if notify.alert_ids else None
    return own or situation_link(link_base)


def _briefs(notify: Notify) -> tuple[AlertBrief, ...]:
    return (notify.brief, *notify.grouped)


def _count(notify: Notify) -> int:
    return 1 + len(notify.grouped)


def _alert(brief: AlertBrief, link: str) -> str:
    since = instant_text(brief.since, brief.time_zone)
    text = f"{brief.posture} · {sentence(brief.title)}\nOù : {brief.territory_name}, depuis le {since}."
    return f"{text}\n{link}" if link else text


def _alerts(digest: Digest) -> str:
    """Return ``3 alertes : ALERTE 1, VIGILANCE 2``, the highest posture first, then what is over."""
    total = sum(line.alerts for line in digest.lines)
    by_posture = [
        f"{posture} {sum(line.alerts for line in lines)}" for posture, lines in groupby(digest.lines, _posture_of)
    ]
    opened = [f"{total} alerte{'s' if total > 1 else ''} : {', '.join(by_posture)}"] if total else []
    ended = [f"{digest.ended} terminée{'s' if digest.ended > 1 else ''}"] if digest.ended else []
    return ", ".join(opened + ended)


def _posture_of(line: DigestLine) -> Posture:
    return line.posture


def _digest(notify: Notify, digest: Digest, link_base: str, link: str | None) -> tuple[str, ...]:
    alone = "" if link else alert_link(link_base, notify.brief.alert_id)
    gravest = (f"La plus grave :\n{_alert(notify.brief, alone)}",) if digest.lines else ()
    return (
        f"Trop d'alertes à la fois pour les annoncer une par une. {sentence(_alerts(digest))}",
        *_counted(digest),
        *gravest,
        f"Les alertes de ce résumé, pour y répondre :\n{link}"
        if link and digest.alert_ids
        else f"Toutes les alertes ouvertes :\n{situation_link(link_base)}",
        "Une alerte plus grave que celles-ci vous sera annoncée à part.",
    )


def _counted(digest: Digest) -> list[str]:
    return [
        "\n".join([f"{posture} :", *(f"- {name_of(line.territory)} : {line.alerts}" for line in lines)])
        for posture, lines in groupby(digest.lines, _posture_of)
    ]


def _short(notify: Notify) -> str:
    if notify.digest is not None:
        places = ", ".join(f"{name_of(line.territory)} {line.alerts}" for line in notify.digest.lines)
        return f"RESUME {_alerts(notify.digest)}. {places}"
    titles = ", ".join(brief.title for brief in _briefs(notify))
    return f"{posture_words(notify)} {notify.brief.volet} {name_of(notify.place)}: {_count(notify)} alertes: {titles}"


def _shortest(notify: Notify) -> str:
    """Return what is left when the link and the marks of an exercise take the rest."""
    if notify.digest is None:
        return f"{posture_words(notify)}: {_count(notify)}"
    if not notify.digest.lines:
        return f"RESUME {_alerts(notify.digest)}"
    highest = notify.digest.lines[0].posture
    return f"RESUME {highest} {sum(line.alerts for line in notify.digest.lines if line.posture is highest)}"
