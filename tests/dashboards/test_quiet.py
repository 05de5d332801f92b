"""Silences and maintenance windows in force: who said so, why, until when, wherever somebody looks."""

from datetime import timedelta

import pytest

from alerts.volume.silences import Silence
from dashboards.board import Board
from dashboards.quiet import Quiet
from dashboards.testing import EVENING, REGION
from streams.messages.quiet import MaintenancePlanned
from streams.messages.reference import Etablissement
from tests.dashboards.answer_door import AnswerDoor, person_path, reading_path, text_of

HOUR = timedelta(hours=1)
SILENCE = Silence("s1", EVENING + HOUR, "Cécile Roux", "Travaux électriques", volet="REB", territory="DEP-44")
WINDOW = MaintenancePlanned("m1", "rpu", "ETAB-440000271", EVENING, EVENING + 2 * HOUR, "DSI", "Bascule")
UNTIL = "jusqu'au mercredi 14 janvier 2026 à 21 h 00"
SAID = "par Cécile Roux : Travaux électriques"
LINES = (
    f"Silence, volet REB, Loire-Atlantique (44) (VIGILANCE seulement), {UNTIL}, {SAID}",
    "Maintenance du flux rpu, CHU de Nantes, jusqu'au mercredi 14 janvier 2026 à 22 h 00, par DSI : Bascule",
)


def quiet_board(board: Board, quiet: Quiet) -> Board:
    board.sites([Etablissement("440000271", "CHU de Nantes", "44")])
    board.quieted(REGION, quiet)
    return board


def lines(quiet: Quiet, after: timedelta = timedelta(0)) -> list[str]:
    found = quiet_board(Board(), quiet).quiet(REGION, EVENING + after, "Europe/Paris")
    return [line.replace("\u00a0", " ") for line in found]


@pytest.mark.parametrize("path", ["/", person_path(), person_path() + "/releve", reading_path()])
def test_what_is_in_force_is_on_every_page_that_says_where_things_stand(path: str) -> None:
    door = AnswerDoor()
    assert "Cécile" not in door.get(path).text
    quiet_board(door.board, Quiet((("actual", SILENCE),), (("actual", WINDOW),)))
    text = text_of(door.get(path).text)
    for line in LINES:
        assert line in text, line


def test_what_is_over_is_not_shown() -> None:
    quiet = Quiet((("actual", SILENCE),), (("actual", WINDOW),))
    assert lines(quiet, HOUR - timedelta(seconds=1)) == list(LINES)
    assert lines(quiet, HOUR) == [LINES[1]]
    assert lines(quiet, 2 * HOUR) == []


def test_what_is_planned_says_from_when() -> None:
    [line] = lines(Quiet((), (("actual", WINDOW),)), -HOUR)
    assert "prévue du mercredi 14 janvier 2026 à 20 h 00 au mercredi 14 janvier 2026 à 22 h 00" in line


def test_a_silence_says_what_it_is_about_and_of_which_world() -> None:
    rule = Silence("s2", EVENING + HOUR, "Cécile", "Essai", rule="occupation", includes_alerte=True)
    [line] = lines(Quiet((("exercise", rule),), ()))
    assert line.startswith("EXERCICE · Silence, règle occupation (ALERTE comprise), jusqu'au")


def test_a_silence_set_while_the_releve_is_read_changes_what_was_read() -> None:
    door = AnswerDoor()
    before = door.get(person_path() + "/releve").text
    quiet_board(door.board, Quiet((("actual", SILENCE),), ()))
    shown = [text.split('name="lu" value="')[1][:64] for text in (before, door.get(person_path() + "/releve").text)]
    assert shown[0] != shown[1]
