"""Digests: what a storm kept back from a contact, counted by posture and place."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from alerts.desk import Desk
from alerts.effects import Digest, DigestLine, Notify, Purpose, effect_id
from alerts.followed import AlertBook
from alerts.lifecycle import AlertState, Phase
from alerts.volume.grouping import place_of
from alerts.volume.traffic import Kept
from orsan_plans.posture import Posture


def make_digest(alerts: AlertBook, desk: Desk, contact: str, kept: Mapping[str, Kept], number: int) -> Notify | None:
    """Return the ``number``-th digest of a contact, None when nothing of what was kept back is still to be told.

    What was answered, silenced, subsumed or is over since is left out; ends are counted.
    """
    known = ((alerts.alerts.get(id_), each) for id_, each in kept.items())
    told = sorted((alert for alert, each in known if alert and _is_told(alert, desk, each)), key=_gravity)
    open_ = [alert for alert in told if not kept[alert.brief.alert_id].is_end]
    if not told:
        return None
    first = (open_ or told)[0].brief
    return Notify(
        id=effect_id("digest", first.alert_id, contact, number),
        at=desk.now,
        status=desk.status,
        purpose=Purpose.DIGEST,
        brief=first,
        role=kept[first.alert_id].role,
        person=contact.partition("/")[0],
        contact=contact,
        call=0,
        digest=Digest(
            lines=_lines(open_, desk),
            alert_ids=tuple(alert.brief.alert_id for alert in open_),
            ended=len(told) - len(open_),
        ),
    )


def _is_told(alert: AlertState, desk: Desk, kept: Kept) -> bool:
    if kept.is_end:
        return alert.phase is Phase.RESOLVED
    is_waiting = alert.phase is Phase.RAISED and alert.subsumed_by is None
    return is_waiting and desk.silence_of(alert) is None


def _gravity(alert: AlertState) -> tuple[int, datetime, str]:
    return -alert.brief.posture.rank, alert.brief.since, alert.brief.alert_id


def _lines(alerts: list[AlertState], desk: Desk) -> tuple[DigestLine, ...]:
    counts = Counter((alert.brief.posture, place_of(alert.brief.territory, desk.ancestors)) for alert in alerts)
    return tuple(DigestLine(*key, count) for key, count in sorted(counts.items(), key=_order))


def _order(counted: tuple[tuple[Posture, str], int]) -> tuple[int, int, str]:
    (posture, territory), count = counted
    return -posture.rank, -count, territory
