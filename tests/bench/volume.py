"""What is measured of volume: ticks with 10,000 open alerts and 1,000 people, and a storm told as digests."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from time import perf_counter, process_time
from typing import Any, Final

from alerts.adapters.postgres import PostgresDatabase
from alerts.astreinte import Canal, Contact, EscalationPolicy, Person, Role, Roster
from alerts.effects import Effect, Notify, Purpose
from alerts.volume.limits import Limits
from orsan_plans.catalogue import Catalogue
from streams import engine, messages
from streams.adapters import migrating
from streams.adapters.live_store import LiveStore
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Draft, Entry, Status
from streams.messages import Message
from streams.messages.reference import Etablissement, EtablissementList, PlanCatalogue, PlanDocument, RosterVersion
from streams.messages.signals import SignalSanitaire
from streams.monitor import Monitor
from streams.region.fold import Fold
from tests.bench.timing import Figure, Run, Timed, timed
from tests.live_database.postgres_server import NoPostgres, running

REGION: Final = "52"
START: Final = datetime(2026, 1, 14, 20, tzinfo=UTC)
SITES: Final = 250
RULES: Final = 40
ROLES, PEOPLE_OF_ROLE = 5, 5
"""Each rule calls its own roles: 40 times 25 people."""
DELAY: Final = timedelta(minutes=10)
TICK_TARGET: Final = 20
"""Ticks per second: 50 ms each."""
STORM_SECONDS: Final = 10
BATCH: Final = 500


def figures(times: int, directory: Path, rules: int = RULES, sites: int = SITES) -> Iterator[Figure]:
    """Measure the ticks of open alerts, then storms of half as many."""
    alerts = rules * sites
    spread, at_once = _ticks(rules, sites, DELAY, 600), _ticks(rules, sites, timedelta(0), 1)
    yield Figure(f"tick each second, {alerts:,} open alerts", (spread.run,), TICK_TARGET, note=spread.note)
    yield Figure(f"tick with {alerts:,} alerts due at once", (at_once.run,), note=at_once.note)
    drafts, told = _storm(rules // 2, sites)
    runs = timed(partial(_appending, opening(rules // 2, sites), drafts, directory), times)
    yield Figure("storm, SQLite journal and outbox", runs, len(drafts) / STORM_SECONDS, note=_counted(told))
    runs = timed(partial(_telling, told, f"sqlite:///{Path(mkdtemp(dir=directory))}/live.db", len(drafts)), 1)
    yield Figure("storm, its effects in a live file", runs, len(drafts) / STORM_SECONDS)
    try:
        yield from _on_postgres(told, len(drafts))
    except NoPostgres:
        return


def _on_postgres(told: Sequence[Effect], alerts: int) -> Iterator[Figure]:
    with ExitStack() as until_the_end:
        server = until_the_end.enter_context(running())
        url = until_the_end.enter_context(server.database())
        database = PostgresDatabase.open(url)
        migrating.upgrade(database)
        database.close()
        runs = timed(partial(_telling, told, url, alerts), 1)
        yield Figure("storm, its effects in PostgreSQL", runs, alerts / STORM_SECONDS)


def opening(rules: int, sites: int) -> list[Message]:
    """Return the plans, the roster and the establishments."""
    documents = Catalogue.from_documents([_plan(rules)])
    plans = PlanCatalogue(documents.sha256, tuple(PlanDocument(name, content) for name, content in documents.documents))
    roster = _roster(rules)
    listed = EtablissementList(tuple(Etablissement(_finess(n), f"Site {n}", _finess(n)[:2]) for n in range(sites)))
    return [plans, RosterVersion(roster.sha256, roster.content), listed]


def _finess(number: int) -> str:
    return f"{('44', '49', '53', '72', '85')[number % 5]}{number:07d}"


def _plan(rules: int) -> tuple[str, dict[str, Any]]:
    source = {"reference": "Banc", "auteur": "Vigie", "valide_du": "2026-01-01", "valide_au": "sans limite"}
    return "banc.yaml", {
        "plan": "banc",
        "volet": "BANC",
        "titre": "Banc d'essai",
        "regions": "toutes",
        "valide_du": "2026-01-01",
        "sources": {"banc": source},
        "regles": [
            {
                "regle": f"r{rule}",
                "titre": f"Règle {rule}",
                "territoires": ["etablissement"],
                "condition": {"evenement": {"natures": [f"n{rule}"], "posture": "alerte", "source": "banc"}},
                "actions_reflexes": ["Appeler."],
                "prevenir": {"alerte": {"roles": [f"r{rule}-{role}" for role in range(ROLES)]}},
            }
            for rule in range(rules)
        ],
    }


def _roster(rules: int) -> Roster:
    names = {
        f"r{rule}-{role}": [f"p{rule}-{role}-{n}" for n in range(PEOPLE_OF_ROLE)]
        for rule in range(rules)
        for role in range(ROLES)
    }
    everyone = [name for held in names.values() for name in held]
    return Roster(
        title="Banc",
        region=REGION,
        people=tuple(Person(name, name, (Contact(f"{name}/sms", Canal.SMS),)) for name in everyone),
        roles=tuple(Role(role, role, tuple(held)) for role, held in names.items()),
        escalation=EscalationPolicy(DELAY, DELAY, "r0-0"),
        limits=Limits(),
    )


def _signals(rules: int, sites: int, over: timedelta) -> Iterator[tuple[datetime, Message]]:
    """Yield a signal of each rule in each establishment, spread over a time."""
    total = rules * sites
    for number in range(total):
        rule, site = number % rules, number // rules
        signal = SignalSanitaire(f"s{number}", f"n{rule}", f"ETAB-{_finess(site)}", f"Signal {number}", "Banc")
        yield START + over * number / total, signal


@dataclass(frozen=True, slots=True)
class _Ticks:
    run: Run
    note: str


def _ticks(rules: int, sites: int, over: timedelta, seconds: int) -> _Ticks:
    """Raise alerts nobody answers, then time a tick for each second of their next calls."""
    fold = engine.start(REGION)
    timeline = [(START, each) for each in opening(rules, sites)] + list(_signals(rules, sites, over))
    for seq, (at, message) in enumerate(timeline, 1):
        kind, payload = messages.encode_checked(message)
        engine.step(fold, Entry(seq, at, at, Status.ACTUAL, REGION, kind, payload))
    engine.advance(fold, START + max(over, DELAY) - timedelta(seconds=1))
    return _timed_ticks(fold, seconds)


def _timed_ticks(fold: Fold, seconds: int) -> _Ticks:
    walls, cpus, effects = list[float](), list[float](), list[Effect]()
    first = fold.state.now
    for second in range(1, seconds + 1):
        wall, cpu = perf_counter(), process_time()
        effects += engine.advance(fold, first + timedelta(seconds=second))
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
    told = sum(isinstance(effect, Notify) for effect in effects)
    over = sum(cpu * TICK_TARGET > 1 for cpu in cpus)
    spread = f"CPU: median {1000 * median(cpus):.1f} ms, worst {1000 * max(cpus):.0f} ms, {over} over the target"
    return _Ticks(Run(seconds, sum(walls), sum(cpus)), f"{spread}; {told} messages of {len(effects)} effects")


def _storm(rules: int, sites: int) -> tuple[list[Draft], list[Effect]]:
    """Return the drafts of a storm within a minute, and what the fold decides until its digests."""
    drafts = [
        Draft(at, Status.ACTUAL, REGION, *messages.encode_checked(each))
        for at, each in _signals(rules, sites, timedelta(minutes=1))
    ]
    fold, told = engine.start(REGION), list[Effect]()
    for seq, message in enumerate(opening(rules, sites), 1):
        engine.step(fold, Entry(seq, START, START, Status.ACTUAL, REGION, *messages.encode_checked(message)))
    for seq, draft in enumerate(drafts, fold.state.seq + 1):
        at = draft.occurred_at
        told += engine.step(fold, Entry(seq, at, at, draft.status, REGION, draft.kind, draft.payload))
    return drafts, told + engine.advance(fold, START + timedelta(minutes=3))


def _counted(told: Sequence[Effect]) -> str:
    sent = [effect for effect in told if isinstance(effect, Notify)]
    digests = sum(each.purpose is Purpose.DIGEST for each in sent)
    return f"{len(sent) - digests} calls and {digests} digests of {len(told)} effects"


def _appending(opened: Sequence[Message], drafts: Sequence[Draft], directory: Path) -> Timed:
    """Journal a storm and its digests in a new live journal: fold, digests of both chains, effects and outbox."""
    journal = SqliteJournal.create(Path(mkdtemp(dir=directory)) / "live.db", synchronous="FULL")
    monitor = Monitor(journal)
    monitor.append([Draft(START, Status.ACTUAL, REGION, *messages.encode(each)) for each in opened], START)

    def work() -> int:
        for first in range(0, len(drafts), BATCH):
            batch = drafts[first : first + BATCH]
            monitor.append(batch, batch[-1].occurred_at)
        monitor.advance(START + timedelta(minutes=3))
        journal.close()
        return len(drafts)

    return work


def _telling(told: Sequence[Effect], url: str, alerts: int) -> Timed:
    """Store the effects of a storm and queue its messages, as a notifier does, by transactions of 500."""
    store = LiveStore.open(url)

    def work() -> int:
        for first in range(0, len(told), BATCH):
            store.record_told([(REGION, told[first : first + BATCH])])
        store.close()
        return alerts

    return work
