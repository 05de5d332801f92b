"""What the person on call sees: their alerts first, who answers what; the relève; and who may look at all."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.effects import AlertChange, ReleveTaken
from dashboards.adapters.identity import Identity
from dashboards.astreinte_page import MOST_SHOWN
from dashboards.callers import Proxies
from dashboards.recording import NotRecorded, PerhapsRecorded
from dashboards.testing import ALERT_ID, BRIEF, EVENING, EXERCISE, EXERCISE_ID, REGION, changed, raised
from streams.messages.decisions import ReleveAcknowledged
from streams.testing import sample_recall
from tests.dashboards.answer_door import (
    OTHER_KEYS,
    AnswerDoor,
    answer_path,
    called,
    hidden,
    links_of,
    person_path,
    reading_path,
    text_of,
)


def test_the_status_page_shows_ones_own_alerts_first_then_the_others() -> None:
    door = AnswerDoor()
    text = text_of(door.get(person_path("a.leroy")).text)
    mine, others = text.split("Les autres alertes en cours")
    assert "Anne Leroy · Médecin d'astreinte" in mine
    assert "Loire-Atlantique (44)" in mine
    assert "Sarthe (72)" not in mine
    assert "Sarthe (72)" in others
    assert "Sans réponse, prochain appel à 20 h 35." in mine
    assert "Prévenus : Claire Martin. " in others


def test_who_answered_is_on_the_status_page() -> None:
    door = AnswerDoor()
    door.answer(answer_path(), "prendre")
    assert "Claire Martin a répondu à 20 h 25" in text_of(door.get(person_path("a.leroy")).text)


def test_a_call_that_was_recalled_told_nobody_on_the_status_page_and_in_the_chronicle() -> None:
    door = AnswerDoor()
    waiting = replace(called(call=3), person="denis", contact="denis/sms")
    door.board.effect(REGION, waiting)
    door.board.effect(REGION, replace(sample_recall(waiting.id), at=EVENING + timedelta(minutes=21)))
    assert "appel annulé : denis." in text_of(door.get(person_path("a.leroy")).text)
    assert "annulé s'il n'était pas parti par SMS" in text_of(door.get(f"/alertes/{ALERT_ID}").text)


def test_a_persons_link_leads_to_their_answers_and_a_message_only_to_reading() -> None:
    door = AnswerDoor()
    own = [path for path in links_of(door.get(person_path()).text) if path.startswith("/r/")]
    assert own == [answer_path(), answer_path(called(EXERCISE, 1, "exercise"))]
    assert door.answer(own[0]).status_code == 200
    read = list(links_of(door.get(reading_path()).text))
    assert [path for path in read if path.startswith(("/r/", "/a/"))] == []
    assert f"/alertes/{ALERT_ID}" in read


def test_a_persons_link_is_theirs_and_expires() -> None:
    door = AnswerDoor()
    assert door.get(person_path(keys=OTHER_KEYS)).status_code == 403
    assert door.get(person_path("nobody")).status_code == 403
    assert door.get(person_path(at=EVENING - timedelta(days=1))).status_code == 410
    assert [each.reason for each in door.records.refusals] == ["forged", "unknown", "expired"]


def test_more_alerts_than_a_phone_shows_are_counted() -> None:
    door = AnswerDoor()
    for number in range(MOST_SHOWN + 10):
        door.board.effect(REGION, raised(replace(BRIEF, alert_id=f"00000000-0000-0000-0000-{number:012}")))
    page = door.get(person_path()).text
    assert page.count("<li>\n<p>") == MOST_SHOWN
    assert "Et 12 autres, qui ne tiennent pas" in text_of(page)


def test_the_releve_says_what_stands_and_what_happened() -> None:
    door = AnswerDoor()
    door.answer(answer_path(), "prendre")
    door.board.effect(REGION, changed(AlertChange.RESOLVED, 26, alert_id=EXERCISE_ID))
    text = text_of(door.get(person_path() + "/releve").text)
    for fact in (
        "Aucune relève n'a encore été confirmée",
        "ALERTE · REB, Loire-Atlantique (44) : Part élevée",
        "répondue.",
        "Claire Martin, le mercredi 14 janvier 2026 à 20 h 25",
        "EXERCICE · AMAVI, Sarthe (72)",
        "sans réponse. Personnes non jointes",
        "envoi en échec, 1 fois (Anne Leroy)",
        "non prévenu, aucune personne d'astreinte pour ce rôle, 1 fois (directeur astreinte)",
        "2 muettes",
        "Cadre d'astreinte à vous en ce moment",
    ):
        assert fact in text, fact


def test_the_releve_tells_what_is_real_before_exercises_whatever_came_first() -> None:
    door = AnswerDoor()
    later = replace(BRIEF, alert_id="later", territory_name="Vendée (85)")
    door.board.effect(REGION, raised(brief=later))
    standing = text_of(door.get(person_path() + "/releve").text).split("Réponses qui tiennent")[0]
    assert standing.index("Vendée (85)") < standing.index("Sarthe (72)")


def take(door: AnswerDoor, role: str = "cadre_astreinte", **fields: str) -> str:
    path = person_path() + "/releve"
    came = door.post(path, {**hidden(door.get(path).text), "role": role, **fields})
    return text_of(came.text)


def test_taking_the_releve_is_journaled_with_what_was_shown() -> None:
    door = AnswerDoor()
    shown = hidden(door.get(person_path() + "/releve").text)["lu"]
    assert "Relève confirmée" in take(door)
    assert door.records.releves == [ReleveAcknowledged("cadre_astreinte", "Claire Martin", "c.martin", shown, "page")]


def test_two_taps_take_the_releve_once() -> None:
    door = AnswerDoor()
    path = person_path() + "/releve"
    fields = {**hidden(door.get(path).text), "role": "cadre_astreinte"}
    for _ in range(2):
        assert door.post(path, fields).status_code == 200
    assert len(door.records.releves) == 1


def test_what_happened_before_the_last_releve_is_not_told_again() -> None:
    door = AnswerDoor()
    taken = ReleveTaken(
        id="r",
        at=EVENING + timedelta(minutes=20),
        status="actual",
        role="cadre_astreinte",
        by="Karim",
        person="k",
        shown="",
    )
    door.board.effect(REGION, taken)
    text = text_of(door.get(person_path() + "/releve").text)
    assert "Dernière relève confirmée : Karim (Cadre d'astreinte), le mercredi 14 janvier 2026 à 20 h 20" in text
    assert "envoi en échec" not in text


def test_what_was_read_is_what_is_taken_even_when_it_moved_meanwhile() -> None:
    door = AnswerDoor()
    path = person_path() + "/releve"
    fields = {**hidden(door.get(path).text), "role": "cadre_astreinte"}
    door.board.effect(REGION, changed(AlertChange.RESOLVED, 26))
    assert "La situation a changé pendant que vous lisiez" in text_of(door.post(path, fields).text)
    assert door.records.releves[0].shown == fields["lu"]


def test_a_releve_that_is_not_right_is_not_journaled() -> None:
    door = AnswerDoor()
    path = person_path() + "/releve"
    assert "choisissez le rôle" in take(door, role="")
    assert "choisissez le rôle" in take(door, role="medecin_astreinte")
    assert "Rien n'a été enregistré" in take(door, lu="0" * 64)
    fields = {**hidden(door.get(path).text), "role": "cadre_astreinte"}
    assert door.post(path, fields, Sec_Fetch_Site="cross-site").status_code == 403
    door.now += timedelta(hours=3)
    assert "ouverte depuis trop longtemps" in text_of(door.post(path, fields).text)
    assert door.records.journaled == {}


@pytest.mark.parametrize(
    ("failure", "said"), [(NotRecorded(), "Relève NON enregistrée"), (PerhapsRecorded(), "Relève à vérifier")]
)
def test_a_releve_that_could_not_be_written_is_said(failure: NotRecorded | PerhapsRecorded, said: str) -> None:
    door = AnswerDoor()
    door.records.failure = failure
    assert said in take(door)


def test_who_has_no_role_cannot_take_one() -> None:
    text = text_of(AnswerDoor().get(person_path("k.benali") + "/releve").text)
    assert "ne vous donne aucun rôle" in text


def identified(header: str = "X-Remote-User") -> AnswerDoor:
    door = AnswerDoor()
    door.app = door.built(Identity(header, Proxies.of(["127.0.0.1", "10.0.0.0/8"])))
    return door


def test_no_header_is_believed_where_none_was_configured() -> None:
    door = AnswerDoor()
    assert door.ask("GET", "/astreinte", peer="127.0.0.1", X_Remote_User="c.martin").status_code == 404


@pytest.mark.parametrize("path", ["/", f"/alertes/{ALERT_ID}", "/astreinte"])
def test_the_pages_ask_who_reads_where_a_proxy_says_it(path: str) -> None:
    door = identified()
    assert door.ask("GET", path, peer="10.1.2.3", X_Remote_User="c.martin").status_code == 200
    refused: list[tuple[str, dict[str, Any]]] = [
        ("10.1.2.3", {}),
        ("10.1.2.3", {"X_Remote_User": " "}),
        ("192.0.2.7", {"X_Remote_User": "c.martin"}),
        ("192.0.2.7", {"X_Remote_User": "c.martin", "X_Forwarded_For": "10.1.2.3"}),
        ("not-an-address", {"X_Remote_User": "c.martin"}),
    ]
    for peer, headers in refused:
        assert door.ask("GET", path, peer=peer, **headers).status_code == 403


def test_the_identified_person_sees_and_answers_their_own_alerts() -> None:
    door = identified()
    page = door.ask("GET", "/astreinte", peer="127.0.0.1", X_Remote_User="c.martin").text
    assert answer_path() in links_of(page)
    assert door.ask("GET", "/astreinte", peer="127.0.0.1", X_Remote_User="stranger").status_code == 403


def test_signed_links_machines_and_metrics_need_no_identity() -> None:
    door = identified()
    for path in (answer_path(), person_path(), "/healthz", "/metrics"):
        assert door.get(path).status_code == 200
