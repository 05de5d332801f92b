"""What an entry changes, one function per kind of message. Each returns None, or why the entry changes nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from alerts import book
from alerts.answers import Answer
from alerts.effects import Effect, PostureChanged, ReleveTaken, VoletDecided, VoletProposed, effect_id
from alerts.volume import traffic
from orsan_plans.geography import REGION_OF_DEPARTEMENT
from orsan_plans.posture import Posture
from orsan_plans.territory import Level, level_of
from streams.entry import FUTURE_TOLERANCE
from streams.messages.capacity import BedCapacity, RegulationActivity, SmurIntervention
from streams.messages.contacts import ContactTested, ContactVerified
from streams.messages.decisions import Acknowledge, DecideVolet, ReleveAcknowledged
from streams.messages.deliveries import DeliveryProof, DeliveryReport, LinkRefused, TextsErased
from streams.messages.feeds import DailyFigures, FeedReceived, MonitorProbe, QuarantineDropped
from streams.messages.quiet import MaintenancePlanned, SilenceLifted, SilenceSet
from streams.messages.reference import EtablissementList, PlanCatalogue, ReferenceBeds, RosterVersion
from streams.messages.signals import QualifySignal, SignalSanitaire
from streams.messages.visits import PassageCorrected, PassageRemoved, PassageRPU
from streams.region import beds, daily, feeds, open_signals, quiet, setting
from streams.region.calls import keep_activity, keep_intervention
from streams.region.fold import Turn
from streams.region.judging import arm_alerts, judge_all, named
from streams.region.passages import IN_HOUR, PASSAGE_INDICATORS, Window, lanes_of, steps_of
from streams.region.probing import probe
from streams.region.publishing import (
    daily_territories,
    judge_indicators,
    places_of,
    publish_beds,
    publish_calls,
    publish_daily,
    recorded_too_early,
    recorded_too_late,
)
from streams.region.sliding import judge_watches, start_sliding
from streams.region.state import Due, SignalState
from streams.region.visit_closing import count_by_day


def passage(turn: Turn, message: PassageRPU) -> str | None:
    """Count a visit in its establishment, its département and its région."""
    fold, now = turn.fold, turn.now
    etablissement = f"ETAB-{message.finess}"
    if message.departement not in fold.departements and message.departement in REGION_OF_DEPARTEMENT:
        return f"DEP-{message.departement} is not in region {fold.state.region}"
    if message.entered_at - now > FUTURE_TOLERANCE:
        return "the visit is dated after it was recorded: check the clock of the establishment"
    came_back = feeds.heard(turn, feeds.RPU, etablissement)
    count_by_day(turn, message)
    steps = steps_of(message.entered_at, now)
    moved = _count(turn, message, steps) if steps is not None else []
    if came_back:
        # Before the watches: what they remember is lost in a restart, and must not decide the order of effects.
        feed_changed(turn, feeds.RPU, etablissement)
    for territory, window, lanes in moved:
        judge_watches(turn, territory, window, lanes)
    return None


def _count(turn: Turn, message: PassageRPU, steps: tuple[int, int | None]) -> list[tuple[str, Window, tuple[int, ...]]]:
    """Add a visit to the windows of its territories; return those in which a rule may have to be judged."""
    windows, watches, status = turn.world.passages.windows, turn.fold.watches, turn.status
    day_step, hour_step = steps
    lanes = lanes_of(message)
    moved = lanes if hour_step is None else (*lanes, IN_HOUR)
    crossed = []
    for territory in _places_of(turn, message):
        window = windows.get(territory)
        if window is None:
            window = windows[territory] = Window()
        window.add(day_step, hour_step, lanes)
        watched = watches.get((status, territory))
        if watched is None or not watched.holds(window.totals, moved):
            crossed.append((territory, window, moved))
    start_sliding(turn)
    return crossed


def corrected(turn: Turn, message: PassageCorrected) -> str | None:
    """Replace a visit by its newer version, and judge once both are done."""
    moved = _take_back(turn, message.before)
    reason = passage(turn, message.after)
    _judge_moved(turn, message.before, moved)
    return reason


def removed(turn: Turn, message: PassageRemoved) -> str | None:
    """Count a visit no longer: a newer file of its establishment does not hold it."""
    etablissement = f"ETAB-{message.before.finess}"
    came_back = feeds.heard(turn, feeds.RPU, etablissement)
    moved = _take_back(turn, message.before)
    if came_back:
        feed_changed(turn, feeds.RPU, etablissement)
    _judge_moved(turn, message.before, moved)
    return None


def _take_back(turn: Turn, before: PassageRPU) -> tuple[int, ...]:
    count_by_day(turn, before, -1)
    steps = steps_of(before.entered_at, turn.now)
    if steps is None:
        return ()
    lanes = lanes_of(before)
    for territory in _places_of(turn, before):
        window = turn.world.passages.windows.get(territory)
        if window is not None:
            window.take_back(steps[0], steps[1], lanes)
    return (*lanes, IN_HOUR)


def _judge_moved(turn: Turn, before: PassageRPU, moved: tuple[int, ...]) -> None:
    for territory in _places_of(turn, before):
        window = turn.world.passages.windows.get(territory)
        if moved and window is not None:
            judge_watches(turn, territory, window, moved)


def _places_of(turn: Turn, message: PassageRPU) -> tuple[str, ...]:
    # An establishment nobody declared may have a FINESS of no département: it counts for itself and its région.
    departement = (f"DEP-{message.departement}",) if message.departement in turn.fold.departements else ()
    return (f"ETAB-{message.finess}", *departement, turn.fold.territory)


def feed_changed(turn: Turn, feed: str, territory: str) -> None:
    """Judge what the silence or the return of a feed may change: its rules, and the readings it is part of."""
    fold = turn.fold
    judge_all(turn, fold.rules.by_feed.get(feed, []), territory)
    if feed == feeds.BEDS:
        publish_beds(turn, territory)
    if feed in (feeds.REGULATION, feeds.SMUR):
        publish_calls(turn, feed, territory)
    if feed == feeds.RPU:
        for place in places_of(turn, territory):
            judge_indicators(turn, list(PASSAGE_INDICATORS), place)


def figures(turn: Turn, message: DailyFigures) -> str | None:
    """Keep a day's figures of a département and publish the readings they complete."""
    if level_of(message.territory) not in (Level.DEPARTEMENT, Level.REGION) or not turn.fold.holds(message.territory):
        return f"{message.territory} is neither region {turn.fold.state.region} nor one of its départements"
    if recorded_too_late(turn, message.day):
        return f"figures of {message.day} are more than {daily.KEPT_DAYS} days old"
    if recorded_too_early(turn, message.day):
        # Kept, it would push out every figure before it and be the latest day until it comes.
        return f"figures of {message.day} are dated after the day they were recorded: check the date"
    came_back = feeds.heard(turn, message.feed, message.territory)
    setting.start_closing(turn, message.feed)
    if daily.store(turn.world.daily, message.feed, message.territory, message.day, message.figures):
        for territory in daily_territories(turn, message.territory, message.feed, message.day):
            judge_indicators(turn, publish_daily(turn, message.feed, territory, message.day), territory)
    if came_back:
        feed_changed(turn, message.feed, message.territory)
    return None


def reference_beds(turn: Turn, message: ReferenceBeds) -> str | None:
    """Keep the reference beds of a territory: the next reading uses them."""
    turn.world.daily.beds[message.territory] = message.beds
    return None


def received(turn: Turn, message: FeedReceived) -> str | None:
    """Note that a source lives, though it had nothing new to say."""
    if not turn.fold.holds(message.territory) and level_of(message.territory) is not Level.ETABLISSEMENT:
        return f"{message.territory} is not in region {turn.fold.state.region}"
    if feeds.heard(turn, message.feed, message.territory):
        feed_changed(turn, message.feed, message.territory)
    return None


def capacity(turn: Turn, message: BedCapacity) -> str | None:
    """Keep an establishment's declared beds and publish the occupancy of the territories it lies in."""
    etablissement = f"ETAB-{message.finess}"
    if message.departement not in turn.fold.departements:
        return f"DEP-{message.departement} is not in region {turn.fold.state.region}"
    if message.updated_at - turn.now > FUTURE_TOLERANCE:
        return "the beds are dated after they were recorded: check the clock of the establishment"
    came_back = feeds.heard(turn, feeds.BEDS, etablissement)
    if beds.keep(turn, message):
        publish_beds(turn, etablissement, [message.bed_kind])
    if came_back:
        feed_changed(turn, feeds.BEDS, etablissement)
    return None


def signal(turn: Turn, message: SignalSanitaire) -> str | None:
    """Open, update or end a signal, and judge the rules of its nature wherever it counts."""
    if not turn.fold.holds(message.territory):
        return f"{message.territory} is not in region {turn.fold.state.region}"
    known = turn.world.signals.get(message.signal_id)
    if message.is_open and (message.ends_at is None or message.ends_at > turn.now):
        open_signals.keep(turn.world, _updated(known, message, turn.now))
        if message.ends_at is not None:
            turn.fold.arm(message.ends_at, Due.SIGNAL_END, turn.status, message.signal_id)
    elif known is None:
        return f"signal {message.signal_id} is ended but was never open"
    else:
        open_signals.forget(turn.world, message.signal_id)
    for each in [message] if known is None else [message, known.signal]:
        judge_signal(turn, each)
    return None


def _updated(known: SignalState | None, message: SignalSanitaire, now: datetime) -> SignalState:
    if known is None:
        return SignalState(message, now)
    # A bulletin that repeats is still what the veille team judged; one that says something else is not.
    before = known.signal
    is_same = (before.nature, before.territory, before.criteria) == (
        message.nature,
        message.territory,
        message.criteria,
    )
    return SignalState(message, known.since, known.triage) if is_same else SignalState(message, known.since)


def judge_signal(turn: Turn, message: SignalSanitaire) -> None:
    """Judge the rules of a signal's nature in its territory, those inside it and those it lies in."""
    fold, place = turn.fold, message.territory
    is_narrowest = level_of(place) is Level.ETABLISSEMENT
    inside = [] if is_narrowest else [each for each in setting.places(fold) if place in fold.ancestors(each)]
    own = [] if place in ("FR", *inside) else [place]
    wider = [each for each in fold.ancestors(place) if each != "FR"]
    for territory in [*inside, *own, *wider]:
        judge_all(turn, fold.rules.by_nature.get(message.nature, []), territory)


def qualify(turn: Turn, message: QualifySignal) -> str | None:
    """Take the triage of the veille team into account: a signal put aside no longer asks for anything."""
    known = turn.world.signals.get(message.signal_id)
    if known is None:
        return f"no open signal {message.signal_id}"
    if message.triage == "ecarte" and not message.reason:
        return f"signal {message.signal_id} is put aside without a reason"
    known.triage = message.triage
    judge_signal(turn, known.signal)
    return None


def activity(turn: Turn, message: RegulationActivity) -> str | None:
    """Keep the counts of a SAMU or SAS, and publish the last 24 hours of its territory."""
    if not turn.fold.holds(message.territory):
        return f"{message.territory} is not in region {turn.fold.state.region}"
    if message.ends_at - turn.now > FUTURE_TOLERANCE:
        return "the counts are dated after they were recorded: check the clock of the source"
    came_back = feeds.heard(turn, feeds.REGULATION, message.territory)
    keep_activity(turn, message)
    publish_calls(turn, feeds.REGULATION, message.territory)
    if came_back:
        feed_changed(turn, feeds.REGULATION, message.territory)
    return None


def intervention(turn: Turn, message: SmurIntervention) -> str | None:
    """Count an intervention of a SMUR in its département."""
    departement = f"DEP-{message.departement}"
    if not turn.fold.holds(departement):
        return f"{departement} is not in region {turn.fold.state.region}"
    if message.decided_at - turn.now > FUTURE_TOLERANCE:
        return "the intervention is dated after it was recorded: check the clock of the source"
    came_back = feeds.heard(turn, feeds.SMUR, departement)
    keep_intervention(turn, message)
    publish_calls(turn, feeds.SMUR, departement)
    if came_back:
        feed_changed(turn, feeds.SMUR, departement)
    return None


def acknowledge(turn: Turn, message: Acknowledge) -> str | None:
    """Stop the calls of an alert, or pass it on."""
    given = Answer(message.alert_id, message.by, message.person, message.decision, message.reason)
    effects = book.answer(turn.world.book, turn.desk(), given)
    if isinstance(effects, str):
        return effects
    turn.effects += effects
    arm_alerts(turn)
    return None


def delivery(turn: Turn, message: DeliveryReport) -> str | None:
    """Take into account what became of a call."""
    if message.outcome == "failed":
        traffic.lost(turn.world.traffic, message.notification_id)
    effects = book.report(turn.world.book, turn.desk(), message.notification_id, is_sent=message.outcome == "sent")
    turn.effects += effects
    arm_alerts(turn, named(effects))
    return None


def decision(turn: Turn, message: DecideVolet) -> str | None:
    """Activate or lift a volet: the authority's word, and the only way to ACTIVATION; or propose to activate it."""
    if not turn.fold.holds(message.territory):
        return f"{message.territory} is not in region {turn.fold.state.region}"
    key = f"{message.volet}@{message.territory}"
    activated = turn.world.activated
    is_active = message.decision == "activer"
    if (message.decision != "lever") is (key in activated):
        return (
            f"volet {message.volet} is already {'active' if key in activated else 'not active'} in {message.territory}"
        )
    if message.decision == "proposer":
        _proposed(turn, message)
        return None
    if is_active:
        activated[key] = message.author
    else:
        del activated[key]
    before, after = (Posture.VEILLE, Posture.ACTIVATION) if is_active else (Posture.ACTIVATION, Posture.VEILLE)
    common: dict[str, Any] = {"at": turn.now, "status": turn.status, "volet": message.volet}
    turn.world.moves += 1
    move = (turn.fold.state.region, turn.status, turn.world.moves)
    turn.effects += [
        VoletDecided(
            id=effect_id("decided", *move),
            territory=message.territory,
            is_active=is_active,
            author=message.author,
            reason=message.reason,
            **common,
        ),
        PostureChanged(
            id=effect_id("posture", *move),
            plan="",
            rule="decision",
            territory=message.territory,
            before=before,
            after=after,
            occurred_on=turn.fold.today(turn.now),
            evidence=None,
            **common,
        ),
        *_acted_on(turn, message),
    ]
    return None


def _proposed(turn: Turn, message: DecideVolet) -> None:
    turn.world.moves += 1
    proposed = VoletProposed(
        id=effect_id("proposed_by", turn.fold.state.region, turn.status, turn.world.moves),
        at=turn.now,
        status=turn.status,
        volet=message.volet,
        territory=message.territory,
        author=message.author,
        reason=message.reason,
    )
    turn.effects += [proposed, *_acted_on(turn, message)]


def _acted_on(turn: Turn, message: DecideVolet) -> list[Effect]:
    what = f"{message.decision} {message.volet}"
    return book.decided(turn.world.book, turn.desk(), message.volet, message.territory, message.author, what)


def releve(turn: Turn, message: ReleveAcknowledged) -> None:
    """Say who read the hand-over digest: what happens next is what the following one shows."""
    turn.effects.append(
        ReleveTaken(
            id=effect_id("releve", turn.fold.state.region, turn.fold.state.seq),
            at=turn.now,
            status=turn.status,
            role=message.role,
            by=message.by,
            person=message.person,
            shown=message.shown,
        )
    )


def noted(_turn: Turn, _message: object) -> None:
    """Keep a fact for the record: it changes no measure and no decision."""


RECEIVERS: Final[dict[type, Callable[[Turn, Any], str | None]]] = {
    PassageRPU: passage,
    DailyFigures: figures,
    ReferenceBeds: reference_beds,
    BedCapacity: capacity,
    SignalSanitaire: signal,
    Acknowledge: acknowledge,
    DeliveryReport: delivery,
    ContactVerified: setting.contact_verified,
    ContactTested: setting.contact_tested,
    DecideVolet: decision,
    SilenceSet: quiet.silence_set,
    SilenceLifted: quiet.silence_lifted,
    MaintenancePlanned: quiet.maintenance_planned,
    PlanCatalogue: setting.plans,
    RosterVersion: setting.roster,
    EtablissementList: setting.etablissements,
    PassageCorrected: corrected,
    PassageRemoved: removed,
    FeedReceived: received,
    RegulationActivity: activity,
    SmurIntervention: intervention,
    QualifySignal: qualify,
    QuarantineDropped: noted,
    DeliveryProof: noted,
    MonitorProbe: probe,
    TextsErased: noted,
    LinkRefused: noted,
    ReleveAcknowledged: releve,
}
