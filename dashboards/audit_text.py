"""The audit as people read it: alert by alert, in order of time, in French; and as rows for a spreadsheet."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from alerts.effects import AlertBrief
from alerts.french import day_text
from dashboards.labels import (
    CHANGES,
    DECISIONS,
    PURPOSES,
    REASON_NOT_SENT,
    REASON_RECALLED,
    banner_of,
    channel_label,
    plain,
    tag_of,
)
from streams.audit_records import Record, What

COLUMNS: Final = (
    *("instant", "region", "statut", "exercice", "alerte", "volet", "territoire", "quoi", "personne", "role"),
    *("canal", "objet", "decision", "resultat", "resultat_le", "essais", "detail", "titre", "texte", "message"),
)

_RESULTS: Final = {
    "sent": "envoyé",
    "failed": "ÉCHEC",
    "pending": "en attente d'envoi",
    "claimed": "envoi en cours",
    "done": "envoyé",
    "recalled": "annulé avant de partir",
    "recalled_sending": "annulé pendant l'envoi, peut-être parti",
    "": "jamais mis en file d'envoi",
}
_VERBS: Final = {"activer": "active", "lever": "lève", "proposer": "propose d'activer"}
_WHAT: Final = {
    What.RAISED: "alerte",
    What.TOLD: "message",
    What.NOT_SENT: "non-envoi",
    What.RECALLED: "annulation",
    What.ANSWERED: "réponse",
    What.CHANGED: "évolution",
    What.DECIDED: "décision",
    What.EXERCISE: "exercice",
    What.ERASED: "effacement",
}
_MOVES: Final = {what.value: text for what, text in CHANGES.items()}
"""Of an alert, by the journal's word."""
_LINK: Final = re.compile(r"(?<=/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
"""What opens something in a link, 32 bytes in URL-safe base64: an audit is read by more people than the message was."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Audit:
    """Words for the records of a région. ``names``: roster id → name; ``zone``: IANA name of its time zone."""

    def __init__(
        self,
        records: Iterable[Record],
        names: Mapping[str, str],
        zone: str,
        briefs: Mapping[str, AlertBrief] | None = None,
    ) -> None:
        self.records = tuple(records)
        self._names = names
        self._zone = ZoneInfo(zone)
        own = {each.alert_id: each.brief for each in self.records if each.brief is not None}
        self._briefs = own if briefs is None else briefs

    def only(self, is_wanted: Callable[[Record], bool]) -> "Audit":
        """Return the records that are wanted; the alerts they speak of keep their heading."""
        kept = [record for record in self.records if is_wanted(record)]
        return Audit(kept, self._names, self._zone.key, self._briefs)

    def lines(self, *, with_texts: bool = True) -> Iterator[str]:
        """Yield the audit, alert by alert, then what concerns none."""
        groups: dict[str, list[Record]] = {}
        said: dict[str, str] = {}
        for record in self.records:
            groups.setdefault(record.alert_id, []).append(record)
        others = groups.pop("", [])
        for alert_id, group in groups.items():
            yield from self._heading(alert_id, group)
            yield from self._told(group, said, with_texts=with_texts)
            yield ""
        if others:
            yield "Décisions de l'autorité, exercices, effacements"
            yield from self._told(others, said, with_texts=with_texts)

    def summary(self) -> str:
        """Return one line of counts."""
        told = Counter(self._results())
        counts = Counter(record.what for record in self.records)
        sent = told["sent"] + told["done"]
        waiting = told["pending"] + told["claimed"]
        recalled = told["recalled"] + told["recalled_sending"]
        return (
            f"{_counted(told.total(), 'message')} ({sent} remis, {told['failed']} en échec, {waiting} en attente"
            f"{f', {recalled} annulés' if recalled else ''}), {_counted(counts[What.NOT_SENT], 'non-envoi motivé')}, "
            f"{_counted(counts[What.ANSWERED], 'réponse')}, {_counted(counts[What.DECIDED], 'décision')} de l'autorité"
        )

    def _results(self) -> Iterator[str]:
        """Yield what became of each message, once, however many alerts it is about."""
        counted: set[str] = set()
        for record in self.records:
            if record.what is What.TOLD and record.message not in counted:
                counted |= {record.message} - {""}
                yield record.result

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield one row of `COLUMNS` per record; no cell begins as a formula does.

        The text of a message about several alerts is in the first of its rows.
        """
        written: set[str] = set()
        for each in self.records:
            text = "" if each.message in written else _closed(each.text)
            written |= {each.message} - {""}
            brief = self._briefs.get(each.alert_id)
            about = (brief.volet, brief.territory) if brief else ("", "")
            row = (
                *(_stamp(each.at), each.region, each.status, each.exercise, each.alert_id, *about, _WHAT[each.what]),
                *(each.person, each.role, each.channel, each.purpose, each.decision, each.result),
                *(_stamp(each.result_at), str(each.tries or ""), each.detail, each.title, text, each.message),
            )
            yield tuple(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row)

    def _heading(self, alert_id: str, group: list[Record]) -> Iterator[str]:
        brief = self._briefs.get(alert_id)
        if brief is None:
            yield f"Alerte {alert_id}"
            return
        status = group[0].status
        words = (banner_of(status, brief.exercise), brief.posture, brief.volet, brief.territory_name, brief.title)
        yield " · ".join(filter(None, words))
        yield f"  alerte {alert_id}"

    def _told(self, group: list[Record], said: dict[str, str], *, with_texts: bool) -> Iterator[str]:
        """Yield the lines of an alert; ``said`` gives the alert under which a message was told already."""
        day = ""
        for record in group:
            local = record.at.astimezone(self._zone)
            if day != day_text(local.date()):
                day = day_text(local.date())
                yield f"  {day}"
            first = said.setdefault(record.message, record.alert_id) if record.message else record.alert_id
            again = "" if first == record.alert_id else f" ; même message que pour l'alerte {first}"
            yield f"    {local:%H:%M:%S}  {_PHRASES[record.what](self, record)}{again}"
            if with_texts and not again:
                yield from _texts(record)

    def _who(self, record: Record) -> str:
        name = self._names.get(record.person, plain(record.person))
        role = plain(record.role)
        return f"{name} ({role})" if name and role else name or role or "?"

    def _raised(self, record: Record) -> str:
        return f"alerte ouverte, posture {record.detail}"

    def _message(self, record: Record) -> str:
        result = _RESULTS.get(record.result, plain(record.result))
        when = f" à {record.result_at.astimezone(self._zone):%H:%M:%S}" if record.result_at else ""
        tries = f", {record.tries} essai{'s' if record.tries > 1 else ''}" if record.tries else ""
        purpose = PURPOSES.get(record.purpose, plain(record.purpose))
        how = f" par {channel_label(record.channel)}" if record.channel else ""
        return f"{purpose} de {self._who(record)}{how} : {result}{when}{tries}{_because(record.detail)}"

    def _not_sent(self, record: Record) -> str:
        reason = REASON_NOT_SENT.get(record.result, plain(record.result))
        return f"{self._who(record)} n'est pas prévenu : {reason}{_because(record.detail)}"

    def _recalled(self, record: Record) -> str:
        why = REASON_RECALLED.get(record.result, plain(record.result))
        how = f" par {channel_label(record.channel)}" if record.channel else ""
        return f"message pour {self._who(record)}{how} annulé s'il n'est pas parti : {why}{_because(record.detail)}"

    def _answered(self, record: Record) -> str:
        decision = DECISIONS.get(record.decision, plain(record.decision))
        tag = tag_of(record.status, record.exercise)
        via = f" ({record.channel})" if record.channel else ""
        refused = f" ; sans effet : {record.result}" if record.result else ""
        return (
            f"{f'{tag} · ' if tag else ''}{self._who(record)} répond {decision}{via}{_because(record.detail)}{refused}"
        )

    def _changed(self, record: Record) -> str:
        move = _MOVES.get(record.decision, plain(record.decision))
        return f"{move}{_because(record.detail)}"

    def _decided(self, record: Record) -> str:
        tag = tag_of(record.status, record.exercise)
        verb = _VERBS.get(record.decision, plain(record.decision))
        return f"{f'{tag} · ' if tag else ''}{record.person} {verb} le volet {record.detail}"

    def _exercised(self, record: Record) -> str:
        refused = f" ; sans effet : {record.result}" if record.result else ""
        about = f"exercice {record.exercise} {record.decision} par {record.person}"
        return f"{about}{_because(record.detail)}{refused}"

    def _erased(self, record: Record) -> str:
        return f"{record.tries} textes effacés par {record.person}{_because(record.detail)}"


_PHRASES: Final[dict[What, Callable[[Audit, Record], str]]] = {
    What.RAISED: Audit._raised,  # noqa: SLF001 - the table of the class above
    What.TOLD: Audit._message,  # noqa: SLF001
    What.NOT_SENT: Audit._not_sent,  # noqa: SLF001
    What.RECALLED: Audit._recalled,  # noqa: SLF001
    What.ANSWERED: Audit._answered,  # noqa: SLF001
    What.CHANGED: Audit._changed,  # noqa: SLF001
    What.DECIDED: Audit._decided,  # noqa: SLF001
    What.EXERCISE: Audit._exercised,  # noqa: SLF001
    What.ERASED: Audit._erased,  # noqa: SLF001
}


def _counted(count: int, words: str) -> str:
    """Return ``3 non-envois motivés``: French keeps the singular below two."""
    plural = " ".join(f"{word}s" for word in words.split())
    return f"{count} {words if count < 2 else plural}"  # noqa: PLR2004 - a rule of grammar


def _texts(record: Record) -> Iterator[str]:
    lines = (record.title, *_closed(record.text).splitlines())
    return (f"              | {line}" for line in lines if line)


def _closed(text: str) -> str:
    return _LINK.sub("…", text)


def _because(detail: str) -> str:
    return f" ({detail})" if detail else ""


def _stamp(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")
