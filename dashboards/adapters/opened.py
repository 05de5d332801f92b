"""What an answer link opens: the only alert of its message, or one of those that its message is about."""

from dataclasses import dataclass

from alerts.effects import Notify
from alerts.links import LinkRefusal, Refusal, Scope
from alerts.sms_wording import signed_link
from dashboards.adapters.gate import Told
from dashboards.alert_view import AlertView
from dashboards.board import Board


@dataclass(frozen=True, slots=True)
class Opened:
    """An alert of a message; ``key``, ``<token>`` or ``<token>/<alert>``, ends its address and seals its form."""

    told: Told
    alert: AlertView
    key: str

    @property
    def path(self) -> str:
        """Where the alert is answered."""
        return signed_link("", Scope.ANSWER, self.key)

    @property
    def list_path(self) -> str:
        """Where the other alerts of the message are, empty when there are none."""
        token = self.key.partition("/")[0]
        return signed_link("", Scope.ANSWER, token) if is_about_several(self.told.notify) else ""


def is_about_several(notify: Notify) -> bool:
    """Tell whether the link of a message opens a list: a digest may also count nothing that is still open."""
    return len(notify.alert_ids) != 1


def answer_path(notify: Notify, token: str, alert_id: str) -> str:
    """Return the path of the answer to an alert of a message, under the token of its person."""
    path = signed_link("", Scope.ANSWER, token)
    return f"{path}/{alert_id}" if is_about_several(notify) else path


def opened_by(board: Board, told: Told, token: str, alert_id: str = "") -> Opened:
    """Return what a link opens; LinkRefusal for an alert that its message is not about, or that is long over."""
    ids = told.notify.alert_ids
    wanted = alert_id or ("" if is_about_several(told.notify) else ids[0])
    if wanted not in ids:
        raise LinkRefusal(Refusal.FORGED, told.notify.id)
    alert = board.alert(wanted)
    if alert is None:  # closed so long ago that it is not shown any more
        raise LinkRefusal(Refusal.CLOSED, told.notify.id)
    return Opened(told, alert, f"{token}/{alert_id}" if alert_id else token)
