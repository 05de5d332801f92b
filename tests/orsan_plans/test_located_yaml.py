"""What the YAML reader accepts, and where it says that a mistake is."""

import re
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from orsan_plans.adapters.located_yaml import (
    MAX_BYTES,
    MAX_DEPTH,
    DocumentError,
    load_document,
    parse_document,
    validate,
)

FILE = Path("plan.yaml")


def refusal(data: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        parse_document(FILE, data)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("oui", "oui"),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("09", "09"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("12:30", "12:30"),
        ("2020-02-30", "2020-02-30"),
        ("6,5", "6,5"),
        ("6.5", 6.5),
        ("-3", -3),
        ("0", 0),
        ("'3'", "3"),
        ("~", None),
        ("null", None),
        ("", None),
        ("1234567890123456789", "1234567890123456789"),
        ("<<", "<<"),
    ],
)
def test_plain_values_hold_no_surprise(written: str, read: object) -> None:
    assert parse_document(FILE, f"clé: {written}\n".encode()).content == {"clé": read}


def test_keys_are_always_text() -> None:
    assert parse_document(FILE, b"2020: a\ntrue: b\n").content == {"2020": "a", "true": "b"}


def test_every_key_and_item_knows_its_line() -> None:
    document = parse_document(FILE, b"# title\na: 1\nb:\n  - c: 2\n    d: [3,\n      4]\n")
    expected = {
        (): 2,
        ("a",): 2,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 0, "c"): 4,
        ("b", 0, "d"): 5,
        ("b", 0, "d", 0): 5,
        ("b", 0, "d", 1): 6,
    }
    assert document.lines == expected


def test_a_byte_order_mark_is_not_text() -> None:
    assert parse_document(FILE, b"\xef\xbb\xbfa: 1\n").content == {"a": 1}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: 1\nb: &x 2\n", "plan.yaml:2: b: anchors (&) and aliases (*) are not accepted"),
        (b"a: 1\nb: *x\n", "plan.yaml:2: b: anchors (&) and aliases (*) are not accepted"),
        (b"a: 1\nb: !!python/object:os.system 2\n", "plan.yaml:2: b: tags (!) are not accepted"),
        (b"a: !!int '3'\n", "plan.yaml:1: a: tags (!) are not accepted"),
        (b"a: 1\nb: 2\na: 3\n", "plan.yaml:3: a: this key is already given on line 1"),
        (b"a:\n  b: 1\n  b: 2\n", "plan.yaml:3: a.b: this key is already given on line 2"),
        (b"a: 1\n---\nb: 2\n", "plan.yaml:2: a second document starts here"),
        (b"", "plan.yaml:1: the file is empty"),
        (b"# nothing\n", "plan.yaml:1: the file is empty"),
        (b"a: 1\nb: caf\xe9\n", "plan.yaml:2: this is not UTF-8 text"),
        (b"a: 1\nb: \x07\n", "plan.yaml:2: a control character cannot be used"),
        (b"a:\n\tb: 1\n", "plan.yaml:2: not readable as YAML: a tab cannot be used here"),
        (b"a: b: c\n", "plan.yaml:1: not readable as YAML: a colon is not expected here"),
        (b"a: [1\n", "not readable as YAML: while parsing a flow sequence expected ',' or ']'"),
        (b"? [a]\n: 1\n", "plan.yaml:1: a key must be a word"),
        (b"a: 1\nb: " + b"[" * (MAX_DEPTH + 1), f"plan.yaml:2: b[1][1]: nested more than {MAX_DEPTH}"),
        (b"a" * (MAX_BYTES + 1), f"plan.yaml:1: larger than {MAX_BYTES:,} bytes"),
    ],
)
def test_what_is_outside_the_subset_is_refused_where_it_stands(data: bytes, message: str) -> None:
    assert message in refusal(data)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document_or_one_located_refusal(data: bytes) -> None:
    refused: tuple[str, ...] = ()
    try:
        parse_document(FILE, data)
    except DocumentError as error:
        refused = error.lines
    assert all(re.match(r"plan\.yaml:[1-9]", line) for line in refused)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "absent.yaml"
    with pytest.raises(DocumentError, match=r"absent\.yaml: cannot be read: No such file"):
        load_document(path)


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")
    nom: str
    age: StrictInt = 0


class Team(BaseModel):
    model_config = ConfigDict(extra="forbid")
    personnes: Annotated[tuple[Person, ...], Field(min_length=1)]
    est_active: StrictBool = True


def mistakes(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        validate(parse_document(FILE, text.encode()), Team)
    return list(caught.value.lines)


def test_a_valid_document_becomes_the_model() -> None:
    team = validate(parse_document(FILE, b"personnes:\n  - nom: Ana\n"), Team)
    assert team == Team(personnes=(Person(nom="Ana"),))


def test_each_mistake_has_its_own_line() -> None:
    text = "personnes:\n  - nom: 3\n  - age: vieux\n    nmo: Ana\nest_active: oui\n"
    assert mistakes(text) == [
        "plan.yaml:2: personnes[1].nom: expected text, got 3; put it between quotes",
        "plan.yaml:3: personnes[2].nom: this key is required",
        "plan.yaml:3: personnes[2].age: expected a whole number, got 'vieux'",
        "plan.yaml:4: personnes[2].nmo: unknown key; did you mean 'nom'?",
        "plan.yaml:5: est_active: expected true or false, got 'oui'",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("personnes: []\n", "plan.yaml:1: personnes: needs at least 1 of them, got 0"),
        ("personnes: Ana\n", "plan.yaml:1: personnes: expected a list, got 'Ana'"),
        ("personnes:\n  - Ana\n", "plan.yaml:2: personnes[1]: expected a group of keys, got 'Ana'"),
        ("- a\n", "plan.yaml:1: expected a group of keys, got a list"),
        (
            "personnes: [{nom: Ana, zzz: 1}]\n",
            "plan.yaml:1: personnes[1].zzz: unknown key (accepted here: age, nom)",
        ),
        (
            "personnes: [{nom: Ana, age: 6,5}]\n",
            (
                "plan.yaml:1: personnes[1].5: unknown key; a decimal comma between braces must be between quotes, "
                "such as '6,5'"
            ),
        ),
    ],
)
def test_pydantic_errors_are_said_plainly(text: str, line: str) -> None:
    assert mistakes(text) == [line]
