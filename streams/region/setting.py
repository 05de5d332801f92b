"""What a region is judged by: plans in force, roster, establishments, and the closing of days."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from alerts import book
from alerts.astreinte import Roster
from alerts.contact_proofs import after_trial, after_verification
from orsan_plans.catalogue import Catalogue
from orsan_plans.geography import REGIONS
from orsan_plans.plan import IndicatorCondition, Plan
from orsan_plans.schema import PlanError
from orsan_plans.territory import level_of
from streams.entry import Status
from streams.messages.contacts import ContactTested, ContactVerified
from streams.messages.reference import EtablissementList, PlanCatalogue, RosterVersion
from streams.region import daily, feeds
from streams.region.daily import DAILY_INDICATORS
from streams.region.fold import Fold, Turn
from streams.region.judging import arm_alerts, forget, judge_all
from streams.region.publishing import publish_again, publish_daily
from streams.region.rules_in_force import index, leaves
from streams.region.state import Due, FeedState

ACTUAL_ONLY: Final = "plans, rosters and establishments are set by actual entries only"
CONTACTS_ACTUAL_ONLY: Final = "contacts are verified by actual entries only"


def plans(turn: Turn, message: PlanCatalogue) -> str | None:
    """Put a catalogue in force, and judge everything again with it."""
    if turn.status is not Status.ACTUAL:
        return ACTUAL_ONLY
    try:
        catalogue = read_catalogue(message)
    except PlanError as error:
        return f"the plan catalogue cannot be read: {error}"
    turn.fold.catalogue = catalogue
    turn.fold.state.plans = message.documents
    apply_plans(turn)
    return None


def read_catalogue(message: PlanCatalogue) -> Catalogue:
    """Return the catalogue an entry carries; PlanError when it is not one."""
    return Catalogue.from_documents((document.name, document.content) for document in message.documents)


def apply_plans(turn: Turn) -> None:
    """Judge every world by the plans in force today, and look again when their validity changes."""
    fold = turn.fold
    index_plans(fold, turn.now)
    for status in Status:
        _judge_world(Turn(fold, status, turn.now, turn.observer, turn.effects))
    boundary = _next_boundary(fold, turn.now)
    if boundary is not None:
        fold.arm(boundary, Due.PLANS, Status.ACTUAL, "")


def index_plans(fold: Fold, now: datetime) -> None:
    """Derive the rules in force at ``now``; watches are made again when needed."""
    in_force = fold.catalogue.in_force(fold.today(now), fold.state.region) if fold.catalogue else ()
    fold.rules = index(in_force)
    fold.watches = {}


def _judge_world(turn: Turn) -> None:
    if turn.status is Status.EXERCISE and turn.fold.state.exercises and not turn.exercise:
        return  # between two exercises nothing is played
    world, rules = turn.world, turn.fold.rules
    for key in sorted(world.postures):
        rule_key, _, territory = key.partition("@")
        if rule_key not in rules.by_key or level_of(territory) not in rules.by_key[rule_key].rule.levels:
            forget(turn, key)
    for key in sorted(world.feeds):
        feeds.watch_again(turn, key)
    publish_again(turn)
    for territory in _known_territories(turn):
        judge_all(turn, rules.by_key.values(), territory)
    arm_alerts(turn)


def _known_territories(turn: Turn) -> list[str]:
    world = turn.world
    keyed = (*world.readings, *world.feeds, *world.postures)
    known = {key.partition("@")[2] for key in keyed}
    known.update(world.passages.windows, places(turn.fold))
    return sorted(known)


def places(fold: Fold) -> list[str]:
    """Return the declared establishments of a region, its départements and itself, as territories."""
    departements = [f"DEP-{code}" for code in REGIONS[fold.state.region].departements]
    return [*(f"ETAB-{finess}" for finess in sorted(fold.state.etablissements)), *departements, fold.territory]


def _next_boundary(fold: Fold, now: datetime) -> datetime | None:
    today = fold.today(now)
    days = [day for plan in (fold.catalogue.plans if fold.catalogue else ()) for day in _boundaries(plan)]
    first = min((day for day in days if day > today), default=None)
    return None if first is None else datetime.combine(first, time(0), fold.zone).astimezone(UTC)


def _boundaries(plan: Plan) -> list[date]:
    sources = [
        cited.source
        for rule in plan.rules
        for condition in leaves(rule.condition)
        for cited in (condition.thresholds if isinstance(condition, IndicatorCondition) else (condition,))
    ]
    periods = [
        (plan.valid_from, plan.valid_until),
        *((each.valid_from, each.valid_until) for each in sources),
    ]
    ends = [until + timedelta(days=1) for _, until in periods if until is not None and until < date.max]
    return [since for since, _ in periods] + ends


def roster(turn: Turn, message: RosterVersion) -> str | None:
    """Put a roster in force; alerts that waited for one are called at once."""
    if turn.status is not Status.ACTUAL:
        return ACTUAL_ONLY
    try:
        read = Roster.from_content(message.content)
    except ValueError as error:
        return f"the roster cannot be read: {error}"
    if read.region != turn.fold.state.region:
        return f"the roster is of région {read.region}"
    turn.fold.roster = read
    turn.fold.state.roster = message.content
    for status in Status:
        other = Turn(turn.fold, status, turn.now, turn.observer, turn.effects)
        book.roster_arrived(other.world.book, turn.now)
        arm_alerts(other)
    return None


def contact_verified(turn: Turn, message: ContactVerified) -> str | None:
    """Note that a code sent to a contact came back."""
    if turn.status is not Status.ACTUAL:
        return CONTACTS_ACTUAL_ONLY
    contacts = turn.fold.state.contacts
    contacts[message.contact] = after_verification(contacts.get(message.contact), message.digest, turn.now)
    return None


def contact_tested(turn: Turn, message: ContactTested) -> str | None:
    """Note that a message was handed over to a contact; one that was not proves nothing."""
    if turn.status is not Status.ACTUAL:
        return CONTACTS_ACTUAL_ONLY
    contacts = turn.fold.state.contacts
    if message.outcome == "sent":
        contacts[message.contact] = after_trial(contacts.get(message.contact), message.digest, turn.now)
    return None


def etablissements(turn: Turn, message: EtablissementList) -> str | None:
    """Declare the establishments records are expected from: one that never reports falls silent too."""
    if turn.status is not Status.ACTUAL:
        return ACTUAL_ONLY
    region = turn.fold.state.region
    foreign = [each for each in message.etablissements if each.departement not in REGIONS[region].departements]
    if foreign:
        return f"{foreign[0].finess} is in département {foreign[0].departement}, outside region {region}"
    turn.fold.state.etablissements = {each.finess: each for each in message.etablissements}
    for finess in sorted(turn.fold.state.etablissements):
        key = f"{feeds.RPU}@ETAB-{finess}"
        if key not in turn.world.feeds:
            turn.world.feeds[key] = FeedState(turn.now, has_reported=False)
    # Who is expected, and where, changes completeness everywhere.
    turn.fold.watches = {}
    for status in Status:
        _judge_world(Turn(turn.fold, status, turn.now, turn.observer, turn.effects))
    return None


def start_closing(turn: Turn, feed: str) -> None:
    """Arm the closing of a daily feed's days, from the first one that is not closed yet."""
    state = turn.world.daily.feeds.setdefault(feed, daily.DailyFeed())
    if state.closed is None:
        state.closed = daily.last_closed(turn.now)
        _arm_close(turn, feed, state.closed)


def close_day(turn: Turn, feed: str) -> None:
    """Say what a closed day is known of, in every territory the feed speaks of, and arm the next closing."""
    state = turn.world.daily.feeds[feed]
    if state.closed is None:
        return
    day = state.closed + timedelta(days=1)
    for territory in [*sorted(state.figures), turn.fold.territory]:
        _publish_missing(turn, feed, territory, day)
    newest = max((max(days) for days in state.figures.values() if days), default="")
    is_over = newest < (day - timedelta(days=daily.KEPT_DAYS)).isoformat()
    state.closed = None if is_over else day
    if state.closed is not None:
        _arm_close(turn, feed, state.closed)


def _publish_missing(turn: Turn, feed: str, territory: str, day: date) -> None:
    indicators = [name for name, spec in DAILY_INDICATORS.items() if spec.feed == feed]
    readings = turn.world.readings
    latest = [readings.get(f"{name}@{territory}") for name in indicators]
    if any(reading is None or reading.occurred_on < day for reading in latest):
        changed = publish_daily(turn, feed, territory, day)
        judging = turn.fold.rules.by_key.values() if changed else ()
        judge_all(turn, judging, territory)


def _arm_close(turn: Turn, feed: str, closed: date) -> None:
    at = daily.close_of(closed + timedelta(days=1))
    turn.fold.arm(at, Due.DAY_CLOSE, turn.status, feed)
