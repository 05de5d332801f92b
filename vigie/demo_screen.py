"""What the demo shows while it plays, and the table it ends with. French: it is what on-call people read."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from alerts.channel import Outcome
from alerts.effects import ActivationProposed, AlertChange, AlertChanged, Effect, NotSent, PostureChanged
from alerts.sms_wording import MARKS
from alerts.wording import Message
from orsan_plans.geography import DEPARTEMENTS
from orsan_plans.posture import Posture
from streams.collecting.receipts import Receipt
from vigie.demo import Ending, Spectator, Totals
from vigie.demo_scenarios import Scenario
from vigie.stage import Answer

_STYLES: Final = {
    Posture.INCONNU: "bright_black",
    Posture.VEILLE: "green",
    Posture.VIGILANCE: "yellow",
    Posture.ALERTE: "bold red",
    Posture.ACTIVATION: "bold magenta",
}
_NON_SENDS: Final = {
    "deduplicated": "déjà prévenu dans ce tour d'appel",
    "grouped": "regroupé",
    "inhibited": "compris dans une alerte plus large",
    "silenced": "mis en silence",
    "exercise": "exercice : hors participants",
    "nobody_on_call": "personne d'astreinte",
    "storm": "afflux d'alertes",
}
_MARKS: Final = {"exercise": "EXERCICE · ", "test": "TEST · "}
_PURPOSES: Final = {"call": "appels", "inform": "informations", "end": "fins d'alerte"}


class Screen(Spectator):
    """Writes a line for everything that matters, under a bar that shows the scenario's clock.

    ``seconds`` is how long the play lasts on screen; 0 plays as fast as the machine allows. With ``is_daily`` only a
    line a day is written, for scenarios of many territories.
    """

    def __init__(self, console: Console, scenario: Scenario, seconds: float, *, is_daily: bool) -> None:
        self._console = console
        self._starts_at, self._ends_at = scenario.arrivals[0].at, scenario.ends_at
        self._seconds = seconds
        self._is_daily = is_daily
        self._zone = ZoneInfo("Europe/Paris")
        self._postures: dict[tuple[str, str, str], Posture] = {}
        self._messages = 0
        self._seen: set[str] = set()
        self._day = self._starts_at.astimezone(self._zone).date()
        self._progress = Progress(
            TextColumn("{task.fields[clock]}"), BarColumn(None), console=console, transient=True, disable=not seconds
        )
        self._task = self._progress.add_task("", total=1.0, clock="")

    def __enter__(self) -> Self:
        self._progress.start()
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_daily:
            self._say_day()
        self._progress.stop()

    def tick(self, now: datetime) -> None:
        """Move the bar, and wait when the play runs ahead of its pace."""
        share = (now - self._starts_at) / max(self._ends_at - self._starts_at, timedelta(seconds=1))
        local = now.astimezone(self._zone)
        self._progress.update(self._task, completed=share, clock=f"{local:%d/%m/%Y %H:%M}")
        ahead = share * self._seconds - (time.monotonic() - self._began)
        if ahead > 0:
            time.sleep(ahead)
        if self._is_daily and local.date() != self._day:
            self._say_day()
            self._day = local.date()

    def told(self, at: datetime, sentence: str) -> None:
        """Say what happens in the scenario."""
        self._line(at, Text(sentence, "italic cyan"))

    def effect(self, region: str, effect: Effect) -> None:  # noqa: ARG002 - a spectator is told the région
        """Say what was decided."""
        if isinstance(effect, PostureChanged):
            self._postures[effect.plan, effect.rule, effect.territory] = effect.after
        if self._is_daily:
            return
        if isinstance(effect, PostureChanged) and max(effect.before.rank, effect.after.rank) > 0:
            words = Text.assemble(
                _mark(effect), (f"{effect.before} → ", "dim"), (effect.after, _STYLES[effect.after]),
                f"  {effect.volet} · {effect.rule} · {effect.territory}",
            )  # fmt: skip
            self._line(effect.at, words)
        elif isinstance(effect, NotSent):
            why = f"non envoyé à {effect.role} : {_NON_SENDS[effect.reason]}"
            self._line(effect.at, Text.assemble(_mark(effect), (why, "dim")))
        elif isinstance(effect, ActivationProposed):
            proposed = f"proposition : activer ORSAN {effect.volet} ({effect.territory})"
            self._line(effect.at, Text.assemble(_mark(effect), (proposed, "magenta")))
        elif isinstance(effect, AlertChanged) and effect.change is AlertChange.RESOLVED:
            self._line(effect.at, Text.assemble(_mark(effect), (f"alerte terminée ({effect.territory})", "green")))

    def sent(self, at: datetime, contact: str, message: Message, outcome: Outcome) -> None:
        """Show the message, as its reader gets it."""
        self._messages += outcome.is_sent
        if self._is_daily:
            return
        text = _first_line(message.sms) if contact.endswith("/sms") else message.title
        fate = Text("", "") if outcome.is_sent else Text(" (échec, nouvel essai)", "red")
        self._line(at, Text.assemble((f"→ {contact} ", "bold"), text, fate))

    def answered(self, answer: Answer, name: str) -> None:
        """Say who answered."""
        if not self._is_daily:
            self._line(answer.at, Text(f"{name} répond : « je prends »", "bold green"))

    def collected(self, at: datetime, receipt: Receipt) -> None:
        """Say what a quality correspondent would look at: a file refused, older, sent twice, a record set aside."""
        is_repeated = receipt.sha256 in self._seen
        self._seen.add(receipt.sha256)
        fate = _fate(receipt, is_repeated=is_repeated)
        if fate and not self._is_daily:
            self._line(at, Text.assemble((f"{receipt.name} : ", "bold"), (fate, "dark_orange")))

    def _line(self, at: datetime, text: Text) -> None:
        self._console.print(Text.assemble((f"{at.astimezone(self._zone):%H:%M:%S} ", "dim"), text), soft_wrap=False)

    def _say_day(self) -> None:
        worst = {f"DEP-{code}": Posture.INCONNU for code in DEPARTEMENTS}
        for (plan, _, territory), posture in self._postures.items():
            # A known posture hides an unknown one here: the line counts what each département is asked to do.
            if plan == "covid-2020" and (posture is not Posture.INCONNU and posture.rank >= worst[territory].rank):
                worst[territory] = posture
        counts = Counter(worst.values())
        self._console.print(
            Text.assemble(
                (f"{self._day:%d/%m/%Y} ", "dim"),
                *[(f" {counts[each]:>3} {each}", _STYLES[each]) for each in reversed(list(Posture)[:4])],
                f"  {self._messages:>4} messages",
            )
        )
        self._messages = 0


def _mark(effect: PostureChanged | NotSent | ActivationProposed | AlertChanged) -> str:
    return _MARKS.get(effect.status, "")


def _first_line(sms: str) -> str:
    """Return the first line of an SMS that says something, after its mark when it has one."""
    first, *others = sms.splitlines()
    return f"{first} : {others[0]}" if first in MARKS.values() and others else first


def _fate(receipt: Receipt, *, is_repeated: bool) -> str:
    if receipt.refused:
        return "refusé en entier : rien n'en est écrit au journal, la raison est à côté de lui dans rejetes/"
    known = f"{receipt.duplicates} enregistrements déjà connus sur {receipt.received}"
    if receipt.is_older:
        return f"plus ancien que ce qui est déjà reçu, il ne change rien ({known})"
    if receipt.quarantined:
        return f"{receipt.quarantined} enregistrement en quarantaine, {known}, {receipt.journaled} au journal"
    return f"reçu deux fois, {known}, {receipt.journaled} au journal" if is_repeated else ""


def ending_table(ending: Ending) -> Table:
    """Return the table that ends the demo."""
    totals = ending.totals
    table = Table(title="Bilan", show_header=False, title_justify="left")
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("entrées au journal", f"{totals.entries}, dont {totals.rejected} sans effet")
    if totals.files:
        _add_files(table, totals)
    table.add_row("postures", _counted(totals.postures, str))
    table.add_row("alertes déclenchées", str(totals.alerts))
    table.add_row("notifications décidées", _counted(totals.ordered, lambda each: _PURPOSES[each]))
    table.add_row("remises au canal", f"{totals.attempts['sent']}, {totals.attempts['failed']} essais manqués")
    table.add_row("réponses", str(totals.answers))
    table.add_row("non-envois", _counted(totals.non_sends, lambda each: _NON_SENDS[each]) or "aucun")
    table.add_row("empreinte", ending.digest)
    is_equal = ending.digest == ending.replay_digest
    words = ("identique", "bold green") if is_equal else (f"DIFFÉRENTE : {ending.replay_digest}", "bold red")
    table.add_row("empreinte du rejeu", Text.assemble(words))
    return table


def _add_files(table: Table, totals: Totals) -> None:
    files, records = totals.files, totals.records
    dropped = files["collected"] + files["refused"]
    lived = records["journaled"] - records["accepted"] - records["removed"]
    table.add_row(
        "fichiers déposés",
        f"{dropped} (refusés en entier : {files['refused']}, dépassés par un plus récent : {files['older']})",
    )
    table.add_row(
        "enregistrements reçus",
        f"{records['received']} = {records['accepted']} acceptés + {records['duplicates']} déjà connus "
        f"+ {records['quarantined']} en quarantaine",
    )
    table.add_row(
        "écrits au journal",
        f"{records['journaled']} (corrections : {records['corrected']}, retraits : {records['removed']}, "
        f"fichiers sans nouveauté : {lived})",
    )


def _counted(counts: dict[str, int], name: Callable[[str], str]) -> str:
    return ", ".join(f"{count} {name(key)}" for key, count in sorted(counts.items(), key=lambda item: -item[1]))
