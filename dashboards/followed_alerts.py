"""The alerts a board shows, each with what was told, answered and decided about it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from alerts.effects import AlertBrief, AlertChange, AlertChanged, AlertRaised, Notify, Recalled
from dashboards.alert_view import AlertView, Event, What
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryProof, ProofStep

_STEPS: Final = {ProofStep.DELIVERED: What.DELIVERED, ProofStep.READ: What.READ}


class FollowedAlerts:
    """Alerts by id, in the order in which they were first raised.

    At most ``closed_limit`` ended ones are kept, the oldest are forgotten first; open ones never are. Written by one
    thread, read by any: what is kept is replaced whole.
    """

    def __init__(self, closed_limit: int) -> None:
        self._closed_limit = closed_limit
        self._alerts: dict[str, AlertView] = {}
        self._of_message: dict[str, tuple[str, ...]] = {}
        self._paged: dict[str, datetime] = {}
        self._dues: dict[str, datetime] = {}

    def all(self) -> tuple[AlertView, ...]:
        """Return the alerts kept."""
        return tuple(self._alerts.copy().values())

    def get(self, alert_id: str) -> AlertView | None:
        """Return an alert that is kept, or None."""
        return self._alerts.get(alert_id)

    def next_due(self, alert_id: str) -> datetime | None:
        """Return when an alert next has something due, None when nothing is."""
        return self._dues.get(alert_id)

    def due(self, alert_id: str, at: datetime | None) -> None:
        """Note when an open alert next has something due, such as a call; None when nothing is."""
        if at is not None and alert_id in self._alerts:
            self._dues[alert_id] = at
        else:
            self._dues.pop(alert_id, None)

    def raised(self, region: str, effect: AlertRaised) -> None:
        """Follow an alert, or the next episode of one that is followed."""
        known = self._alerts.get(effect.brief.alert_id)
        history = known.history if known else ()
        view = AlertView(region, effect.status, effect.brief, effect.episode, history)
        self._alerts[effect.brief.alert_id] = view.noting(
            Event(effect.at, What.RAISED, detail=f"posture {effect.brief.posture.value}")
        )

    def changed(self, effect: AlertChanged) -> None:
        """Note a change; one of an alert that is not followed says nothing."""
        alert = self._alerts.get(effect.alert_id)
        if alert is None:
            return
        self._alerts[effect.alert_id] = alert.changed(effect)
        if effect.change is AlertChange.CLOSED:
            self._forget()

    def note(self, alert_id: str, event: Event) -> None:
        """Add a line to the chronicle of an alert."""
        alert = self._alerts.get(alert_id)
        if alert is not None:
            self._alerts[alert_id] = alert.noting(event)

    def ordered(self, notify: Notify) -> None:
        """Note a message that was decided, in each alert it is about."""
        self._of_message[notify.id] = notify.alert_ids or (notify.brief.alert_id,)
        self.told(notify, notify.at, What.QUEUED)

    def told(self, notify: Notify, at: datetime, what: What) -> None:
        """Note what became of a message, in each alert it is about."""
        event = Event.of_notify(notify, at, what)
        for alert_id in notify.alert_ids:
            self.note(alert_id, event)

    def recalled(self, effect: Recalled) -> None:
        """Note that a message is not to be sent any more."""
        self._proving(effect.notification, What.RECALLED, effect.at)

    def proved(self, proof: DeliveryProof) -> None:
        """Note what a service says became of a message later."""
        self._proving(proof.notification_id, _STEPS[proof.step], proof.at)

    def _proving(self, notification: str, what: What, at: datetime) -> None:
        for alert_id in self._of_message.get(notification, ()):
            if alert := self._alerts.get(alert_id):
                self._alerts[alert_id] = alert.proving(notification, what, at)

    def answered(self, answer: Acknowledge, at: datetime) -> None:
        """Note who answered."""
        if alert := self._alerts.get(answer.alert_id):
            self._alerts[answer.alert_id] = alert.answered_by(answer.person, at)

    def first_told(self, notify: Notify) -> Iterator[AlertBrief]:
        """Yield the alerts of a message of which nobody was told since they were last raised."""
        return (each for each in (notify.brief, *notify.grouped) if self._paged.get(each.alert_id) != each.raised_at)

    def paged(self, notify: Notify) -> None:
        """Note that somebody was told that the alerts of a message were raised."""
        for brief in (notify.brief, *notify.grouped):
            self._paged[brief.alert_id] = brief.raised_at

    def _forget(self) -> None:
        ended = [id_ for id_, alert in self._alerts.items() if not alert.is_open]
        for alert_id in ended[: max(0, len(ended) - self._closed_limit)]:
            for line in self._alerts.pop(alert_id).history:
                others = self._of_message.get(line.notification_id, ())
                if not any(each in self._alerts for each in others):
                    self._of_message.pop(line.notification_id, None)
            self._paged.pop(alert_id, None)
            self._dues.pop(alert_id, None)
