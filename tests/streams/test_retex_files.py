"""The files of a replay: their columns, their numbers, and nothing half-written."""

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest

from alerts.effect_codec import decode
from alerts.effects import PostureChanged, effect_id
from orsan_plans.assess import Evidence
from orsan_plans.posture import Posture
from orsan_plans.reading import Reading, Unknown
from streams.adapters.retex_files import write_effects, write_readings, write_transitions
from streams.journal import fresh_head
from streams.testing import EPOCH, sample_entries, sample_rejection

HOUR = timedelta(hours=1)
READING = Reading("rpu.part", "DEP-44", date(2026, 1, 13), "%", 100 / 3)
MOVED = PostureChanged(
    id=effect_id("posture", 1),
    at=EPOCH,
    status="actual",
    plan="covid-2020",
    volet="REB",
    rule="part",
    territory="DEP-44",
    before=Posture.VEILLE,
    after=Posture.ALERTE,
    occurred_on=date(2026, 1, 13),
    evidence=Evidence(date(2026, 1, 13), (READING,)),
)
REJECTED = sample_rejection(sample_entries(fresh_head("52"), 1)[0])


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_readings_have_a_row_each_in_order_of_recording(tmp_path: Path) -> None:
    absent = replace(READING, value=None, unknown=Unknown.ABSENT, detail="6/7 jours")
    at_least = replace(READING, value=12.0, unit="passages", reporting=1, expected=3, is_lower_bound=True)
    few = replace(READING, value=None, unknown=Unknown.TOO_FEW)
    whole = replace(READING, value=60.0)
    paris = (EPOCH - HOUR).astimezone(timezone(HOUR))
    write_readings(
        tmp_path / "R.csv", [(EPOCH, READING), (EPOCH, absent), (EPOCH, at_least), (EPOCH, few), (paris, whole)]
    )
    common = ["2026-01-13", "DEP-44", "rpu.part"]
    assert rows(tmp_path / "R.csv") == [
        ["recorded_at", "occurred_on", "territory", "indicator", "value", "unit", "state", "reason"],
        ["2026-01-14T06:00:00Z", *common, "60", "%", "known", ""],
        ["2026-01-14T07:00:00Z", *common, "33.3333", "%", "known", ""],
        ["2026-01-14T07:00:00Z", *common, "", "%", "unknown", "absent (6/7 jours)"],
        ["2026-01-14T07:00:00Z", *common, "", "passages", "unknown", "absent (1/3), au moins 12"],
        ["2026-01-14T07:00:00Z", *common, "", "%", "unknown", "effectif_insuffisant"],
    ]


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.0, "0"), (100.0, "100"), (1e-5, "0"), (0.1 + 0.2, "0.3"), (1e9, "1" + "0" * 9)],
)
def test_numbers_have_at_most_four_decimals_and_no_exponent(tmp_path: Path, value: float, written: str) -> None:
    write_readings(tmp_path / "R.csv", [(EPOCH, replace(READING, value=value))])
    assert rows(tmp_path / "R.csv")[1][4] == written


def test_transitions_are_the_postures_that_moved(tmp_path: Path) -> None:
    by_event = replace(MOVED, at=EPOCH - HOUR, evidence=Evidence(date(2026, 1, 13), events=("Accident",)))
    decided = replace(MOVED, at=EPOCH + HOUR, evidence=None)
    write_transitions(tmp_path / "T.csv", [decided, MOVED, REJECTED, by_event])
    common = ["2026-01-13", "REB", "part", "DEP-44", "VEILLE", "ALERTE"]
    assert rows(tmp_path / "T.csv") == [
        ["recorded_at", "occurred_on", "volet", "rule", "territory", "from", "to", "value"],
        ["2026-01-14T06:00:00Z", *common, ""],
        ["2026-01-14T07:00:00Z", *common, "33.3333"],
        ["2026-01-14T08:00:00Z", *common, ""],
    ]


def test_effects_are_json_lines_in_the_order_of_the_fold(tmp_path: Path) -> None:
    write_effects(tmp_path / "E.jsonl", [MOVED, REJECTED])
    lines = (tmp_path / "E.jsonl").read_bytes().splitlines()
    assert [decode(line) for line in lines] == [MOVED, REJECTED]
    assert [json.loads(line)["kind"] for line in lines] == ["posture_changed", "entry_rejected"]


def test_nothing_to_write_gives_a_file_with_its_header(tmp_path: Path) -> None:
    write_readings(tmp_path / "R.csv", [])
    write_effects(tmp_path / "E.jsonl", [])
    assert len(rows(tmp_path / "R.csv")) == 1
    assert (tmp_path / "E.jsonl").read_bytes() == b""


def test_a_failure_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "E.jsonl"
    path.write_text("former")

    def broken() -> Iterator[PostureChanged]:
        yield MOVED
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_effects(path, broken())
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_can_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    plain, written = tmp_path / "plain", tmp_path / "E.jsonl"
    plain.write_text("")
    write_effects(written, [])
    assert written.stat().st_mode == plain.stat().st_mode


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    listener = Thread(target=lambda: heard.append(pipe.read_bytes()))
    listener.start()
    write_effects(pipe, [MOVED])
    listener.join(10)
    assert decode(heard[0].strip()) == MOVED
    assert pipe.is_fifo()


def test_a_directory_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        write_effects(tmp_path, [])
    with pytest.raises(FileNotFoundError):
        write_effects(tmp_path / "absent" / "E.jsonl", [])
