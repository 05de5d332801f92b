"""SANER: the beds of one establishment, each code at its definition; a report about a territory is refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from streams.capacity.codes import SANER_BEDS
from streams.capacity.declaration import Directory
from streams.capacity.saner import decode
from streams.collecting.decoding import Accepted, Refused, UnreadableFeed
from tests.feeds.capacity_examples import (
    NANTES,
    PAYS_DE_LA_LOIRE,
    Item,
    beds,
    bundle,
    concept,
    counts,
    damaged,
    finess_identifier,
    hold_whatever_the_bytes,
    organization,
    reason,
    stream,
)

ABSENT = {"_count": {"extension": [{"valueCode": "unsupported"}]}}


def population(code: str, count: object = None) -> dict[str, Any]:
    return {"code": concept(code, "PopulationSystem")} | (ABSENT if count is None else {"count": count})


def report(*populations: dict[str, Any], **members: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    return {
        "resourceType": "MeasureReport",
        "status": "complete",
        "subject": {"identifier": finess_identifier(), "display": "MARTIN"},
        "date": "2026-01-14T08:00:00+01:00",
        "group": [{"code": concept("Beds"), "population": list(populations)}],
    } | members


REPORT = report(
    population("numTotBeds", 500),
    population("numbeds", 400),
    population("numBedsOcc"),
    population("numICUBeds", 20),
    population("numICUBedsOcc", 18),
    population("numVent", 30),
)


def read(document: object, directory: Directory | None = None) -> list[Item]:
    return list(decode(stream(document), "saner.json", PAYS_DE_LA_LOIRE, directory or Directory()).items)


def test_each_code_is_read_at_its_definition() -> None:
    items = read(REPORT)
    assert [(beds(each).bed_kind, counts(each)) for each in items] == [
        ("total", {"installed": 500}),
        ("hospitalisation", {"installed": 400}),
        ("rea", {"staffed": 20, "occupied": 18}),
    ]
    assert {(beds(each).finess, beds(each).departement) for each in items} == {(NANTES, "44")}
    assert {beds(each).updated_at for each in items} == {datetime(2026, 1, 14, 7, tzinfo=UTC)}
    assert len({each.key for each in items if isinstance(each, Accepted)}) == 3


def test_a_report_about_a_territory_is_refused() -> None:
    (refused,) = read(report(population("numICUBeds", 3), subject={"identifier": {"system": "census", "value": "34"}}))
    assert "unknown establishment" in reason(refused)
    assert "MARTIN" not in reason(refused)


def test_the_samples_are_about_a_state_and_refused(shared_data: Path) -> None:
    samples = sorted((shared_data / "saner").glob("MeasureReport-*.json"))
    assert samples
    for sample in samples:
        (refused,) = read(sample.read_bytes())
        assert "unknown establishment" in reason(refused)
        about_nantes = json.loads(sample.read_bytes()) | {"subject": {"identifier": finess_identifier()}}
        assert [counts(each) for each in read(about_nantes)] == [
            {"installed": 20000}, {"installed": 15000}, {"staffed": 2500}
        ]  # fmt: skip


def test_the_subject_may_be_a_reference() -> None:
    referring = report(population("numICUBeds", 3), subject={"reference": "Organization/1"})
    assert beds(read(bundle(referring, organization()))[0]).finess == NANTES
    assert beds(read(referring, Directory(finess={"Organization/1": NANTES}))[0]).finess == NANTES
    assert "unknown establishment" in reason(read(referring)[0])


def test_an_absent_count_is_unknown() -> None:
    (item,) = read(report(population("numICUBedsOcc"), population("numICUBeds", 0)))
    assert counts(item) == {"staffed": 0}
    (nothing,) = read(report(population("numICUBeds")))
    assert isinstance(nothing, Accepted)
    assert nothing.flags == ("aucun_nombre",)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (report(), "no count of beds"),
        (report(population("numVent", 3)), "no count of beds"),
        (report(population("numICUBeds", -1)), "beds_staffed"),
        (report(population("numICUBeds", 1.5)), "beds_staffed"),
        (report(population("numICUBeds", 10**30)), "beds_staffed"),
        (report(population("numICUBeds", 3), population("numICUBeds", 4)), "two different counts"),
        (report(population("numICUBeds", 3), status="error"), "in error"),
        (report(population("numICUBeds", 3), date=None), "date"),
        (report(population("numICUBeds", 3), date="2026-02-30"), "calendar"),
    ],
)
def test_a_report_that_cannot_be_read_is_refused(document: object, why: str) -> None:
    refused, kept = read(bundle(document, report(population("numICUBeds", 3))))
    assert why in reason(refused)
    assert isinstance(refused, Refused)
    assert refused.position == 1
    assert counts(kept) == {"staffed": 3}


def test_a_day_without_hour_is_flagged() -> None:
    (item,) = read(report(population("numICUBeds", 3), date="2026-01-14"))
    assert isinstance(item, Accepted)
    assert (item.flags, item.occurred_at) == (("heure_absente",), datetime(2026, 1, 13, 23, tzinfo=UTC))


@pytest.mark.parametrize("document", [[], {}, organization(), "text"])
def test_another_document_is_refused_whole(document: object) -> None:
    with pytest.raises(UnreadableFeed, match=r"saner\.json:1: neither a FHIR MeasureReport"):
        read(document)


def test_the_guide_tells_every_code(repository: Path) -> None:
    guide = (repository / "docs" / "flux-capacite.md").read_text("utf-8").lower()
    assert all(f"| `{code}` | `{kind}` |" in guide for code, (kind, _) in SANER_BEDS.items())


@given(damaged(json.dumps(bundle(REPORT, organization(), report(population("numBeds", 3)))).encode()))
def test_damage_never_breaks_a_report(content: bytes) -> None:
    hold_whatever_the_bytes(decode, content)
