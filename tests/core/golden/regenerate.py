"""Write the golden journals again, deliberately: ``python tests/core/golden/regenerate.py [NAME...]``, all without one.

A golden journal guards past decisions: when its digest changes, either a decision changed (say so in the changelog) or
a mistake was made. Read the difference first; no test and no build step ever runs this.
"""

import gzip
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

from alerts.answers import AnswerDecision
from alerts.effects import AlertRaised, Notify
from alerts.policies import EscalationStep, Policy
from orsan_plans.adapters.plan_files import shipped_catalogue
from orsan_plans.posture import Posture
from streams.adapters.archive import write_archive
from streams.adapters.archive_format import compressed
from streams.capacity.declaration import Directory
from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Context
from streams.collecting.pseudonyms import Pseudonyms
from streams.entry import Draft, Status, combined_digest
from streams.journal import JournalPurpose
from streams.known_formats import all_formats
from streams.messages import Message, encode
from streams.messages.decisions import Acknowledge, DecideVolet
from streams.messages.deliveries import DeliveryReport
from streams.messages.feeds import DailyFigures
from streams.messages.reference import Etablissement, EtablissementList, PlanCatalogue, PlanDocument, ReferenceBeds
from streams.monitor import Dated, Monitor
from streams.synthetic.bed_files import BED_KINDS
from streams.synthetic.evening import winter_evening
from streams.synthetic.sites import SITES
from streams.testing import MemoryJournal
from tests.core.builders import (
    EVERY_KIND,
    HOUR,
    MINUTE,
    NANTES,
    T0,
    beds,
    passage,
    roster,
    roster_version,
    setting,
    signal,
)
from vigie.demo_depot import KEYS

HERE: Final = Path(__file__).parent
DIGESTS: Final = HERE / "digests.json"
Timed = tuple[datetime, Status, Message]


def shipped() -> PlanCatalogue:
    read = shipped_catalogue()
    return PlanCatalogue(read.sha256, tuple(PlanDocument(name, content) for name, content in read.documents))


def every_rule() -> MemoryJournal:
    """A night with one of each: a crowd, full beds, an accident answered, an exercise, a failed call, a silence."""
    journal = MemoryJournal()
    monitor = Monitor(journal)
    timed: list[Timed] = [(at, Status.ACTUAL, message) for at, message in setting(*EVERY_KIND)]
    timed += [(T0 + n * MINUTE, Status.ACTUAL, passage(NANTES, T0 + n * MINUTE, ccmu="5")) for n in range(1, 8)]
    timed += [
        (T0 + 20 * MINUTE, Status.ACTUAL, beds(NANTES, T0 + 20 * MINUTE, 10)),
        (T0 + 30 * MINUTE, Status.EXERCISE, signal("exercice")),
        (T0 + HOUR, Status.ACTUAL, signal()),
    ]
    for at, status, message in timed:
        _append(monitor, at, status, message)
    caused = [stored.effect for stored in journal.effects("52")]
    call = [effect for effect in caused if isinstance(effect, Notify)][-1]
    alert = [effect for effect in caused if isinstance(effect, AlertRaised)][-1].brief.alert_id
    _append(monitor, T0 + HOUR + MINUTE, Status.ACTUAL, DeliveryReport(call.id, "failed", 3, "refusé"))
    _append(monitor, T0 + 2 * HOUR, Status.ACTUAL, Acknowledge(alert, "Cécile"))
    _append(monitor, T0 + 3 * HOUR, Status.ACTUAL, signal(is_open=False))
    monitor.advance(T0 + 30 * HOUR)
    return journal


def _append(monitor: Monitor, at: datetime, status: Status, message: Message) -> None:
    monitor.advance(at)
    monitor.append([Draft(at, status, "52", *encode(message))], at)


def two_regions() -> MemoryJournal:
    """Three weeks of daily figures in two régions under the shipped plans, with a gap and a late correction."""
    journal = MemoryJournal(JournalPurpose.RETEX)
    first = datetime(2020, 3, 1, 3, tzinfo=UTC)
    dated = [Dated(first, Draft(first, Status.ACTUAL, region, *encode(shipped()))) for region in ("52", "76")]
    for region, departement, beds_known in (("52", "44", 77), ("76", "48", 3)):
        reference = ReferenceBeds(f"DEP-{departement}", "SAE", {"rea": beds_known})
        dated.append(Dated(first, Draft(first, Status.ACTUAL, region, *encode(reference))))
        for day in range(21):
            if day != 9:
                dated += _day_of(region, departement, day, late=0)
        dated += _day_of(region, departement, 9, late=14)
    Monitor(journal).record(sorted(dated, key=lambda each: each.recorded_at))
    return journal


def _day_of(region: str, departement: str, number: int, late: int) -> list[Dated]:
    day = date(2020, 3, 1) + timedelta(days=number)
    at = datetime(2020, 3, 2, 3, tzinfo=UTC) + timedelta(days=number + late)
    visits = DailyFigures("sursaud", f"DEP-{departement}", day, {"passages": 200, "suspicion_covid": number * 2})
    stocks = DailyFigures(
        "sivic.stocks", f"DEP-{departement}", day, {"hospitalises": number, "reanimation": number * 3}
    )
    return [Dated(at, Draft(at, Status.ACTUAL, region, *encode(message))) for message in (visits, stocks)]


def winter() -> MemoryJournal:
    """The first two hours of the synthetic winter evening, under the shipped plans: its files, collected."""
    journal = MemoryJournal(JournalPurpose.RETEX)
    files = winter_evening(seed=1, start=datetime(2026, 1, 14, 12, tzinfo=UTC)).files
    start = files[0].at
    listed = EtablissementList(tuple(Etablissement(each.finess, each.name, each.departement) for each in SITES))
    opening: list[Message] = [shipped(), roster_version(roster()), listed]
    monitor = Monitor(journal)
    monitor.append([Draft(start, Status.ACTUAL, "52", *encode(message)) for message in opening], start)
    collector = Collector(monitor, all_formats(Pseudonyms(KEYS), Directory(bed_kinds=BED_KINDS)))
    for file in files:
        if file.at <= start + 2 * HOUR and not file.name.endswith(".jsonl"):
            collector.collect(Incoming(file.name, partial(BytesIO, file.content)), Context("52", file.at))
    return journal


POLICY: Final = Policy(
    volets=("REB",),
    postures=(Posture.ALERTE,),
    steps=(EscalationStep(("cadre", "medecin"), 7 * MINUTE, answers=2), EscalationStep(("directeur",), 5 * MINUTE)),
    repeat=20 * MINUTE,
    fallback="veille",
    act_within=25 * MINUTE,
    withdraw_after=15 * MINUTE,
)


def answers() -> MemoryJournal:
    """Two answers required and an act awaited: passed on, withdrawn, a false alarm; a volet proposed for another."""
    journal = MemoryJournal()
    monitor = Monitor(journal)
    held = roster_version(replace(roster(), policies=(POLICY,)))
    opening = (*setting(*EVERY_KIND), (T0, held), (T0, signal()), (T0, signal("s2", territory="DEP-49")))
    for at, message in opening:
        _append(monitor, at, Status.ACTUAL, message)
    raised = [each.effect for each in journal.effects("52") if isinstance(each.effect, AlertRaised)]
    first, second = (partial(Acknowledge, effect.brief.alert_id) for effect in raised[-2:])
    timed: list[tuple[int, Message]] = [
        (2, first("cecile")),
        (4, first("marc", decision=AnswerDecision.HAND_ON, reason="Au bloc")),
        (8, first("denis")),
        (50, first("eva", decision=AnswerDecision.FALSE_ALARM)),
        (51, first("marc")),
        (52, first("marc", decision=AnswerDecision.HAND_ON)),
        (55, first("denis", decision=AnswerDecision.WATCH, reason="Le SAMU rappelle")),
        (70, second("cecile")),
        (71, second("vera")),
        (80, DecideVolet("REB", "REG-52", "proposer", "Denis", "Vingt blessés graves")),
        (200, signal(is_open=False)),
    ]
    for minute, message in timed:
        _append(monitor, T0 + minute * MINUTE, Status.ACTUAL, message)
    monitor.advance(T0 + 30 * HOUR)
    return journal


GOLDEN: Final = {"chaque-regle": every_rule, "deux-regions": two_regions, "soir-d-hiver": winter, "reponses": answers}


def main(names: Sequence[str]) -> None:
    """Write the archives named, or all of them, and the digests they must give."""
    digests = json.loads(DIGESTS.read_text(encoding="utf-8"))
    for name in names or GOLDEN:
        journal = GOLDEN[name]()
        write_archive(journal, HERE / f"{name}.vigie.gz")
        heads = journal.heads()
        counts = {"entries": sum(head.seq for head in heads), "effects": sum(head.effects for head in heads)}
        digests[name] = {"digest": combined_digest(heads), **counts}
    if not names:
        _write_wrong(every_rule())
    DIGESTS.write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")


def _write_wrong(journal: MemoryJournal) -> None:
    """Write two archives that must be detected: decisions no replay gives, and an entry altered after the fact."""
    head = journal.heads()[0]
    journal._heads["52"] = replace(head, effects_digest=bytes(reversed(head.effects_digest)))
    write_archive(journal, HERE / "decisions-fausses.vigie.gz")
    path = HERE / "entree-alteree.vigie.gz"
    write_archive(journal, path)
    lines = gzip.decompress(path.read_bytes()).splitlines()[:-1]
    lines[12] = lines[12].replace(b"DEP-44", b"DEP-49")
    path.write_bytes(b"".join(compressed(iter(lines))))


if __name__ == "__main__":
    main(sys.argv[1:])
