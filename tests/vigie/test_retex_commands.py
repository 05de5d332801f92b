"""`vigie retex replay`: the crisis again, exactly, or under other plans."""

import csv
import json
import re
from datetime import UTC, datetime
from importlib.resources import files as resources
from pathlib import Path

import pytest

from alerts.effect_codec import decode
from alerts.effects import PostureChanged
from streams.adapters.sqlite_journal import SqliteJournal
from tests.vigie.monitored import last_line, vigie, vigie_process
from tests.vigie.open_data import write_files

LAST_LINE = re.compile(r"digest [0-9a-f]{64} entries (\d+) effects (\d+)")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("retex")
    path = folder / "J.db"
    done = vigie("journal", "import", *write_files(folder), "--into", path)
    assert done.exit_code == 0, done.output
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_last_line_is_the_digest_and_the_counts(journal: Path) -> None:
    done = vigie("retex", "replay", journal)
    assert (done.exit_code, done.stderr) == (0, "")
    found = LAST_LINE.fullmatch(done.stdout.splitlines()[-1])
    assert found
    with SqliteJournal.open(journal) as opened:
        heads = opened.heads()
    assert int(found[1]) == sum(head.seq for head in heads) == 35
    assert int(found[2]) == sum(head.effects for head in heads)
    assert last_line(vigie("journal", "verify", journal).stdout)[2] == last_line(done.stdout)[1]


def test_the_postures_that_moved(journal: Path, tmp_path: Path) -> None:
    path = tmp_path / "T.csv"
    assert vigie("retex", "replay", journal, "--transitions", path).exit_code == 0
    assert path.read_text().splitlines()[0] == "recorded_at,occurred_on,volet,rule,territory,from,to,value"
    moved = [
        tuple(row[key] for key in ("recorded_at", "occurred_on", "rule", "from", "to", "value"))
        for row in rows(path)
        if row["volet"] == "REB" and row["territory"] == "DEP-44"
    ]
    share, beds = "part-suspicion-covid", "occupation-reanimation"
    assert moved == [
        ("2020-03-02T03:00:00Z", "2020-03-01", share, "INCONNU", "VEILLE", "0"),
        ("2020-03-05T03:00:00Z", "2020-03-04", share, "VEILLE", "VIGILANCE", "6.4286"),
        ("2020-03-07T03:00:00Z", "2020-03-06", share, "VIGILANCE", "ALERTE", "10.7143"),
        ("2020-03-20T03:00:00Z", "2020-03-19", beds, "INCONNU", "VEILLE", "50"),
        ("2020-03-21T03:00:00Z", "2020-03-20", beds, "VEILLE", "VIGILANCE", "70"),
        ("2020-03-22T03:00:00Z", "2020-03-21", beds, "VIGILANCE", "ALERTE", "90"),
    ]


def test_the_published_readings(journal: Path, tmp_path: Path) -> None:
    path = tmp_path / "R.csv"
    assert vigie("retex", "replay", journal, "--readings", path).exit_code == 0
    assert path.read_text().splitlines()[0] == "recorded_at,occurred_on,territory,indicator,value,unit,state,reason"
    share = {
        row["occurred_on"]: (row["value"], row["unit"], row["state"])
        for row in rows(path)
        if row["territory"] == "DEP-44" and row["indicator"] == "rpu.part_suspicion_covid_7j"
    }
    assert share["2020-02-24"] == ("", "%", "unknown")
    assert share["2020-03-01"] == ("0", "%", "known")
    assert share["2020-03-02"] == ("2.1429", "%", "known")
    assert share["2020-03-08"] == ("15", "%", "known")
    assert share["2020-03-18"] == ("", "%", "unknown")
    for row in rows(path):
        assert (row["state"] == "known") == bool(row["value"])
        assert (row["state"] == "unknown") == bool(row["reason"])
        assert re.fullmatch(r"FR|REG-\d\d|DEP-\w{2,3}|ETAB-\w{9}", row["territory"])
    instants = [row["recorded_at"] for row in rows(path)]
    assert instants == sorted(instants)


def test_the_effects_are_those_stored(journal: Path, tmp_path: Path) -> None:
    path = tmp_path / "E.jsonl"
    done = vigie("retex", "replay", journal, "--effects", path)
    lines = path.read_bytes().splitlines()
    with SqliteJournal.open(journal) as opened:
        stored = [each.effect for region in opened.regions() for each in opened.effects(region)]
    assert [decode(line) for line in lines] == stored
    assert len(lines) == int(last_line(done.stdout)[-1])
    assert all(json.loads(line)["id"] for line in lines)


def test_what_if_other_plans(journal: Path, tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    plans.mkdir()
    shipped = (resources("orsan_plans") / "plans" / "covid-2020.yaml").read_text(encoding="utf-8")
    (plans / "covid.yaml").write_text(shipped.replace("{au_dessus_de: 6,", "{au_dessus_de: 4,"), encoding="utf-8")
    path = tmp_path / "T.csv"
    done = vigie("retex", "replay", journal, "--plans", plans, "--transitions", path)
    assert done.exit_code == 0
    assert "identical" not in done.stdout
    as_it_was = vigie("retex", "replay", journal)
    assert last_line(done.stdout)[1] != last_line(as_it_was.stdout)[1]
    raised = {(row["territory"], row["rule"]): row["occurred_on"] for row in rows(path) if row["to"] == "VIGILANCE"}
    assert raised["DEP-44", "part-suspicion-covid"] == "2020-03-03"
    assert "identical" in vigie("retex", "replay", journal).stdout


def test_days_are_those_of_paris_both_included(journal: Path, tmp_path: Path) -> None:
    path, effects = tmp_path / "R.csv", tmp_path / "E.jsonl"
    days = ("--from", "2020-03-05", "--to", "2020-03-07")
    done = vigie("retex", "replay", journal, *days, "--readings", path, "--effects", effects)
    assert done.exit_code == 0
    recorded = [row["recorded_at"] for row in rows(path)]
    assert (min(recorded), max(recorded)) == ("2020-03-05T03:00:00Z", "2020-03-07T05:00:00Z")
    read = [decode(line) for line in effects.read_bytes().splitlines()]
    moved = [effect for effect in read if isinstance(effect, PostureChanged)]
    assert [effect.after for effect in moved] == ["VIGILANCE", "ALERTE"]
    assert all(
        datetime(2020, 3, 4, 23, tzinfo=UTC) <= effect.at < datetime(2020, 3, 7, 23, tzinfo=UTC) for effect in read
    )
    # Two catalogues, two tables of beds, and twelve mornings of two départements.
    assert last_line(done.stdout)[3] == str(4 + 12 * 2)
    upto = vigie("retex", "replay", journal, "--to", "2020-03-07")
    assert last_line(upto.stdout) == last_line(done.stdout)


@pytest.mark.parametrize(
    "options", [("--from", "hier"), ("--to", "2020-02-30"), ("--plan", "x"), ("--from", "2020-03-05T10:00")]
)
def test_wrong_usage_is_2(journal: Path, options: tuple[str, str]) -> None:
    assert vigie("retex", "replay", journal, *options).exit_code == 2


def test_a_bad_plan_or_a_place_one_cannot_write_is_said(journal: Path, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("plan: [")
    done = vigie("retex", "replay", journal, "--plans", tmp_path, "--readings", tmp_path / "R.csv")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "a.yaml:1" in done.stderr
    assert not (tmp_path / "R.csv").exists()
    nowhere = tmp_path / "absent" / "R.csv"
    for option in ("--readings", "--transitions", "--effects"):
        refused = vigie("retex", "replay", journal, option, nowhere)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert str(nowhere.parent) in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_replay_changes_no_byte_of_the_journal(journal: Path) -> None:
    before = journal.read_bytes()
    vigie("retex", "replay", journal)
    assert journal.read_bytes() == before


def test_the_host_s_time_zone_locale_and_hash_seed_change_nothing(journal: Path, tmp_path: Path) -> None:
    expected = last_line(vigie("retex", "replay", journal).stdout)
    arguments = write_files(tmp_path)
    hosts = (
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/Los_Angeles", "LC_ALL": "fr_FR.UTF-8", "PYTHONHASHSEED": "2", "PYTHONIOENCODING": "ascii"},
    )
    for number, host in enumerate(hosts):
        made = tmp_path / f"{number}.db"
        imported = vigie_process("journal", "import", *arguments, "--into", made, **host)
        assert imported.returncode == 0, imported.stderr
        assert last_line(imported.stdout)[1] == expected[1]
    replayed = vigie_process("retex", "replay", tmp_path / "0.db", **hosts[1])
    assert last_line(replayed.stdout) == expected
    assert "identical to what the journal decided" in replayed.stdout
