"""The published contracts are those of the code: same files, sound schemas, and the same refusals as the types."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from alerts import effect_codec
from alerts.effects import EFFECT_TYPES, AlertRaised
from streams import messages
from streams.adapters.contract_files import contract_files, write_contracts
from streams.collecting.decoding import Window
from streams.collecting.receipts import Receipt
from streams.contracts import DIALECT, identifier
from streams.entry import Entry, Status, canonical
from streams.messages import TYPE_OF_KIND
from streams.messages.signals import SignalSanitaire
from tests.core.builders import BRIEF, T0
from tests.feeds.contract_validators import META, complaints, kinds_of, published

AT = datetime(2026, 1, 14, 7, 12, tzinfo=UTC)


MADE = contract_files()


@pytest.mark.parametrize("name", MADE)
def test_the_committed_file_is_what_the_code_publishes(name: str, repository: Path) -> None:
    committed = (repository / "docs" / name).read_bytes()
    assert committed == MADE[name].encode(), "run python -m streams.adapters.contract_files docs"


def test_no_other_schema_is_committed(repository: Path) -> None:
    committed = {f"schemas/{file.name}" for file in (repository / "docs" / "schemas").glob("*.json")}
    assert committed == MADE.keys() - {"asyncapi.yaml", "openapi.yaml"}


def test_writing_removes_what_is_no_longer_published(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "gone.json").write_text("{}", encoding="utf-8")
    write_contracts(tmp_path)
    written = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()}
    assert written == MADE.keys()


def test_every_kind_has_its_schema() -> None:
    assert published().keys() == {*TYPE_OF_KIND, "draft", "entry", "effect", "receipt"}
    assert {published()[kind]["$id"] for kind in TYPE_OF_KIND} == {
        f"urn:vigie:message:{kind}:1" for kind in TYPE_OF_KIND
    }


@pytest.mark.parametrize("name", published())
def test_a_schema_is_sound_and_says_what_it_is(name: str) -> None:
    schema = published()[name]
    assert list(META.iter_errors(schema)) == []
    assert schema["$schema"] == DIALECT
    assert schema["title"]
    assert not schema["description"].startswith(f"{schema['title']}("), "the class has no docstring"


def entry(kind: str = "signal.sanitaire", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    signal = SignalSanitaire("s1", "intoxication", "DEP-49", "CO", "CAPTV")
    whole = Entry(1, AT, AT, Status.ACTUAL, "52", kind, messages.encode(signal)[1])
    return {**msgspec.json.decode(canonical(whole)), **changes}


def test_an_entry_is_held_to_the_schema_of_its_kind() -> None:
    assert complaints("entry", entry()) == []
    assert complaints("entry", entry(kind="rpu.removed"))
    assert complaints("entry", entry(kind="rpu.unknown"))


@pytest.mark.parametrize(
    "change", [{"seq": 0}, {"status": "drill"}, {"recorded_at": "2026-01-14T07:12:00"}, {"added": 1}, {"payload": "x"}]
)
def test_an_entry_that_the_journal_never_wrote_is_refused(change: dict[str, Any]) -> None:
    assert complaints("entry", entry(**change))


def test_a_draft_lacks_the_number_and_the_date() -> None:
    whole = entry()
    draft = {name: value for name, value in whole.items() if name not in {"seq", "recorded_at"}}
    assert complaints("draft", draft) == []
    assert complaints("draft", whole)


PASSAGE = {"key": "k", "finess": "440000271", "departement": "44", "entered_at": "2026-01-14T07:12:00Z"}


@pytest.mark.parametrize(
    "change",
    [
        {"finess": "44000027"},
        {"departement": "99"},
        {"departement": "9A"},
        {"entered_at": "2026-01-14T07:12:00"},
        {"entered_at": "2026-02-30T07:12:00Z"},
        {"ccmu": "6"},
        {"age_class": "130"},
        {"diagnosis_cim10": "grippe"},
        {"associated_cim10": "J181"},
        {"sex": 1},
    ],
)
def test_the_schema_and_the_type_refuse_the_same_visit(change: dict[str, Any]) -> None:
    assert complaints("rpu.passage", PASSAGE) == []
    messages.parse("rpu.passage", json.dumps(PASSAGE).encode())
    payload = PASSAGE | change
    is_refused = bool(complaints("rpu.passage", payload))
    try:
        messages.parse("rpu.passage", json.dumps(payload).encode())
    except ValidationError:
        assert is_refused
    else:
        assert not is_refused


def test_every_effect_is_in_the_schema_under_its_kind() -> None:
    assert kinds_of(published()["effect"]) == list(EFFECT_TYPES)


def test_an_effect_is_held_to_its_kind() -> None:
    raised = AlertRaised(id="i", at=T0, status="actual", brief=BRIEF, episode=1)
    written = msgspec.json.decode(effect_codec.encode(raised))
    assert complaints("effect", written) == []
    assert complaints("effect", written | {"kind": "notify"})
    assert complaints("effect", {name: value for name, value in written.items() if name != "kind"})


def test_a_receipt_as_it_is_kept_follows_its_schema() -> None:
    receipt = Receipt(
        id="i",
        region="52",
        received_at=AT,
        name="rpu.xml",
        sha256="00",
        extracted_at=AT,
        window=Window(date(2026, 1, 8), date(2026, 1, 14)),
        received=3,
        accepted=2,
        duplicates=1,
        flags={"gravite_absente": 1},
    )
    kept = msgspec.json.decode(msgspec.json.encode(receipt))
    assert complaints("receipt", kept) == []
    assert complaints("receipt", kept | {"received": "3"})


def test_the_example_of_the_guide_runs(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (repository / "docs" / "schemas" / "README.md").read_text(encoding="utf-8")
    example = guide.partition("```python\n")[2].partition("```")[0]
    monkeypatch.chdir(repository)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - the guide's own example
    assert list(names["entry"].iter_errors(entry())) == []
    assert list(names["entry"].iter_errors(entry(kind="rpu.removed")))


def test_the_guide_names_every_identifier(repository: Path) -> None:
    guide = (repository / "docs" / "schemas" / "README.md").read_text(encoding="utf-8")
    named = [identifier("message", "<kind>"), *(published()[name]["$id"] for name in published() if "." not in name)]
    assert [id_ for id_ in named if f"`{id_}`" not in guide] == []
