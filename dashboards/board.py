"""The board: what is known right now, as a projection of the entries and effects of each region.

The monitor feeds it (one writer); the exporter and the pages read it, maybe from another thread. That is safe
without a lock because every stored value is immutable and replaced whole, and because readers copy a dict in
one operation before they walk it.

The board decides nothing: forgetting it and feeding it again from the journal gives the same board.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alerts.astreinte import Roster
from alerts.effects import (
    ActivationProposed,
    AlertChanged,
    AlertRaised,
    Effect,
    EntryRejected,
    Notify,
    NotSent,
    PostureChanged,
    Purpose,
    Recalled,
    ReleveTaken,
    VoletDecided,
    VoletProposed,
)
from dashboards.alert_view import AlertView, Event, What
from dashboards.burden import Burden
from dashboards.delivering import Delivering
from dashboards.followed_alerts import FollowedAlerts
from dashboards.following import Following
from dashboards.metrics import PAGE_BUCKETS, Notification
from dashboards.quiet import Quiet
from dashboards.tally import Histogram, Tally
from orsan_plans import territory as territories
from orsan_plans.posture import Posture
from orsan_plans.reading import Reading
from streams.collecting.source_quality import SourceStatus
from streams.entry import Entry, Status
from streams.messages import KIND_OF_TYPE, decode
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryProof
from streams.messages.reference import Etablissement, EtablissementList, RosterVersion

_ETABLISSEMENTS: Final = KIND_OF_TYPE[EtablissementList]
_LATER: Final = (Purpose.END, Purpose.REMINDER)
"""What tells nobody that an alert was raised."""
_OF_ALERTS: Final = frozenset((KIND_OF_TYPE[Acknowledge], KIND_OF_TYPE[DeliveryProof]))
_ROSTER: Final = KIND_OF_TYPE[RosterVersion]


@dataclass(frozen=True, slots=True, order=True)
class PostureKey:
    """One judged thing: a rule in a territory, in real life or in an exercise."""

    region: str
    territory: str
    volet: str
    rule: str
    status: str


@dataclass(frozen=True, slots=True)
class PostureView:
    """A current posture and since when; ``since`` is None for one that was only seeded."""

    posture: Posture
    since: datetime | None


@dataclass(frozen=True, slots=True)
class FeedView:
    """The freshness of a source; ``last_received_at`` is None when nothing was ever received."""

    last_received_at: datetime | None
    is_silent: bool


class Board:
    """Current postures, readings, feeds, alerts and counters, of any number of regions.

    ``regions`` (INSEE codes) appear at once, with counters at zero; others appear with their first entry. At
    most ``closed_limit`` ended alerts are kept, the oldest are forgotten first; open ones never are.
    """

    def __init__(self, regions: Iterable[str] = (), closed_limit: int = 500) -> None:
        self._postures: dict[PostureKey, PostureView] = {}
        self._readings: dict[tuple[str, str, str], Reading] = {}
        self._feeds: dict[tuple[str, str, str], FeedView] = {}
        self._alerts = FollowedAlerts(closed_limit)
        self._decisions: dict[tuple[str, str, str, str], VoletDecided | VoletProposed] = {}
        self._advanced_to: dict[str, datetime | None] = dict.fromkeys(regions)
        self._sources: dict[tuple[str, str, str], SourceStatus] = {}
        self._outbox: dict[str, int] = {}
        self._exercises: dict[tuple[str, int], int] = {}
        self._names: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._burdens: dict[str, Burden] = {}
        self._rosters: dict[str, Roster] = {}
        self._releves: dict[str, ReleveTaken] = {}
        self._quiet: dict[str, Quiet] = {}
        self.following = Following()
        self.delivering = Delivering()
        self.entries = Tally()
        self.rejected = Tally()
        self.notifications = Tally()
        self.proofs = Tally()
        self.non_sends = Tally()
        self.latencies: dict[tuple[str, str], Histogram] = {}

    # What the monitor tells.

    def entry(self, entry: Entry) -> None:
        """Count an entry that was appended to the journal."""
        self.entries.add(entry.region, entry.kind, entry.status.value)
        self.advanced(entry.region, entry.recorded_at)
        if entry.kind in _OF_ALERTS:
            self._answered_or_proved(entry)
        if entry.kind == _ETABLISSEMENTS and entry.status is Status.ACTUAL:
            known = decode(entry.kind, entry.payload)
            if isinstance(known, EtablissementList):
                self.sites(known.etablissements)
        if entry.kind == _ROSTER and entry.status is Status.ACTUAL:
            version = decode(entry.kind, entry.payload)
            limits = version.content.get("limits") if isinstance(version, RosterVersion) else None
            if limits:
                self._burdens[entry.region] = self.burden(entry.region).under(limits["night_budget"])

    def sites(self, sites: Iterable[Etablissement]) -> None:
        """Note what establishments are called, and in which département they are."""
        known = {f"ETAB-{each.finess}": each for each in sites}
        self._names = {**self._names, **{id_: each.name for id_, each in known.items()}}
        self._places = {**self._places, **{id_: f"DEP-{each.departement}" for id_, each in known.items()}}

    def advanced(self, region: str, instant: datetime) -> None:
        """Note that no deadline of the region at or before ``instant`` is left to fire; never goes back."""
        known = self._advanced_to.get(region)
        self._advanced_to[region] = instant if known is None else max(known, instant)

    def rostered(self, region: str, roster: Roster) -> None:
        """Note the roster in force in a région."""
        self._rosters[region] = roster

    def quieted(self, region: str, quiet: Quiet) -> None:
        """Replace the silences and the maintenance windows of a région."""
        self._quiet[region] = quiet

    def due(self, alert_id: str, at: datetime | None) -> None:
        """Note when an open alert next has something due, such as a call; None when nothing is."""
        self._alerts.due(alert_id, at)

    def seed(self, key: PostureKey, posture: Posture) -> None:
        """Show a posture that never moved, so that what is unknown is seen; one already shown stays as it is."""
        if key not in self._postures:
            self.posture(key, posture)

    def posture(self, key: PostureKey, posture: Posture, since: datetime | None = None) -> None:
        """Set a current posture: a rule judged for the first time, or a board rebuilt from a snapshot."""
        self._postures[key] = PostureView(posture, since)

    def reading(self, region: str, reading: Reading) -> None:
        """Replace the latest reading of an indicator in a territory; one of an earlier day is not shown."""
        known = self._readings.get((region, reading.indicator, reading.territory))
        if known is None or reading.occurred_on >= known.occurred_on:
            self._readings[region, reading.indicator, reading.territory] = reading

    def feed(
        self,
        region: str,
        feed: str,
        source_territory: str,
        last_received_at: datetime | None,
        is_silent: bool,
    ) -> None:
        """Replace what is known of the freshness of a source."""
        self._feeds[region, feed, source_territory] = FeedView(last_received_at, is_silent)

    def sources(self, statuses: Iterable[SourceStatus]) -> None:
        """Replace the quality of the sources that are a territory; names of others are free texts, never shown here."""
        known = [each for each in statuses if territories.is_territory(each.source)]
        self._sources = {(each.region, each.feed, each.source): each for each in known}

    def outbox(self, deliveries: Mapping[str, int]) -> None:
        """Replace the number of notifications in the outbox by state; a state left out falls to zero."""
        self._outbox = {**dict.fromkeys(self._outbox, 0), **deliveries}

    def exercised(self, region: str, by_year: Mapping[int, int]) -> None:
        """Replace the number of exercises of a region in which a volet was activated, by year."""
        others = {key: count for key, count in self._exercises.items() if key[0] != region}
        self._exercises = {**others, **{(region, year): count for year, count in by_year.items()}}

    def effect(self, region: str, effect: Effect) -> None:
        """Apply an effect of the region's fold."""
        match effect:
            case PostureChanged():
                key = PostureKey(region, effect.territory, effect.volet, effect.rule, effect.status)
                self.posture(key, effect.after, effect.at)
            case VoletDecided() | VoletProposed():
                self._decided(region, effect)
            case AlertRaised():
                self._alerts.raised(region, effect)
            case AlertChanged():
                self._alerts.changed(effect)
            case ActivationProposed():
                self._alerts.note(effect.alert_id, Event(effect.at, What.PROPOSED, detail=effect.volet))
            case Notify() | NotSent() | Recalled():
                self._told(region, effect)
            case EntryRejected():
                self.rejected.add(region, effect.entry_kind, effect.status)
            case ReleveTaken():
                self._releves[region] = effect

    def _told(self, region: str, effect: Notify | NotSent | Recalled) -> None:
        match effect:
            case Notify():
                self.notifications.add(region, effect.status, effect.purpose.value, Notification.QUEUED.value)
                self._burdens[region] = self.burden(region).adding(effect)
                self._alerts.ordered(effect)
            case NotSent():
                self.non_sends.add(region, effect.status, effect.reason.value)
                self._alerts.note(effect.alert_id, Event.of_not_sent(effect))
            case Recalled():
                self._alerts.recalled(effect)

    def delivered(self, region: str, notify: Notify, sent_at: datetime, outcome: Notification) -> None:
        """Note what became of a notification: SENT at ``sent_at``, or given up (FAILED) then."""
        self.notifications.add(region, notify.status, notify.purpose.value, outcome.value)
        if outcome is Notification.SENT and notify.purpose not in _LATER:
            self._measure(region, notify, sent_at)
        self.was_delivered(notify, sent_at, outcome)

    def was_delivered(self, notify: Notify, sent_at: datetime, outcome: Notification) -> None:
        """Show what became of a notification, without counting it: another process told of it."""
        what = What.SENT if outcome is Notification.SENT else What.FAILED
        self._alerts.told(notify, sent_at, what)
        if what is What.SENT and notify.purpose not in _LATER:
            self._alerts.paged(notify)

    # What readers ask.

    @property
    def regions(self) -> dict[str, datetime | None]:
        """Known regions, ordered, and the instant each has advanced to."""
        return dict(sorted(self._advanced_to.copy().items()))

    @property
    def postures(self) -> dict[PostureKey, PostureView]:
        """Every known posture, ordered by region, territory, volet, rule."""
        return dict(sorted(self._postures.copy().items(), key=lambda item: item[0]))

    @property
    def readings(self) -> dict[tuple[str, str, str], Reading]:
        """The latest readings by (region, indicator, territory), ordered."""
        return dict(sorted(self._readings.copy().items(), key=lambda item: item[0]))

    @property
    def feeds(self) -> dict[tuple[str, str, str], FeedView]:
        """The sources by (region, feed, territory), ordered."""
        return dict(sorted(self._feeds.copy().items(), key=lambda item: item[0]))

    @property
    def source_statuses(self) -> dict[tuple[str, str, str], SourceStatus]:
        """The quality of the sources by (region, feed, territory), ordered."""
        return dict(sorted(self._sources.items()))

    @property
    def deliveries(self) -> dict[str, int]:
        """Notifications in the outbox by state."""
        return dict(sorted(self._outbox.items()))

    @property
    def exercises(self) -> dict[tuple[str, int], int]:
        """Exercises in which a volet was activated, by (region, year), ordered."""
        return dict(sorted(self._exercises.items()))

    @property
    def alerts(self) -> tuple[AlertView, ...]:
        """The alerts kept, in the order in which they were first raised."""
        return self._alerts.all()

    @property
    def decisions(self) -> tuple[tuple[str, VoletDecided | VoletProposed], ...]:
        """The latest decision or proposal per volet and territory, each with its region."""
        return tuple((key[0], decided) for key, decided in sorted(self._decisions.copy().items()))

    def burden(self, region: str) -> Burden:
        """Return the burden of a région's latest night."""
        return self._burdens.get(region, Burden())

    def alert(self, alert_id: str) -> AlertView | None:
        """Return an alert kept by the board, or None."""
        return self._alerts.get(alert_id)

    def latest(self, region: str, indicator: str, territory: str) -> Reading | None:
        """Return the latest reading of an indicator in a territory, or None."""
        return self._readings.get((region, indicator, territory))

    def roster(self, region: str) -> Roster | None:
        """Return the roster in force in a région, or None."""
        return self._rosters.get(region)

    def quiet(self, region: str, now: datetime, zone: str) -> tuple[str, ...]:
        """Return what nobody is called for in a région at ``now``, one line each, in French."""
        return tuple(self._quiet.get(region, Quiet()).lines(now, zone, self._names))

    def releve(self, region: str) -> ReleveTaken | None:
        """Return the last hand-over that was acknowledged in a région, or None."""
        return self._releves.get(region)

    def next_due(self, alert_id: str) -> datetime | None:
        """Return when an alert next has something due, None when nothing is."""
        return self._alerts.next_due(alert_id)

    def name_of(self, territory: str) -> str:
        """Return the French name of a territory, an establishment's included once the journal named it."""
        return territories.name_of(territory, self._names)

    def current_posture(self, alert: AlertView) -> Posture:
        """Return the posture of the alert's rule now; the alert's own when the rule asks for nothing."""
        brief = alert.brief
        key = PostureKey(alert.region, brief.territory, brief.volet, brief.rule, alert.status)
        view = self._postures.get(key)
        return view.posture if view and view.posture.rank > 0 else brief.posture

    def _answered_or_proved(self, entry: Entry) -> None:
        match decode(entry.kind, entry.payload):
            case Acknowledge() as answer:
                self._alerts.answered(answer, entry.occurred_at)
            case DeliveryProof() as proof:
                self.proofs.add(entry.region, entry.status.value, proof.step.value)
                self._alerts.proved(proof)

    def _decided(self, region: str, effect: VoletDecided | VoletProposed) -> None:
        self._decisions[region, effect.volet, effect.territory, effect.status] = effect
        what = What.VOLET_PROPOSED
        if isinstance(effect, VoletDecided):
            what = What.VOLET_ACTIVATED if effect.is_active else What.VOLET_LIFTED
        event = Event(effect.at, what, effect.author, detail=f"{self.name_of(effect.territory)} : {effect.reason}")
        for alert in self.alerts:
            brief = alert.brief
            is_of_it = (alert.region, alert.status, brief.volet) == (region, effect.status, effect.volet)
            # Every alert of a région lies in it.
            places = {brief.territory, self._places.get(brief.territory), f"REG-{region}", "FR"}
            if is_of_it and alert.is_open and effect.territory in places:
                self._alerts.note(brief.alert_id, event)

    def _measure(self, region: str, notify: Notify, sent_at: datetime) -> None:
        """Observe the first page of each time an alert was raised: a reminder is late on purpose."""
        key = (region, notify.status)
        for brief in self._alerts.first_told(notify):
            known = self.latencies.get(key, Histogram.empty(PAGE_BUCKETS))
            self.latencies[key] = known.observing((sent_at - brief.raised_at).total_seconds())
