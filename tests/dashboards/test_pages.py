import asyncio
import re
from base64 import b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import httpx
import pytest
from fastapi import FastAPI

from alerts.effects import AlertChange, VoletDecided
from dashboards.adapters.exporter import Exporter
from dashboards.adapters.serving import serve
from dashboards.adapters.web import build_app
from dashboards.board import Board, PostureKey
from dashboards.labels import BADGES
from dashboards.situation import worst
from dashboards.testing import (
    ALERT_ID,
    BRIEF,
    CROSSED,
    EVENING,
    EXERCISE,
    EXERCISE_ID,
    REGION,
    SHARE,
    UNKNOWN_SHARE,
    changed,
    evening_board,
    raised,
)
from orsan_plans.assess import Evidence
from orsan_plans.posture import Posture
from orsan_plans.reading import Unknown

HOSTILE = '<script>alert("x")</script><img src=x onerror=1>{{ 7*7 }}'


def _app(board: Board, minutes: int = 25) -> FastAPI:
    def now() -> datetime:
        return EVENING + timedelta(minutes=minutes)

    return build_app(board, Exporter(board, "1"), now)


class _Client:
    """Asks the application itself, without a server, as a browser would."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def ask(self, method: str, path: str) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://vigie") as client:
                return await client.request(method, path)

        return asyncio.run(answer())

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)


def _client(board: Board, minutes: int = 25) -> _Client:
    return _Client(_app(board, minutes))


def _text(html: str) -> str:
    """Return what a reader sees, without tags, spaces made plain."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).strip()


def test_the_alert_page_answers_the_questions_asked_at_night() -> None:
    text = _text(_client(evening_board()).get(f"/alertes/{ALERT_ID}").text)
    for fact in (
        "!! ALERTE REB",
        "Loire-Atlantique (44)",
        "Depuis le mercredi 14 janvier 2026 à 20 h 00 , soit 25 min",
        "Personne n&#39;a encore répondu",
        "10,4 %",
        "Seuil ALERTE : plus de 10 %",
        "La Gazette des communes, 677091",
        "mardi 13 janvier 2026, connue le lendemain",
        "124 sur 1 192",
        "Données complètes : 7 sources sur 7",
        "Appeler le SAMU 44",
        f"vigie ack {ALERT_ID}",
        "c.martin (cadre astreinte) appel : envoyé par SMS",
        "appel : ÉCHEC de l&#39;envoi par SMS",
        "non prévenu : aucune personne d&#39;astreinte",
    ):
        assert fact in text


def test_nothing_can_be_done_by_following_a_link() -> None:
    client = _client(evening_board())
    page = client.get(f"/alertes/{ALERT_ID}").text
    assert not re.search(r"<(form|button|input|script|img|link|iframe)\b", page)
    assert "Personne n&#39;a encore répondu" in client.get(f"/alertes/{ALERT_ID}").text
    assert client.ask("POST", f"/alertes/{ALERT_ID}").status_code == 405


def test_hostile_texts_are_shown_not_run() -> None:
    evidence = Evidence(occurred_on=BRIEF.evidence.occurred_on, events=(HOSTILE,), reference=HOSTILE)
    crossed = replace(CROSSED, reference=HOSTILE, author=HOSTILE)
    measured = replace(evidence, readings=(replace(SHARE, detail=HOSTILE, indicator=HOSTILE),), crossed=(crossed,))
    brief = replace(
        BRIEF, title=HOSTILE, territory_name=HOSTILE, volet=HOSTILE, evidence=measured, reflex_actions=(HOSTILE,)
    )
    board = Board(regions=(REGION,))
    board.effect(REGION, raised(brief))
    board.effect(REGION, changed(AlertChange.ACKNOWLEDGED, 3, by=HOSTILE))
    decided = VoletDecided(
        id="d",
        at=EVENING,
        status="actual",
        volet=HOSTILE,
        territory="DEP-44",
        is_active=True,
        author=HOSTILE,
        reason=HOSTILE,
    )
    board.effect(REGION, decided)
    board.feed(REGION, HOSTILE, "DEP-44", None, is_silent=True)
    client = _client(board)
    for path in (f"/alertes/{ALERT_ID}", "/", f"/{HOSTILE}"):
        html = client.get(path).text
        assert "<script" not in html
        assert "<img" not in html
        assert ("{{ 7*7 }}" in html) is (path in ("/", f"/alertes/{ALERT_ID}"))


@pytest.mark.parametrize("path", ["/", f"/alertes/{ALERT_ID}", "/alertes/none", "/none", "/healthz", "/metrics"])
def test_every_answer_carries_the_same_strict_headers(path: str) -> None:
    answer = _client(evening_board()).get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


def test_the_policy_admits_the_style_that_the_page_holds() -> None:
    answer = _client(evening_board()).get("/")
    styles = re.findall(r"<style>(.*?)</style>", answer.text, flags=re.DOTALL)
    assert len(styles) == 1
    digest = b64encode(sha256(styles[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert "style=" not in answer.text


def test_a_missing_page_is_said_in_french() -> None:
    client = _client(evening_board())
    assert client.get("/alertes/none").status_code == 404
    assert "Alerte introuvable" in client.get("/alertes/none").text
    assert client.get("/none").status_code == 404
    assert "Page introuvable" in client.get("/none").text
    assert client.get("/openapi.json").status_code == 404
    assert client.get("/docs").status_code == 404


def test_a_broken_page_shows_no_trace() -> None:
    def broken() -> datetime:
        raise RuntimeError("secret detail")

    board = evening_board()
    answer = _Client(build_app(board, Exporter(board, "1"), broken)).get("/")
    assert answer.status_code == 500
    assert "Page indisponible" in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers


def test_the_situation_lists_the_worst_first_and_exercises_last() -> None:
    html = _client(evening_board()).get("/").text
    assert html.index(ALERT_ID) < html.index(EXERCISE_ID)
    assert "EXERCICE" in _text(html)


def test_an_exercise_with_a_number_says_it_too() -> None:
    board = evening_board()
    board.effect(REGION, raised(replace(EXERCISE, exercise="2026-01"), "exercise"))
    page = _client(board).get(f"/alertes/{EXERCISE_ID}").text
    body = _text(page).split("Vigie ", 1)[1]
    assert body.startswith("EXERCICE EXERCICE EXERCICE · n° 2026-01")
    assert body.endswith("EXERCICE EXERCICE EXERCICE · n° 2026-01")
    assert "EXERCICE 2026-01" in _text(_client(board).get("/").text)


def test_an_exercise_says_so_first_and_last() -> None:
    text = _text(_client(evening_board()).get(f"/alertes/{EXERCISE_ID}").text)
    body = text.split("Vigie ", 1)[1]
    assert body.startswith("EXERCICE EXERCICE EXERCICE")
    assert body.endswith("EXERCICE EXERCICE EXERCICE")
    assert "EXERCICE" not in _text(_client(evening_board()).get(f"/alertes/{ALERT_ID}").text)


def _territory(html: str, name: str) -> str:
    (line,) = re.findall(rf'<li><span class="where">{re.escape(name)}.*?</li>', html, flags=re.DOTALL)
    return str(line)


def test_an_unknown_territory_is_hatched_grey_and_says_so() -> None:
    line = _territory(_client(evening_board()).get("/").text, "Mayenne (53)")
    assert 'class="badge inconnu"' in line
    assert "INCONNU" in line
    assert "VEILLE" not in line
    assert "1 règle sur 1 sans donnée suffisante" in line


def test_a_territory_nobody_judged_is_unknown_not_missing() -> None:
    html = _client(Board(regions=(REGION,))).get("/").text
    for name in ("Pays de la Loire", "Sarthe (72)", "Vendée (85)"):
        assert "INCONNU" in _territory(html, name)
    assert "VEILLE</span>" not in html
    assert "n&#39;a encore rien reçu" in html
    assert "Aucune source n&#39;a encore été entendue" in html


def test_unknown_outweighs_calm_and_is_outweighed_by_danger() -> None:
    assert worst([Posture.VEILLE, Posture.INCONNU, Posture.VEILLE]) is Posture.INCONNU
    assert worst([Posture.INCONNU, Posture.VEILLE]) is Posture.INCONNU
    assert worst([Posture.INCONNU, Posture.VIGILANCE]) is Posture.VIGILANCE
    assert worst([]) is Posture.INCONNU


def test_postures_differ_by_word_and_mark_not_only_by_colour() -> None:
    assert len({badge.text for badge in BADGES.values()}) == len(Posture)
    assert len({badge.mark for badge in BADGES.values()}) == len(Posture)


def test_a_journal_that_falls_silent_is_said_on_every_page() -> None:
    board = evening_board()
    board.following.heard(REGION, EVENING + timedelta(minutes=24))
    for path in ("/", f"/alertes/{ALERT_ID}"):
        assert 'class="late"' not in _client(board, minutes=25).get(path).text
        html = _client(board, minutes=27).get(path).text
        assert "Le journal se tait depuis 3 min" in _text(html)
        assert "situation du mercredi 14 janvier 2026 à 20 h 24" in _text(html)
        assert html.index('class="late"') < html.index("Alertes en cours" if path == "/" else "<main>")
    board.following.heard(REGION, EVENING + timedelta(minutes=40))
    assert "Surveillance en retard de 16 min" in _text(_client(board, minutes=40).get("/").text)


def test_a_late_page_says_so_first() -> None:
    html = _client(evening_board(), minutes=95).get(f"/alertes/{ALERT_ID}").text
    assert "Surveillance en retard de 1 h 11" in _text(html)
    assert html.index('class="late"') < html.index("<main>")
    assert 'class="late"' not in _client(evening_board()).get(f"/alertes/{ALERT_ID}").text


def test_an_answered_alert_no_longer_asks_for_an_answer() -> None:
    board = evening_board()
    board.effect(REGION, changed(AlertChange.ACKNOWLEDGED, 15, by="a.leroy"))
    text = _text(_client(board).get(f"/alertes/{ALERT_ID}").text)
    assert "a.leroy a répondu à 20 h 15" in text
    assert "vigie ack" not in text


def test_a_finished_alert_says_when_and_leaves_the_list() -> None:
    board = evening_board()
    board.effect(REGION, changed(AlertChange.RESOLVED, 20))
    text = _text(_client(board).get(f"/alertes/{ALERT_ID}").text)
    assert "Terminée depuis le mercredi 14 janvier 2026 à 20 h 20" in text
    assert "À faire d" not in text
    assert ALERT_ID not in _client(board).get("/").text


def test_an_unknown_measure_gives_its_reason_and_no_number() -> None:
    evidence = replace(BRIEF.evidence, readings=(UNKNOWN_SHARE,), crossed=(None,))
    board = Board(regions=(REGION,))
    board.effect(REGION, raised(replace(BRIEF, evidence=evidence)))
    text = _text(_client(board).get(f"/alertes/{ALERT_ID}").text)
    assert "inconnu : donnée absente" in text
    assert "Données incomplètes : 5 sources sur 7" in text


def test_every_reason_and_posture_can_be_shown() -> None:
    board = Board(regions=(REGION,))
    for posture in Posture:
        board.posture(PostureKey(REGION, "DEP-44", "REB", posture, "actual"), posture)
    for number, reason in enumerate(Unknown):
        board.reading(REGION, replace(UNKNOWN_SHARE, indicator=str(number), unknown=reason))
    text = _text(_client(board).get("/").text)
    assert "4 mesures inconnues sur 4" in text
    assert "ACTIVATION" in text


def test_machines_are_answered_over_a_real_socket() -> None:
    with serve(_app(evening_board()), port=0) as serving:
        base = f"http://{serving.host}:{serving.port}"
        metrics = httpx.get(f"{base}/metrics", trust_env=False)
        health = httpx.get(f"{base}/healthz", trust_env=False)
        head = httpx.head(f"{base}/", trust_env=False)
    assert metrics.status_code == 200
    assert metrics.headers["content-type"].startswith("text/plain; version=")
    assert "vigie_build_info" in metrics.text
    assert health.text == "ok\n52 2026-01-14T19:24:00+00:00\n"
    assert head.status_code == 200


def test_a_taken_port_is_refused_before_any_thread_starts() -> None:
    with serve(_app(Board()), port=0) as serving:
        second = serve(_app(Board()), port=serving.port)
        with pytest.raises(OSError, match="in use"):
            second.__enter__()
