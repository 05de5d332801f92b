"""A board to try pages, exporter and dashboards on: a made-up evening in Pays de la Loire, told as effects.

The figures are invented; the threshold is the one published by the State in 2020 (share of emergency visits
for suspected COVID-19 over 7 days, red above 10 %), with the reference that the shipped plan gives.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from alerts.effects import (
    AlertBrief,
    AlertChange,
    AlertChanged,
    AlertRaised,
    EntryRejected,
    NonSend,
    Notify,
    NotSent,
    PostureChanged,
    Purpose,
)
from dashboards.board import Board, PostureKey
from dashboards.delivering import Proof
from dashboards.metrics import Notification
from orsan_plans.assess import CrossedThreshold, Evidence
from orsan_plans.plan import Comparison
from orsan_plans.posture import Posture
from orsan_plans.reading import Reading, Unknown
from streams.collecting.source_quality import SourceState, SourceStatus
from streams.entry import Entry, Status

REGION: Final = "52"
EVENING: Final = datetime(2026, 1, 14, 19, 0, tzinfo=UTC)
ALERT_ID: Final = "5f0e8a52-6f9c-5d0e-9a5e-0d6c2f6f4a11"
EXERCISE_ID: Final = "9c1b7d30-1a44-5b7e-8f21-7a3f0c55e902"

SHARE: Final = Reading(
    indicator="rpu.part_suspicion_covid_7j",
    territory="DEP-44",
    occurred_on=date(2026, 1, 13),
    unit="%",
    value=124 * 100 / 1192,
    numerator=124,
    denominator=1192,
    reporting=7,
    expected=7,
)
UNKNOWN_SHARE: Final = replace(
    SHARE,
    territory="DEP-53",
    value=None,
    unknown=Unknown.ABSENT,
    numerator=None,
    denominator=None,
    reporting=5,
)
CROSSED: Final = CrossedThreshold(
    posture=Posture.ALERTE,
    comparison=Comparison.ABOVE,
    value=10.0,
    reference="Seuils COVID-19 de l'État, 2020 (La Gazette des communes, 677091 ; Numerama, 622982)",
    author="État",
)
BRIEF: Final = AlertBrief(
    alert_id=ALERT_ID,
    volet="REB",
    plan="covid-2020",
    rule="part-suspicion-covid",
    title="Part élevée de suspicions de COVID-19 aux urgences",
    territory="DEP-44",
    territory_name="Loire-Atlantique (44)",
    posture=Posture.ALERTE,
    since=EVENING,
    raised_at=EVENING,
    evidence=Evidence(occurred_on=date(2026, 1, 13), readings=(SHARE,), crossed=(CROSSED,)),
    reflex_actions=(
        "Appeler le SAMU 44 : pression ressentie, lits de réanimation encore libres.",
        "Vérifier la qualité des RPU des trois plus gros services d'urgences.",
        "Prévenir le médecin d'astreinte si la hausse est confirmée.",
    ),
    time_zone="Europe/Paris",
)
EXERCISE: Final = replace(
    BRIEF,
    alert_id=EXERCISE_ID,
    volet="AMAVI",
    rule="afflux-massif",
    title="Afflux massif de victimes signalé",
    territory="DEP-72",
    territory_name="Sarthe (72)",
    evidence=Evidence(occurred_on=date(2026, 1, 14), events=("Fusillade en centre-ville, exercice annuel",)),
)


def notification(brief: AlertBrief = BRIEF, call: int = 1, status: str = "actual") -> Notify:
    """Return the ``call``-th call of an alert, one every ten minutes."""
    role = "cadre_astreinte" if call == 1 else "medecin_astreinte"
    person = "c.martin" if call == 1 else "a.leroy"
    at = brief.raised_at + timedelta(minutes=10 * (call - 1))
    return Notify(
        id=f"{brief.alert_id}-{call}",
        at=at,
        status=status,
        purpose=Purpose.CALL,
        brief=brief,
        role=role,
        person=person,
        contact=f"{person}/sms",
        call=call,
    )


def raised(brief: AlertBrief = BRIEF, status: str = "actual", episode: int = 1) -> AlertRaised:
    """Return the effect that raises an alert."""
    return AlertRaised(
        id=f"{brief.alert_id}-r{episode}", at=brief.raised_at, status=status, brief=brief, episode=episode
    )


def changed(change: AlertChange, minutes: int, by: str = "", alert_id: str = ALERT_ID) -> AlertChanged:
    """Return a change of an alert, ``minutes`` into the evening."""
    at = EVENING + timedelta(minutes=minutes)
    return AlertChanged(
        id=f"{alert_id}-{change}",
        at=at,
        status="actual",
        alert_id=alert_id,
        territory="DEP-44",
        change=change,
        by=by,
    )


def evening_board() -> Board:
    """Return the board at about 20:25 local time: two calls made, nobody answered, one hospital silent."""
    board = Board(regions=(REGION,))
    _feed_and_measure(board)
    _raise_and_call(board)
    board.exercised(REGION, {2026: 1})
    board.effect(REGION, raised(EXERCISE, "exercise"))
    board.advanced(REGION, EVENING + timedelta(minutes=24))
    board.outbox({"pending": 0, "claimed": 0, "sent": 1, "failed": 1})
    return board


def _feed_and_measure(board: Board) -> None:
    board.entry(Entry(1, EVENING, EVENING, Status.ACTUAL, REGION, "daily.figures", b"{}"))
    for territory in ("REG-52", "DEP-49", "DEP-72", "DEP-85"):
        key = PostureKey(REGION, territory, BRIEF.volet, BRIEF.rule, "actual")
        board.posture(key, Posture.VEILLE, EVENING)
    board.posture(PostureKey(REGION, "DEP-53", BRIEF.volet, BRIEF.rule, "actual"), Posture.INCONNU, EVENING)
    board.posture(PostureKey(REGION, "DEP-85", "EPI-CLIM", "vigilance-meteo", "actual"), Posture.VIGILANCE, EVENING)
    for reading in (SHARE, UNKNOWN_SHARE, replace(SHARE, territory="DEP-49", value=3.2)):
        board.reading(REGION, reading)
    board.feed(REGION, "rpu", "ETAB-440000271", EVENING - timedelta(hours=3), is_silent=True)
    board.feed(REGION, "rpu", "ETAB-490000031", EVENING, is_silent=False)
    board.feed(REGION, "rpu", "ETAB-530000371", None, is_silent=True)

    rpu = SourceStatus(
        REGION,
        "rpu",
        "ETAB-490000031",
        SourceState.ON_TIME,
        last_received_at=EVENING,
        expected_at=EVENING + timedelta(days=1),
        files=30,
        reject_rate=0.004,
        reject_limit=0.012,
        fill_rates={"DP": 0.81, "GRAVITE": 0.97, "SORTIE": 0.93},
        delay_median_s=34_200,
        delay_p90_s=91_800,
    )
    board.delivering.providers({"sms-principal": True, "courriel": False}, is_cut_off=False)
    board.delivering.proof(REGION, Proof(EVENING, timedelta(seconds=3)))
    board.sources([rpu, replace(rpu, feed="signaux", source="Cellule régionale")])


def _raise_and_call(board: Board) -> None:
    change = PostureChanged(
        id="p1",
        at=EVENING,
        status="actual",
        plan=BRIEF.plan,
        volet=BRIEF.volet,
        rule=BRIEF.rule,
        territory=BRIEF.territory,
        before=Posture.VIGILANCE,
        after=Posture.ALERTE,
        occurred_on=BRIEF.evidence.occurred_on,
        evidence=BRIEF.evidence,
    )
    silence = NotSent(
        id="n1",
        at=EVENING + timedelta(minutes=1),
        status="actual",
        alert_id=ALERT_ID,
        territory=BRIEF.territory,
        reason=NonSend.NOBODY_ON_CALL,
        role="directeur_astreinte",
    )
    board.effect(REGION, change)
    board.effect(REGION, raised())
    board.effect(REGION, notification())
    board.delivered(REGION, notification(), EVENING + timedelta(seconds=4), Notification.SENT)
    board.effect(REGION, silence)
    board.effect(REGION, notification(call=2))
    board.delivered(REGION, notification(call=2), EVENING + timedelta(minutes=12), Notification.FAILED)
    rejected = EntryRejected(
        id="e1", at=EVENING, status="actual", seq=1, entry_kind="daily.figures", reason="unknown territory"
    )
    board.effect(REGION, rejected)
