"""The link of a message about several alerts opens all of them, each answered by its own form, and no other alert."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.answers import AnswerDecision
from alerts.effects import AlertChange, Digest, Notify, effect_id
from dashboards.message_page import MOST_LISTED
from dashboards.testing import ALERT_ID, BRIEF, EVENING, EXERCISE_ID, REGION, changed, raised
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
from tests.dashboards.several import DIGEST, GROUP, OTHER, PLAYED, SECOND, one_path, several_door


@pytest.mark.parametrize(("message", "title"), [(GROUP, "2 alertes"), (DIGEST, "Résumé : 2 alertes")])
def test_the_link_opens_every_alert_of_its_message_and_no_other(message: Notify, title: str) -> None:
    html = several_door().get(answer_path(message)).text
    text = text_of(html)
    for fact in (
        title,
        "mercredi 14 janvier 2026 à 20 h 00 à Claire Martin",
        "2 alertes attendent encore une réponse.",
        "Loire-Atlantique (44)",
        "CHU de Nantes (44)",
        "Réanimation tendue",
        "Sans réponse, prochain appel à 20 h 35.",
    ):
        assert fact in text, fact
    assert "Sarthe" not in text
    answers = [path for path in links_of(html) if path.startswith("/r/")]
    assert answers == [one_path(message, BRIEF), one_path(message, OTHER)]


def test_each_alert_is_answered_with_its_own_form() -> None:
    door = several_door()
    came = door.answer(one_path(DIGEST, OTHER), "surveiller", "un lit libre")
    assert came.status_code == 200
    text = text_of(came.text)
    assert "Réponse enregistrée" in text
    assert "1 alerte de ce message attend encore une réponse." in text
    assert answer_path(DIGEST) in links_of(came.text)
    [(region, status, message)] = door.records.journaled.values()
    assert (region, status) == (REGION, Status.ACTUAL)
    assert message == Acknowledge(
        OTHER.alert_id, "Claire Martin", "page", AnswerDecision.WATCH, "un lit libre", "c.martin"
    )
    listed = text_of(door.get(answer_path(DIGEST)).text)
    assert "1 alerte attend encore une réponse." in listed
    assert "Claire Martin a répondu à 20 h 25" in listed
    last = door.answer(one_path(DIGEST, BRIEF))
    assert "Plus aucune alerte de ce message n'attend de réponse." in text_of(last.text)
    assert "Plus aucune n'attend de réponse." in text_of(door.get(answer_path(DIGEST)).text)


def test_a_get_of_the_list_or_of_its_alerts_changes_nothing() -> None:
    door = several_door()
    for path in (answer_path(DIGEST), one_path(DIGEST, BRIEF), one_path(DIGEST, OTHER)):
        assert door.get(path).status_code == 200
        assert door.ask("HEAD", path).status_code == 200
    assert (door.records.journaled, door.records.noted) == ({}, [])


def _refused(door: AnswerDoor, status: int, reason: str, notify: Notify | None, path: str, **fields: str) -> None:
    came = door.post(path, fields) if fields else door.get(path)
    assert came.status_code == status
    assert "Rien n'a été enregistré" in text_of(came.text)
    assert door.records.journaled == {}
    [refusal] = door.records.refusals
    assert (refusal.reason, refusal.notification_id) == (reason, notify.id if notify else "")
    door.records.noted.clear()


def test_a_link_answers_no_alert_that_its_message_is_not_about() -> None:
    door = several_door()
    for alert_id in (EXERCISE_ID, "x"):
        path = f"{answer_path(DIGEST)}/{alert_id}"
        _refused(door, 403, "forged", DIGEST, path)
        _refused(door, 403, "forged", DIGEST, path, decision="prendre")
    _refused(door, 403, "forged", called(), f"{answer_path()}/{OTHER.alert_id}")


def test_the_list_itself_takes_no_answer() -> None:
    _refused(several_door(), 403, "forged", DIGEST, answer_path(DIGEST), decision="prendre")


def test_the_form_of_an_alert_does_not_answer_another_one_of_the_message() -> None:
    door = several_door()
    fields = {**hidden(door.get(one_path(DIGEST, OTHER)).text), "decision": "prendre"}
    _refused(door, 403, "foreign", DIGEST, one_path(DIGEST, BRIEF), **fields)
    _refused(door, 403, "foreign", GROUP, one_path(GROUP, OTHER), **fields)


def test_a_forged_or_expired_list_does_nothing() -> None:
    door = several_door()
    forged = answer_path(DIGEST, OTHER_KEYS)
    for path in (forged, f"{forged}/{ALERT_ID}"):
        _refused(door, 403, "forged", None, path)
    door.now = EVENING + timedelta(hours=24, minutes=1)
    for path in (answer_path(DIGEST), one_path(DIGEST, OTHER)):
        _refused(door, 410, "expired", DIGEST, path)


def test_what_is_over_stays_in_the_list_and_takes_no_answer() -> None:
    door = several_door()
    fields = {**hidden(door.get(one_path(DIGEST, OTHER)).text), "decision": "prendre"}
    door.board.effect(REGION, changed(AlertChange.RESOLVED, 26, alert_id=OTHER.alert_id))
    html = door.get(answer_path(DIGEST)).text
    assert "Terminée depuis le mercredi 14 janvier 2026 à 20 h 26" in text_of(html)
    assert one_path(DIGEST, OTHER) not in links_of(html)
    _refused(door, 410, "closed", DIGEST, one_path(DIGEST, OTHER), **fields)


def test_a_digest_of_what_is_over_has_nothing_to_answer() -> None:
    ends = replace(DIGEST, id=effect_id("ends"), digest=Digest((), (), ended=3))
    text = text_of(several_door(ends).get(answer_path(ends)).text)
    assert "Il n'y a rien à répondre à ce message." in text


def test_an_alert_forgotten_since_it_ended_is_counted() -> None:
    gone = "00000000-0000-0000-0000-000000000009"
    old = replace(DIGEST, id=effect_id("old"), digest=Digest((), (ALERT_ID, gone), ended=0))
    door = several_door(old)
    assert "1 autre est terminée depuis longtemps." in text_of(door.get(answer_path(old)).text)
    _refused(door, 410, "closed", old, f"{answer_path(old)}/{gone}")


def test_a_message_of_one_alert_opens_it_at_once() -> None:
    one = replace(DIGEST, id=effect_id("one"), digest=Digest((), (ALERT_ID,), ended=2))
    door = several_door(one)
    assert "Enregistrer ma réponse" in text_of(door.get(answer_path(one)).text)
    assert door.answer(answer_path(one)).status_code == 200
    assert [each.alert_id for each in door.records.answers] == [ALERT_ID]


def test_an_exercise_says_so_with_its_number() -> None:
    door = several_door()
    for path in (answer_path(PLAYED), one_path(PLAYED, SECOND)):
        html = door.get(path).text
        assert html.count('<p class="banner">EXERCICE EXERCICE EXERCICE · n° 2026-03</p>') == 2
    assert "EXERCICE 2026-03" in text_of(door.get(answer_path(PLAYED)).text)
    assert "EXERCICE 2026-03" in text_of(door.get(person_path()).text)
    door.answer(one_path(PLAYED, SECOND))
    assert [status for _, status, _ in door.records.journaled.values()] == [Status.EXERCISE]


def test_a_long_list_is_cut_into_pages_in_the_same_order() -> None:
    briefs = [replace(BRIEF, alert_id=f"00000000-0000-0000-0000-{number:012}") for number in range(MOST_LISTED + 5)]
    storm = replace(
        DIGEST, id=effect_id("storm"), digest=Digest((), tuple(brief.alert_id for brief in briefs), ended=0)
    )
    door = several_door()
    for brief in briefs:
        door.board.effect(REGION, raised(brief))
    door.outbox[storm.id] = storm
    pages = [door.get(f"{answer_path(storm)}?page={number}").text for number in ("1", "2", "99", "x", "-1")]
    shown = [[path for path in links_of(page) if path.count("/") == 3] for page in pages]
    assert shown[0] + shown[1] == [one_path(storm, brief) for brief in briefs]
    assert (shown[2], shown[3], shown[4]) == (shown[1], shown[0], shown[0])
    assert "Page 1 sur 2" in text_of(pages[0])
    assert f"{answer_path(storm)}?page=2" in links_of(pages[0])


def test_the_status_page_leads_to_each_alert_of_a_message() -> None:
    links = [path for path in links_of(several_door().get(person_path()).text) if path.startswith("/r/")]
    assert links == [
        one_path(DIGEST, BRIEF),
        one_path(DIGEST, OTHER),
        one_path(PLAYED, replace(BRIEF, alert_id=EXERCISE_ID)),
        one_path(PLAYED, SECOND),
    ]


def test_every_alert_of_a_list_is_opened_without_being_slowed_down() -> None:
    door = several_door()
    for _ in range(20):
        assert door.get(one_path(DIGEST, BRIEF)).status_code == 200
    assert door.get(one_path(DIGEST, BRIEF)).status_code == 429
    assert door.get(one_path(DIGEST, OTHER)).status_code == 200


def test_a_link_to_read_opens_no_list_to_answer() -> None:
    door = several_door()
    came = door.get(reading_path(DIGEST).replace("/p/", "/r/"))
    assert came.status_code == 403
