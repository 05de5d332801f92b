"""The pages of signed links: a GET shows, a POST answers once, and a link that is not right does nothing."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from alerts.answers import AnswerDecision
from alerts.effects import AlertChange
from alerts.outbox import StorageUnreadable
from dashboards.board import Board
from dashboards.recording import NotRecorded, PerhapsRecorded
from dashboards.testing import ALERT_ID, BRIEF, EVENING, EXERCISE, EXERCISE_ID, REGION, SHARE, changed, raised
from streams.entry import Status
from streams.messages.decisions import Acknowledge
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


def test_the_page_says_what_is_known_and_what_may_be_answered() -> None:
    text = text_of(AnswerDoor().get(answer_path()).text)
    for fact in (
        "!! ALERTE REB",
        "Loire-Atlantique (44)",
        "Depuis le mercredi 14 janvier 2026 à 20 h 00 , soit 25 min",
        "Personne n'a encore répondu",
        "Sans réponse, prochain appel à 20 h 35.",
        "Part élevée de suspicions de COVID-19",
        "Seuil ALERTE : plus de 10 %",
        "Données complètes : 7 sources sur 7",
        "Pas de mesure plus récente",
        "Appeler le SAMU 44",
        "Vous êtes Claire Martin ( Cadre d'astreinte )",
        "Je prends",
        "Je transmets",
        "Fausse alerte",
        "À surveiller",
        "ÉCHEC de l'envoi",
    ):
        assert fact.replace("( ", "(").replace(" )", ")") in text.replace("( ", "(").replace(" )", ")"), fact


def test_a_mail_scanner_that_follows_the_link_changes_nothing() -> None:
    door = AnswerDoor()
    before = door.get(f"/alertes/{ALERT_ID}").text
    for method in ("GET", "HEAD", "GET"):
        found = door.ask(method, answer_path(), User_Agent="Mail security scanner")
        assert found.status_code == 200
        for path in links_of(found.text):
            door.get(path)
    assert door.records.journaled == {}
    assert door.records.noted == []
    assert door.get(f"/alertes/{ALERT_ID}").text == before


@pytest.mark.parametrize("decision", list(AnswerDecision))
def test_an_answer_is_journaled_with_its_decision_reason_and_person(decision: AnswerDecision) -> None:
    door = AnswerDoor()
    came = door.answer(answer_path(), decision, "  vu\u0007 avec le   SAMU ")
    assert came.status_code == 200
    assert "Réponse enregistrée" in text_of(came.text)
    assert "vu avec le SAMU" in text_of(came.text)
    [(region, status, message)] = door.records.journaled.values()
    assert (region, status) == (REGION, Status.ACTUAL)
    assert message == Acknowledge(ALERT_ID, "Claire Martin", "page", decision, "vu avec le SAMU", "c.martin")


def test_two_taps_are_one_answer_and_two_pages_are_two() -> None:
    door = AnswerDoor()
    fields = {**hidden(door.get(answer_path()).text), "decision": "prendre"}
    first, second = (door.post(answer_path(), fields) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert len(door.records.answers) == 1
    door.answer(answer_path(), "transmettre")
    assert [each.decision for each in door.records.answers] == ["prendre", "transmettre"]


def test_an_exercise_is_answered_in_its_own_world_and_says_so_twice() -> None:
    door = AnswerDoor()
    call = called(EXERCISE, 1, "exercise")
    page = door.get(answer_path(call)).text
    assert page.count('<p class="banner">EXERCICE EXERCICE EXERCICE</p>') == 2
    came = door.answer(answer_path(call))
    assert came.text.count('<p class="banner">EXERCICE EXERCICE EXERCICE</p>') == 2
    [(_, status, message)] = door.records.journaled.values()
    assert status is Status.EXERCISE
    assert isinstance(message, Acknowledge)
    assert message.alert_id == EXERCISE_ID


def _did_nothing(door: AnswerDoor, came: httpx.Response, status: int, reason: str, notification_id: str = "") -> None:
    assert came.status_code == status
    assert "Rien n'a été enregistré" in text_of(came.text)
    assert "appelez l'équipe de veille" in text_of(came.text)
    assert door.records.journaled == {}
    [refusal] = door.records.refusals
    assert (refusal.reason, refusal.notification_id, refusal.untold) == (reason, notification_id, 0)
    assert len(refusal.remote) == 16
    assert "192.0.2.7" not in repr(refusal)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_link_does_nothing_and_is_journaled(method: str) -> None:
    door = AnswerDoor()
    path = answer_path(keys=OTHER_KEYS)
    came = door.get(path) if method == "GET" else door.post(path, {"decision": "prendre"})
    _did_nothing(door, came, 403, "forged")


def test_a_cut_link_does_nothing_and_says_what_is_missing() -> None:
    door = AnswerDoor()
    came = door.get(answer_path()[:-3])
    _did_nothing(door, came, 404, "malformed")
    assert "Il manque une partie du lien" in text_of(came.text)


def test_punctuation_that_a_phone_takes_into_the_link_is_let_go() -> None:
    assert AnswerDoor().get(answer_path() + ").").status_code == 200


def test_a_link_of_another_scope_is_forged() -> None:
    door = AnswerDoor()
    _did_nothing(door, door.get("/r/" + reading_path().removeprefix("/p/")), 403, "forged")


def test_a_link_expires() -> None:
    assert AnswerDoor(24 * 60).get(answer_path()).status_code == 200
    door = AnswerDoor(24 * 60 + 1)
    _did_nothing(door, door.get(answer_path()), 410, "expired", called().id)


def test_a_link_of_an_unknown_message_does_nothing() -> None:
    door = AnswerDoor()
    stranger = replace(called(), id="00000000-0000-0000-0000-000000000001")
    _did_nothing(door, door.get(answer_path(stranger)), 403, "unknown", stranger.id)


def test_an_answer_after_the_end_is_refused_and_the_page_says_it_is_over() -> None:
    door = AnswerDoor()
    fields = {**hidden(door.get(answer_path()).text), "decision": "prendre"}
    door.board.effect(REGION, changed(AlertChange.RESOLVED, 26))
    _did_nothing(door, door.post(answer_path(), fields), 410, "closed", called().id)
    text = text_of(door.get(answer_path()).text)
    assert "Cette alerte est terminée depuis le" in text
    assert "Enregistrer ma réponse" not in text


def test_a_form_of_another_link_does_nothing() -> None:
    door = AnswerDoor()
    fields = {**hidden(door.get(answer_path(called(call=2))).text), "decision": "prendre"}
    _did_nothing(door, door.post(answer_path(), fields), 403, "foreign", called().id)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://vigie.elsewhere.example"},
    ],
)
def test_a_form_sent_by_another_site_does_nothing(headers: dict[str, str]) -> None:
    door = AnswerDoor()
    _did_nothing(door, door.answer(answer_path(), **headers), 403, "foreign", called().id)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://vigie"},
        {"Origin": "https://public.example", "Sec_Fetch_Site": "same-origin"},
    ],
)
def test_a_form_sent_by_its_page_passes_whatever_the_age_of_the_browser(headers: dict[str, str]) -> None:
    assert AnswerDoor().answer(answer_path(), **headers).status_code == 200


def test_the_public_address_behind_a_proxy_is_our_own() -> None:
    door = AnswerDoor(hosts=frozenset({"vigie.example.org"}))
    assert door.answer(answer_path(), Origin="https://vigie.example.org").status_code == 200


def test_a_form_left_open_too_long_is_shown_again_with_what_was_typed() -> None:
    door = AnswerDoor()
    fields = {**hidden(door.get(answer_path()).text), "decision": "surveiller", "raison": "à <revoir>"}
    door.now += timedelta(hours=3)
    came = door.post(answer_path(), fields)
    assert came.status_code == 409
    assert "ouverte depuis trop longtemps. Rien n'est enregistré" in text_of(came.text)
    assert 'value="surveiller" required checked' in came.text
    assert 'value="à &lt;revoir&gt;"' in came.text
    assert door.records.journaled == {}
    assert door.post(answer_path(), {**fields, **hidden(came.text)}).status_code == 200


def test_an_answer_to_an_alert_that_got_worse_meanwhile_is_asked_again() -> None:
    door = AnswerDoor()
    fields = {**hidden(door.get(answer_path()).text), "decision": "fausse_alerte"}
    door.board.effect(REGION, raised(replace(BRIEF, raised_at=EVENING + timedelta(minutes=24)), episode=2))
    came = door.post(answer_path(), fields)
    assert came.status_code == 409
    assert "L'alerte a changé" in text_of(came.text)
    assert "relevée 1 fois" in text_of(came.text)
    assert door.records.journaled == {}


@pytest.mark.parametrize("decision", ["", "peut-être"])
def test_no_choice_is_no_answer(decision: str) -> None:
    door = AnswerDoor()
    came = door.answer(answer_path(), decision)
    assert came.status_code == 422
    assert "choisissez d'abord" in text_of(came.text)
    assert door.records.journaled == {}


def test_what_could_not_be_written_is_said() -> None:
    door = AnswerDoor()
    door.records.failure = NotRecorded()
    came = door.answer(answer_path())
    assert came.status_code == 503
    assert "NON enregistrée" in text_of(came.text)
    assert "les appels continuent" in text_of(came.text)
    door.records.failure = PerhapsRecorded()
    came = door.answer(answer_path())
    assert came.status_code == 202
    assert "Réponse à vérifier" in text_of(came.text)
    door.records.failure, door.records.rejected = None, "no alert is followed"
    assert "Réponse sans effet" in text_of(door.answer(answer_path()).text)


def test_a_base_that_cannot_be_read_is_said_without_a_trace() -> None:
    def broken(_region: str, _id: str) -> None:
        raise StorageUnreadable("/srv/secret/vigie.db is damaged")

    came = AnswerDoor(find=broken).get(answer_path())
    assert came.status_code == 503
    assert "secret" not in came.text


@pytest.mark.parametrize("path", [answer_path(), reading_path(), person_path()])
def test_while_the_journal_is_read_nothing_is_said_to_be_over_or_unknown(path: str) -> None:
    door = AnswerDoor(board=Board())
    came = door.get(path)
    assert came.status_code == 503
    assert came.headers["retry-after"] == "5"
    assert "Vigie relit son journal" in text_of(came.text)
    assert door.records.noted == []


def test_an_alert_forgotten_since_it_ended_is_over() -> None:
    board = Board((REGION,))
    board.advanced(REGION, EVENING)
    door = AnswerDoor(board=board)
    _did_nothing(door, door.get(answer_path()), 410, "closed", called().id)


def test_what_was_measured_since_is_the_trend() -> None:
    door = AnswerDoor()
    door.board.reading(REGION, replace(SHARE, value=14.0, numerator=140, denominator=1000))
    assert "en hausse, de 10,4 % à 14,0 %" in text_of(door.get(answer_path()).text).replace("\u202f", " ")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"decision=" + b"x" * 9000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a=1" for _ in range(50)), "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"x", "multipart/form-data; boundary=x", 415),
    ],
)
def test_what_is_no_form_of_ours_is_refused(body: bytes, content_type: str, status: int) -> None:
    door = AnswerDoor()
    came = door.ask("POST", answer_path(), body, Content_Type=content_type)
    assert came.status_code == status
    assert "Rien n'a été enregistré" in text_of(came.text)
    assert door.records.journaled == {}


def test_a_link_opened_again_and_again_is_slowed_down_and_another_one_is_not() -> None:
    door = AnswerDoor()
    answers = [door.get(answer_path()).status_code for _ in range(30)]
    assert answers == [200] * 20 + [429] * 10
    assert door.get(answer_path()).headers["retry-after"] == "5"
    assert door.get(answer_path(called(call=2))).status_code == 200
    door.seconds += 5
    assert door.get(answer_path()).status_code == 200


def test_one_address_that_tries_many_links_is_slowed_down() -> None:
    door = AnswerDoor()
    came = [door.ask("GET", f"/r/{number:043}", peer="2001:db8::1").status_code for number in range(200)]
    assert (came.count(403) + came.count(404), came.count(429)) == (120, 80)
    assert door.ask("GET", answer_path(), peer="2001:db8::ffff").status_code == 429
    assert door.ask("GET", answer_path(), peer="2001:db8:1::1").status_code == 200


def test_a_flood_of_false_links_does_not_fill_the_journal_and_is_counted() -> None:
    door = AnswerDoor()
    for number in range(100):
        door.get(f"/r/{number:043}")
    assert len(door.records.refusals) == 5
    door.seconds += 700
    door.get("/r/x")
    assert door.records.refusals[-1].untold == 95


def test_only_pages_with_a_form_may_send_one_and_only_home() -> None:
    door = AnswerDoor()
    with_form = [answer_path(), person_path() + "/releve"]
    for path in (*with_form, reading_path(), person_path(), "/", f"/alertes/{ALERT_ID}", "/r/x"):
        headers = door.get(path).headers
        policy = "form-action 'self';" if path in with_form else "form-action 'none';"
        assert policy in headers["content-security-policy"], path
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == ("same-origin" if path in with_form else "no-referrer")


def test_no_page_holds_a_script_or_anything_from_elsewhere() -> None:
    door = AnswerDoor()
    for path in (answer_path(), reading_path(), person_path(), person_path() + "/releve"):
        html = door.get(path).text
        assert "<script" not in html
        assert "http" not in html
        assert "style=" not in html
