"""The bed form: empty is unknown, a wrong row is refused with its line, a wrong header refuses the file."""

import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orsan_plans.geography import REGIONS
from streams.capacity.bed_form import COLUMNS, LONGEST_LINE, decode_csv, decode_json
from streams.capacity.declaration import Directory
from streams.collecting.decoding import Accepted, Context, Refused, UnreadableFeed
from streams.entry import Status
from tests.feeds.capacity_examples import (
    MENDE,
    NANTES,
    PAYS_DE_LA_LOIRE,
    RECEIVED,
    Item,
    beds,
    counts,
    damaged,
    hold_whatever_the_bytes,
    reason,
    stream,
)

HEADER = "finess;nature;installes;disponibles;occupes;fermes;autorises;armes;maj"
FORM = f"""{HEADER}
440000271;rea;20;3;15;2;22;18;2026-01-14T08:00:00+01:00
440000271;usc;12;;;;;;2026-01-14T07:30
480000017;rea;3;0;3;0;3;3;2026-01-14 06:15:30Z
"""


def rows(text: str, context: Context = PAYS_DE_LA_LOIRE, directory: Directory | None = None) -> list[Item]:
    return list(decode_csv(stream(text.encode()), "lits.csv", context, directory or Directory()).items)


def row(cells: str, context: Context = PAYS_DE_LA_LOIRE) -> Item:
    (found,) = rows(f"{HEADER}\n{cells}\n", context)
    return found


def said(value: object, context: Context = PAYS_DE_LA_LOIRE) -> list[Item]:
    return list(decode_json(stream(value), "lits.json", context).items)


def test_every_count_stays_distinct() -> None:
    first, second, third = rows(FORM)
    assert counts(first) == {
        "installed": 20, "available": 3, "occupied": 15, "closed": 2, "authorised": 22, "staffed": 18
    }  # fmt: skip
    assert (beds(first).finess, beds(first).departement, beds(first).bed_kind) == (NANTES, "44", "rea")
    assert counts(second) == {"installed": 12}
    assert beds(second).updated_at == datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
    assert counts(third) == {"installed": 3, "available": 0, "occupied": 3, "closed": 0, "authorised": 3, "staffed": 3}
    assert (beds(third).departement, beds(third).updated_at.second) == ("48", 30)
    assert len({each.key for each in (first, second, third) if isinstance(each, Accepted)}) == 3


def test_the_form_is_collected_as_beds() -> None:
    manifest = decode_csv(stream(FORM.encode()), "lits.csv", PAYS_DE_LA_LOIRE).manifest
    assert (manifest.feed, manifest.extracted_at, manifest.window) == ("lits", RECEIVED, None)


def test_an_empty_field_is_unknown_never_zero() -> None:
    assert counts(row("440000271;rea; 4 ;\x1d2;;;;;2026-01-14T08:00Z")) == {"installed": 4, "available": 2}
    empty, zero = row("440000271;rea;;; ;;;;2026-01-14T08:00Z"), row("440000271;rea;0;;;;;;2026-01-14T08:00Z")
    assert counts(empty) == {}
    assert isinstance(empty, Accepted)
    assert empty.flags == ("aucun_nombre",)
    assert counts(zero) == {"installed": 0}
    for nothing in (None, "", "  "):
        (item,) = said(
            {"finess": NANTES, "nature": "rea", "occupes": nothing, "installes": 4, "maj": "2026-01-14T08:00Z"}
        )
        assert counts(item) == {"installed": 4}


def test_json_says_the_same_as_csv() -> None:
    lines = [line.split(";") for line in FORM.splitlines()]
    assert said([dict(zip(lines[0], cells, strict=True)) for cells in lines[1:]]) == rows(FORM)


def test_columns_come_in_any_order_with_any_separator_and_capitals() -> None:
    (item,) = rows("MAJ, Nature ,installes,FINESS\n2026-01-14T08:00Z,rea,4,440000271")
    assert (counts(item), beds(item).finess) == ({"installed": 4}, NANTES)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "\n",
        "finess;nature",
        "finess;nature;lits;maj",
        "finess;nature;installes;installes;maj",
        "440000271;rea;20;3;15;2;22;18;2026-01-14T08:00:00+01:00",
        '"finess;nature;maj',
        "\xff\xfe",
        "x" * (LONGEST_LINE + 1),
    ],
)
def test_a_bad_header_refuses_the_file(header: str) -> None:
    with pytest.raises(UnreadableFeed, match=r"lits\.csv:1: "):
        decode_csv(stream(header.encode("latin-1")), "lits.csv", PAYS_DE_LA_LOIRE)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("440000271;rea;-1;;;;;;2026-01-14T08:00Z", "installes"),
        ("440000271;rea;1.5;;;;;;2026-01-14T08:00Z", "installes"),
        ("440000271;rea;;٣;;;;;2026-01-14T08:00Z", "disponibles"),
        ("440000271;rea;99999999999999999999;;;;;;2026-01-14T08:00Z", "installes"),
        ("44000027;rea;1", "cells"),
        ("44000;rea;;;;;;;2026-01-14T08:00Z", "FINESS"),
        (";rea;;;;;;;2026-01-14T08:00Z", "FINESS"),
        ("440000271;;1;;;;;;2026-01-14T08:00Z", "nature"),
        ("440000271;Dr MARTIN;1;;;;;;2026-01-14T08:00Z", "nature"),
        ("440000271;rea;1;;;;;;", "date"),
        ("440000271;rea;1;;;;;;2026-02-30T08:00Z", "calendar"),
        ("440000271;rea;1;;;;;;2026-01-14T25:00Z", "calendar"),
        ("440000271;rea;1;;;;;;0001-01-01T00:00+14:00", "calendar"),
        ("440000271;rea;1;;;;;;14/01/2026 08:00", "ISO 8601"),
        ('440000271;"rea;1;;;;;;2026-01-14T08:00Z', "CSV"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line_and_the_others_kept(cells: str, why: str) -> None:
    before, refused, after = rows(f"{HEADER}\n{FORM.splitlines()[1]}\n\n{cells}\n{FORM.splitlines()[3]}")
    assert isinstance(before, Accepted)
    assert isinstance(after, Accepted)
    assert why in reason(refused)
    assert "MARTIN" not in reason(refused)
    assert isinstance(refused, Refused)
    assert (refused.position, refused.raw) == (4, f"{cells}\n".encode())


def test_a_row_that_is_not_utf_8_is_refused_alone() -> None:
    content = FORM.encode() + b"440000271;m\xe9decine;1;;;;;;2026-01-14T08:00Z\n"
    last = list(decode_csv(stream(content), "lits.csv", PAYS_DE_LA_LOIRE).items)[-1]
    assert "UTF-8" in reason(last)


def test_a_line_that_never_ends_refuses_the_file_when_it_comes() -> None:
    items = decode_csv(stream(FORM.encode() + b"x" * 100_000), "lits.csv", PAYS_DE_LA_LOIRE).items
    assert [isinstance(next(items), Accepted) for _ in range(3)] == [True] * 3
    with pytest.raises(UnreadableFeed, match=r"lits\.csv:5: a line longer"):
        next(items)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("text", "not an object"),
        ([], "not an object"),
        ({"finess": NANTES, "nature": "rea", "maj": "2026-01-14T08:00Z", "MARTIN": 1}, "a key that is not"),
        ({"finess": NANTES, "nature": "rea", "maj": "2026-01-14T08:00Z", "armes": True}, "armes"),
        ({"finess": NANTES, "nature": "rea", "maj": "2026-01-14T08:00Z", "armes": 5.0}, "armes"),
        ({"finess": NANTES, "nature": "rea", "maj": "2026-01-14T08:00Z", "armes": [1]}, "armes"),
        ({"finess": NANTES, "nature": "rea", "maj": 20260114}, "date"),
        ({"finess": True, "nature": "rea", "maj": "2026-01-14T08:00Z"}, "FINESS"),
        ({"finess": NANTES, "nature": {"code": "rea"}, "maj": "2026-01-14T08:00Z"}, "nature"),
    ],
)
def test_a_wrong_object_is_refused_with_its_place(value: object, why: str) -> None:
    refused = said([value])[0] if value != [] else said([[]])[0]
    assert why in reason(refused)
    assert "MARTIN" not in reason(refused)


def test_a_finess_that_lost_its_zero_is_padded_and_flagged() -> None:
    for written in ("10000024", 10000024):
        (item,) = said({"finess": written, "nature": "rea", "installes": 4, "maj": "2026-01-14T08:00Z"})
        assert isinstance(item, Accepted)
        assert (beds(item).finess, beds(item).departement, item.flags) == ("010000024", "01", ("finess_complete",))
    assert beds(row("2b0000020;rea;1;;;;;;2026-01-14T08:00Z")).departement == "2B"


def test_an_overseas_finess_belongs_to_the_only_departement_of_its_region() -> None:
    cells = "970408589;rea;1;;;;;;2026-01-14T08:00"
    item = row(cells, Context("04", RECEIVED))
    assert beds(item).departement == "974"
    assert beds(item).updated_at == datetime(2026, 1, 14, 4, tzinfo=UTC)
    assert "overseas" in reason(row(cells))
    (declared,) = rows(f"{HEADER}\n{cells}", PAYS_DE_LA_LOIRE, Directory(departements={"970408589": "974"}))
    assert beds(declared).departement == "974"


@pytest.mark.parametrize(
    ("written", "instant", "flags"),
    [
        ("2026-03-29T02:30", "2026-03-29T01:30", ("heure_inexistante",)),
        ("2025-10-26T02:30", "2025-10-26T00:30", ("heure_ambigue",)),
        ("2025-10-26T02:30+01:00", "2025-10-26T01:30", ()),
        ("2026-01-14", "2026-01-13T23:00", ("heure_absente",)),
    ],
)
def test_local_times_are_understood_and_doubts_flagged(written: str, instant: str, flags: tuple[str, ...]) -> None:
    item = row(f"440000271;rea;4;;;;;;{written}", Context("52", datetime(2026, 4, 1, tzinfo=UTC)))
    assert isinstance(item, Accepted)
    assert item.occurred_at == datetime.fromisoformat(f"{instant}Z")
    assert item.flags == flags


def test_a_date_after_reception_is_flagged() -> None:
    item = row("440000271;rea;4;;;;;;2026-01-14T09:00:01Z")
    assert isinstance(item, Accepted)
    assert item.flags == ("date_future",)


@pytest.mark.parametrize(
    ("cells", "flags"),
    [
        ("10;11;;", ("disponibles_sup_installes",)),
        ("10;;11;", ("occupes_sup_installes",)),
        ("10;;;11", ("fermes_sup_installes",)),
        ("10;4;7;", ("occupes_disponibles_sup_installes",)),
        ("10;3;7;10", ()),
        (";11;11;11", ()),
    ],
)
def test_contradictions_are_flagged_never_refused(cells: str, flags: tuple[str, ...]) -> None:
    item = row(f"440000271;rea;{cells};;;2026-01-14T08:00Z")
    assert isinstance(item, Accepted)
    assert item.flags == flags


def test_memory_does_not_grow_with_the_rows() -> None:
    class Forms(BytesIO):
        served = -1

        def readline(self, _size: int | None = -1) -> bytes:
            self.served += 1
            lines = FORM.encode().splitlines(keepends=True)
            return lines[1] if self.served else lines[0]

    forms = Forms()
    items = decode_csv(forms, "lits.csv", PAYS_DE_LA_LOIRE).items
    assert isinstance(next(items), Accepted)
    assert forms.served == 1


@given(st.data())
def test_damage_never_breaks_a_csv_form(data: st.DataObject) -> None:
    content = data.draw(damaged(FORM.replace("usc", "MARTIN").encode()))
    hold_whatever_the_bytes(decode_csv, content)


@given(damaged(FORM.encode()))
def test_every_line_of_a_damaged_form_is_accepted_or_refused(content: bytes) -> None:
    try:
        items = list(decode_csv(BytesIO(content), "f", PAYS_DE_LA_LOIRE).items)
    except UnreadableFeed:
        return
    assert len(items) == sum(1 for line in BytesIO(content).readlines()[1:] if line.strip())


@given(st.data())
def test_damage_never_breaks_a_json_form(data: st.DataObject) -> None:
    lines = [line.split(";") for line in FORM.replace("usc", "MARTIN").splitlines()]
    sound = stream([dict(zip(lines[0], cells, strict=True)) for cells in lines[1:]]).getvalue()
    hold_whatever_the_bytes(decode_json, data.draw(damaged(sound)))


def test_the_guide_shows_files_that_are_accepted(repository: Path) -> None:
    guide = (repository / "docs" / "flux-capacite.md").read_text("utf-8")
    (csv_example,) = re.findall(r"```csv\n(finess.*?)```", guide, re.DOTALL)
    (json_example,) = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    assert csv_example.splitlines()[0] == ";".join(COLUMNS)
    by_csv = rows(csv_example)
    by_json = list(decode_json(stream(json_example.encode()), "lits.json", PAYS_DE_LA_LOIRE).items)
    assert all(isinstance(each, Accepted) for each in [*by_csv, *by_json])
    assert by_json == by_csv[: len(by_json)]


def test_regions_with_one_departement_are_the_overseas_ones() -> None:
    assert all(region.departements[0].startswith("97") for region in REGIONS.values() if len(region.departements) == 1)
    assert beds(row(f"{MENDE};rea;1;;;;;;2026-01-14T08:00Z")).departement == "48"


@pytest.mark.parametrize(
    ("written", "status"),
    [("", Status.ACTUAL), ("reel", Status.ACTUAL), (" Exercice ", Status.EXERCISE), ("test", Status.TEST)],
)
def test_a_declaration_says_whether_it_is_an_exercise(written: str, status: Status) -> None:
    row = f"finess;nature;occupes;maj;statut\n440000271;rea;3;2026-01-14T08:00;{written}\n".encode()
    (item,) = decode_csv(BytesIO(row), "f", PAYS_DE_LA_LOIRE).items
    assert isinstance(item, Accepted)
    assert item.status is status


@pytest.mark.parametrize("written", ["réel", "exercise", 1, True, ["exercice"], {}])
def test_an_unknown_status_is_never_taken_for_real_life(written: object) -> None:
    form = {"finess": "440000271", "nature": "rea", "maj": "2026-01-14T08:00", "statut": written}
    (item,) = decode_json(stream(form), "f", PAYS_DE_LA_LOIRE).items
    assert reason(item).startswith("statut: ")
