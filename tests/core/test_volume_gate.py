"""Groups and storms: what leaves of what escalations ask. The gravest is never kept back."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Final

from alerts.effects import NonSend, Purpose
from alerts.volume.limits import GATHERING, TURNS
from alerts.volume.traffic import turn_of
from orsan_plans.posture import Posture
from tests.core.builders import MINUTE, T0, roster, roster_version
from tests.core.volume_play import answered, meteo, panne, play, reasons, reported, told


def test_alerts_of_a_volet_and_departement_that_wait_leave_together_with_the_first() -> None:
    played = play((0, panne(1)), (2, panne(2)), (4, panne(3)), until=6)
    assert told(played) == [(5, "call", 3)]
    assert reasons(played) == [(5, NonSend.GROUPED)] * 2
    message = played.of("notify")[0]
    assert (message.place, message.brief.territory) == ("DEP-44", "ETAB-440000001")


def test_each_alert_of_a_group_is_answered_by_itself() -> None:
    played = play((0, panne(1)), (2, panne(2)), (6, answered(0)), until=17)
    assert told(played) == [(5, "call", 2), (15, "call", 1)]


def test_the_report_of_a_group_counts_for_each_of_its_alerts() -> None:
    failed = play((0, panne(1)), (2, panne(2)), (6, reported(0, "failed")), until=8)
    assert reasons(failed) == [(5, NonSend.GROUPED), *[(6, NonSend.NOBODY_ON_CALL)] * 2, (6, NonSend.GROUPED)]
    assert told(failed)[1:] == [(6, "call", 2)]
    assert failed.of("notify")[1].person == "denis"


def test_a_message_names_twenty_alerts_at_most() -> None:
    played = play(*((0, panne(n)) for n in range(30)), until=6)
    assert told(played) == [(5, "call", 20), (5, "call", 10)]


def test_a_roster_without_limits_groups_nothing() -> None:
    assert told(play((0, panne(1)), (2, panne(2)), until=8, who=roster_version(roster()))) == [
        (5, "call", 1),
        (7, "call", 1),
    ]


GATHERED: Final = (GATHERING + turn_of("marc/sms")) / MINUTE


def test_the_first_digests_of_a_storm_leave_one_after_the_other() -> None:
    turns = [turn_of(f"p{number}/sms") for number in range(1000)]
    assert set(turns) == {timedelta(seconds=each) for each in range(TURNS)}
    assert max(Counter(turns).values()) < 2 * len(turns) / TURNS


def test_beyond_the_limit_a_person_gets_a_digest_and_calls_go_on() -> None:
    played = play(*((n / 60, meteo(n)) for n in range(10)), until=11)
    assert told(played)[:3] == [(0, "call", 1), (1 / 60, "call", 1), (2 / 60 + GATHERED, "digest", 8)]
    assert [reason for _, reason in reasons(played)][:8] == [NonSend.STORM] * 8
    assert {e.person for e in played.of("notify") if e.at > T0 + 5 * MINUTE} == {"denis"}


def test_the_report_of_a_digest_counts_for_the_calls_it_stands_for() -> None:
    played = play(*((0, meteo(n)) for n in range(4)), (1.5, reported(2, "failed")), until=2)
    assert [e.purpose for e in played.of("notify")][2] is Purpose.DIGEST
    assert [(e.reason, e.person) for e in played.of("not_sent") if e.at == T0 + 1.5 * MINUTE] == [
        (NonSend.NOBODY_ON_CALL, "marc"),
        (NonSend.NOBODY_ON_CALL, "marc"),
        (NonSend.GROUPED, "denis"),
    ]
    assert [(e.person, len(e.alert_ids)) for e in played.of("notify")][3:] == [("denis", 2)]


def test_what_is_answered_before_the_digest_is_not_counted() -> None:
    calls = ((0, meteo(n)) for n in range(4))
    played = play(*calls, (0.5, answered(2)), until=2)
    assert told(played)[2] == (GATHERED, "digest", 1)
    nothing = play(*((0, meteo(n)) for n in range(3)), (0.5, answered(2)), until=9)
    assert told(nothing) == [(0, "call", 1)] * 2


def test_a_graver_alert_leaves_at_once_during_a_storm_and_comes_first_in_the_digest() -> None:
    played = play(*((0, meteo(n)) for n in range(6)), (0.5, meteo(9, "rouge")), (0.6, meteo(8, "rouge")), until=2)
    assert told(played)[2] == (0.5, "call", 1)
    digest = played.of("notify")[3].digest
    assert [(line.posture, line.alerts) for line in digest.lines] == [(Posture.ALERTE, 1), (Posture.VIGILANCE, 4)]


def test_digests_are_apart() -> None:
    played = play(*((n / 2, meteo(n)) for n in range(20)), until=30)
    instants = [at for at, purpose, _ in told(played) if purpose == "digest"]
    marc = [(e.at - T0) / MINUTE for e in played.of("notify") if e.person == "marc" and e.purpose is Purpose.DIGEST]
    assert len(instants) >= 2
    assert all(later - earlier >= 5 for earlier, later in pairwise(marc))


def test_ends_kept_back_are_counted() -> None:
    raised = ((0, panne(n)) for n in range(3))
    sent = (5.5, reported(0, "sent"))
    played = play(*raised, sent, (6, meteo(1)), *((6, panne(n, is_open=False)) for n in range(3)), until=8)
    digest = next(e for e in played.of("notify") if e.purpose is Purpose.DIGEST)
    assert (digest.digest.ended, digest.digest.lines) == (3, ())


def test_a_digest_of_ends_only_tells_of_no_posture() -> None:
    ends = ((6, panne(n, is_open=False)) for n in range(3))
    calls = ((0, panne(n)) for n in range(3))
    played = play(*calls, (6, meteo(1)), *ends, (26, meteo(2)), (26.5, meteo(3)), (26.8, meteo(4, "rouge")))
    told_of = [(e.purpose, e.brief.posture) for e in played.of("notify") if e.person == "marc"]
    assert (Purpose.DIGEST, Posture.ALERTE) in told_of
    assert told_of[-1] == (Purpose.CALL, Posture.ALERTE)
