"""The demo ends well, says so, and is the same play each time."""

import os
import re
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from alerts.effects import Effect, PostureChanged
from orsan_plans.posture import Posture
from streams.adapters.sqlite_journal import SqliteJournal
from streams.synthetic.oscour_files import TimedFile
from tests.vigie.monitored import PATIENCE_SECONDS, VIGIE, last_line, vigie
from vigie.demo import Spectator
from vigie.demo import play as played_scene
from vigie.demo_depot import emptied
from vigie.demo_scenarios import exercise_scenario, winter_scenario


@pytest.fixture(autouse=True)
def _wide_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def play(journal: Path, *options: str | Path) -> str:
    done = vigie("demo", "--seconds", "0", "--journal", journal, *options)
    assert done.exit_code == 0, done.output
    text = re.sub(r"[│\s]+", " ", done.stdout)
    assert "empreinte du rejeu identique" in text
    summary = r"\d+ régions" if "--data" in options else r"\d+ messages \(\d+ remis, .* non-envois? motivés?, .*"
    assert re.search(rf"audit : {summary} \(`vigie audit show --journal", text), text
    found = re.search(r"empreinte ([0-9a-f]{64})", text)
    assert found, text
    return found[1]


def numbers(text: str, expression: str) -> list[int]:
    found = re.search(expression, re.sub(r"[│\s]+", " ", text))
    assert found, (expression, text)
    return [int(each) for each in found.groups()]


@pytest.mark.slow
def test_a_scenario_is_the_same_with_the_same_seed(tmp_path: Path, soak: bool) -> None:
    # Playing the longer one twice is for `make soak`.
    for scenario in ("exercice-2016", *(["soiree"] if soak else [])):
        first = play(tmp_path / "a.db", "--scenario", scenario, "--seed", "7")
        assert play(tmp_path / "b.db", "--scenario", scenario, "--seed", "7") == first
        assert last_line(vigie("journal", "verify", tmp_path / "b.db").stdout)[2] == first
        if soak:
            assert play(tmp_path / "a.db", "--scenario", scenario, "--seed", "8") != first


@pytest.mark.slow
def test_the_winter_evening_goes_through_files_and_counts_each_record(tmp_path: Path) -> None:
    done = vigie("demo", "--seconds", "0", "--journal", tmp_path / "a.db")
    assert done.exit_code == 0, done.output
    assert "empreinte du rejeu identique" in re.sub(r"[│\s]+", " ", done.stdout)
    received, accepted, known, aside = numbers(
        done.stdout, r"reçus (\d+) = (\d+) acceptés \+ (\d+) déjà connus \+ (\d+) en quarantaine"
    )
    assert received == accepted + known + aside
    assert aside == 1
    journaled, corrected, removed, lived = numbers(
        done.stdout, r"journal (\d+) \(corrections : (\d+), retraits : (\d+), fichiers sans nouveauté : (\d+)\)"
    )
    assert journaled == accepted + removed + lived
    assert corrected > 1000
    dropped, refused, older = numbers(
        done.stdout, r"déposés (\d+) \(refusés en entier : (\d+), dépassés par un plus récent : (\d+)\)"
    )
    assert (refused, older) == (1, 1)
    kept = [*(tmp_path / "a-depot" / "recus").iterdir(), *(tmp_path / "a-depot" / "rejetes").glob("*.xml")]
    assert len(kept) == dropped
    assert [each.name for each in (tmp_path / "a-depot").iterdir() if each.suffix == ".xml"] == []
    for said in ("refusé en entier", "1 enregistrement en quarantaine", "reçu deux fois", "plus ancien que"):
        assert said in done.stdout
    listed = vigie("quarantine", "list", "--journal", tmp_path / "a.db")
    assert "O440000396_0_20260114183700.xml" in listed.stdout


@pytest.mark.slow
def test_the_exercise_calls_only_its_players_and_moves_no_real_posture(tmp_path: Path) -> None:
    moved: list[PostureChanged] = []

    class Watching(Spectator):
        def effect(self, region: str, effect: Effect) -> None:  # noqa: ARG002 - a spectator is told the région
            if isinstance(effect, PostureChanged):
                moved.append(effect)

    with SqliteJournal.create(tmp_path / "a.db") as journal:
        ending = played_scene(exercise_scenario(2026), journal, 2026, Watching(), emptied(tmp_path / "depot"))
    assert ending.digest == ending.replay_digest
    raised = {(each.territory, each.status) for each in moved if each.after is Posture.ALERTE}
    assert ("DEP-72", "exercise") in raised
    assert {status for _, status in raised} == {"exercise"}
    assert {each.after for each in moved if each.status == "actual"} <= {Posture.VEILLE, Posture.INCONNU}


@pytest.mark.slow
def test_the_exercise_is_a_scenario_of_the_command(tmp_path: Path) -> None:
    done = vigie("demo", "--scenario", "exercice-2016", "--seconds", "0", "--journal", tmp_path / "a.db")
    assert done.exit_code == 0, done.output
    assert "08:31:00 EXERCICE · Le SAMU 72 appelle l'ARS : 70 blessés, dont 20 enfants." in done.stdout
    assert "EXERCICE · VEILLE → ALERTE AMAVI" in re.sub(" +", " ", done.stdout)
    assert "EXERCICE EXERCICE EXERCICE : ALERTE AMAVI" in done.stdout


def test_a_file_that_is_none_of_the_formats_is_refused_and_counted(tmp_path: Path) -> None:
    evening = winter_scenario(1)
    odd = TimedFile(evening.arrivals[0].at, "odd.bin", b"neither this nor that")
    scenario = type(evening)(evening.title, (odd,), evening.regions, evening.catalogue, evening.arrivals[1].at)
    with SqliteJournal.create(tmp_path / "a.db") as journal:
        ending = played_scene(scenario, journal, 1, Spectator(), emptied(tmp_path / "depot"))
    assert +ending.totals.files == {"refused": 1}


def test_the_depot_is_emptied_only_when_a_demo_made_it(tmp_path: Path) -> None:
    depot = emptied(tmp_path / "depot")
    (depot / "reste.xml").write_text("d'hier", encoding="utf-8")
    assert sorted(each.name for each in emptied(depot).iterdir()) == [".vigie-demo"]
    own = tmp_path / "a-depot"
    own.mkdir()
    (own / "these.txt").write_text("à garder", encoding="utf-8")
    done = vigie("demo", "--journal", tmp_path / "a.db")
    assert done.exit_code == 1
    assert "no demo made this directory" in done.stderr
    assert (own / "these.txt").exists()
    assert not (tmp_path / "a.db").exists()


def test_the_wave_and_a_scenario_are_not_played_together(tmp_path: Path) -> None:
    done = vigie("demo", "--data", tmp_path, "--scenario", "exercice-2016", "--journal", tmp_path / "a.db")
    assert done.exit_code == 2
    assert "--data or --scenario" in re.sub(r"[│\s]+", " ", done.output)


@pytest.mark.slow
def test_the_first_wave_is_played_from_the_real_data(shared_data: Path, tmp_path: Path) -> None:
    digest = play(tmp_path / "vague.db", "--data", shared_data)
    assert last_line(vigie("journal", "verify", tmp_path / "vague.db").stdout)[2] == digest


def test_a_data_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = vigie("demo", "--data", tmp_path / "absent", "--journal", tmp_path / "a.db")
    assert done.exit_code == 1
    assert "no such data directory" in done.stderr
    (tmp_path / "vide").mkdir()
    empty = vigie("demo", "--data", tmp_path / "vide", "--journal", tmp_path / "a.db")
    assert empty.exit_code == 1
    assert "cannot be read: No such file" in empty.stderr
    assert not (tmp_path / "a.db").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "said"), [("exercice-2016", "EXERCICE EXERCICE EXERCICE"), ("soiree", "CYBER")])
def test_the_demo_ends_with_a_page_that_is_really_answered(tmp_path: Path, scenario: str, said: str) -> None:
    journal = tmp_path / "a.db"
    arguments = ["demo", "--scenario", scenario, "--seconds", "0", "--journal", str(journal), "--page", "600"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with ExitStack() as stack:
        started = subprocess.Popen([*VIGIE, *arguments], stdout=subprocess.PIPE, encoding="utf-8", env=environment)
        demo = stack.enter_context(started)
        stack.callback(demo.kill)
        assert demo.stdout is not None
        link = next(line.strip() for line in demo.stdout if line.startswith("http://127.0.0.1:"))
        with httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as phone:
            shown = phone.get(link)
            assert said in shown.text
            fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
            came = phone.post(link, data={**fields, "decision": "prendre"})
        assert "Réponse enregistrée" in came.text
        demo.send_signal(signal.SIGINT)
        *_, ended, shown_by = demo.stdout.read().splitlines()
        assert demo.wait(PATIENCE_SECONDS) == 0
    assert re.fullmatch(r"Claire Martin a répondu à .* ; ce que l'audit en garde :", ended)
    program, *words = shown_by.split()
    assert program.rpartition("/")[2] == "vigie"
    assert "Claire Martin répond « je prends » (page)" in vigie(*words).stdout
    assert last_line(vigie("journal", "verify", journal).stdout)[:2] == ["sound:", "digest"]
    assert "identical to what the journal decided" in vigie("retex", "replay", journal).stdout
