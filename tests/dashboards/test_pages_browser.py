"""The pages in a real browser: answered by keyboard without JavaScript, and with no fault that axe-core finds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from alerts.answers import AnswerDecision
from dashboards.adapters.serving import serve
from dashboards.testing import ALERT_ID, EXERCISE
from tests.dashboards.answer_door import AnswerDoor, answer_path, called, person_path, reading_path
from tests.dashboards.browser import CHROMIUM, WIDTH, chromium, phone
from tests.dashboards.several import DIGEST, OTHER, PLAYED, one_path, several_door

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs the Debian package chromium"),
]
PAGES = {
    "answer": answer_path(),
    "exercise": answer_path(called(EXERCISE, 1, "exercise")),
    "message": answer_path(DIGEST),
    "message of an exercise": answer_path(PLAYED),
    "answer of a message": one_path(DIGEST, OTHER),
    "reading": reading_path(),
    "person": person_path(),
    "releve": person_path() + "/releve",
    "refused": "/r/x",
    "situation": "/",
    "alert": f"/alertes/{ALERT_ID}",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@contextmanager
def served(door: AnswerDoor) -> Iterator[str]:
    with serve(door.app, port=0) as serving:
        yield f"http://{serving.host}:{serving.port}"


def focused(page: Page) -> str:
    """Return what has the focus: its id, else its text."""
    here = page.locator(":focus")
    return here.get_attribute("id") or here.inner_text() if here.count() else ""


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until something has the focus, as somebody without a mouse does."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if focused(page) == wanted:
            return
    raise AssertionError(f"the keyboard does not reach {wanted!r}")


def test_an_alert_is_answered_by_keyboard_alone_without_javascript(browser: Browser) -> None:
    door = AnswerDoor()
    with served(door) as base, phone(browser) as page:
        page.goto(base + answer_path())
        tab_to(page, "Répondre")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert focused(page) == "d1"
        for _ in range(3):
            page.keyboard.press("ArrowDown")
        assert focused(page) == "d4"
        tab_to(page, "raison")
        page.keyboard.type("un seul cas, SAMU prévenu")
        tab_to(page, "Enregistrer ma réponse")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Réponse enregistrée")
        page.reload()
        page.wait_for_selector("text=Réponse enregistrée")
    [answer] = door.records.answers
    assert (answer.decision, answer.reason) == (AnswerDecision.WATCH, "un seul cas, SAMU prévenu")


def test_the_browser_itself_asks_for_a_choice(browser: Browser) -> None:
    door = AnswerDoor()
    with served(door) as base, phone(browser) as page:
        page.goto(base + answer_path())
        page.get_by_role("button", name="Enregistrer ma réponse").click()
        assert page.locator("input:invalid").count() == 4
        page.get_by_label("Je prends").check()
        page.get_by_role("button", name="Enregistrer ma réponse").click()
        page.wait_for_selector("text=Réponse enregistrée")
    assert [each.decision for each in door.records.answers] == [AnswerDecision.TAKE]


def test_the_releve_is_taken_without_javascript(browser: Browser) -> None:
    door = AnswerDoor()
    with served(door) as base, phone(browser) as page:
        page.goto(base + person_path())
        page.get_by_role("link", name="La relève").click()
        page.get_by_role("button", name="J'ai lu, je prends l'astreinte").click()
        page.wait_for_selector("text=Relève confirmée")
    assert [each.role for each in door.records.releves] == ["cadre_astreinte"]


def test_every_alert_of_a_message_is_answered_without_javascript(browser: Browser) -> None:
    door = several_door()
    with served(door) as base, phone(browser) as page:
        page.goto(base + answer_path(DIGEST))
        for decision in ("Je prends", "À surveiller"):
            page.locator("li", has_text="Personne n'a encore répondu").get_by_role("link").first.click()
            page.get_by_label(decision).check()
            page.get_by_role("button", name="Enregistrer ma réponse").click()
            page.get_by_role("link", name="Les autres alertes de ce message").click()
        page.wait_for_selector("text=Plus aucune n'attend de réponse.")
    assert [(each.alert_id, each.decision) for each in door.records.answers] == [
        (ALERT_ID, AnswerDecision.TAKE),
        (OTHER.alert_id, AnswerDecision.WATCH),
    ]


def faults(page: Page) -> list[str]:
    found: dict[str, Any] = Axe().run(page).response
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault(browser: Browser, name: str, scheme: Literal["light", "dark"]) -> None:
    with served(several_door()) as base, phone(browser, script=True, scheme=scheme) as page:
        page.goto(base + PAGES[name])
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_in_what_an_answer_shows(browser: Browser, scheme: Literal["light", "dark"]) -> None:
    with served(AnswerDoor()) as base, phone(browser, script=True, scheme=scheme) as page:
        page.goto(base + answer_path())
        page.get_by_label("Je transmets").check()
        page.get_by_role("button", name="Enregistrer ma réponse").click()
        page.wait_for_selector("text=Réponse enregistrée")
        assert faults(page) == []


def test_axe_would_find_a_fault(browser: Browser) -> None:
    with phone(browser, script=True) as page:
        page.set_content(
            '<html lang="fr"><title>x</title><main><h1>x</h1><img src="x.png">'
            '<p style="color:#999">Un texte pâle</p></main>'
        )
        assert {each.partition(":")[0] for each in faults(page)} >= {"image-alt", "color-contrast"}
