"""The alerts a world follows, and which of them each message on its way is about."""

from dataclasses import dataclass, field

from alerts.lifecycle import AlertState


@dataclass(slots=True)
class AlertBook:
    """Alerts by id, and the current one of each ``<plan>/<rule>@<territory>``.

    Indexes: ``by_rule`` gives the keys of ``current`` of each rule, in order; ``messages`` the alerts that a message,
    not reported yet, was about.
    """

    alerts: dict[str, AlertState] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    by_rule: dict[str, list[str]] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=dict)
