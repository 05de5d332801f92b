"""`vigie ack` and `vigie decide`: what a person says is left for the monitor, as they said it."""

from pathlib import Path

import pytest

from alerts.answers import AnswerDecision
from streams import messages
from streams.adapters.dropped_files import read_dropped
from streams.messages import Message
from streams.messages.decisions import Acknowledge, DecideVolet
from tests.vigie.monitored import vigie


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    path = tmp_path / "depot"
    path.mkdir()
    return path


def left(drop: Path) -> list[Message]:
    drafts = [draft for file in sorted(drop.glob("*.jsonl")) for draft in read_dropped(file, "52")]
    return [messages.decode(draft.kind, draft.payload) for draft in drafts]


def test_an_answer_takes_the_alert_unless_it_says_otherwise(drop: Path) -> None:
    assert vigie("ack", "a-1", "--by", "Claire", "--drop", drop).exit_code == 0
    assert left(drop) == [Acknowledge("a-1", "Claire", "vigie ack")]


@pytest.mark.parametrize("decision", AnswerDecision)
def test_an_answer_says_what_the_person_decides(drop: Path, decision: AnswerDecision) -> None:
    words = ("--decision", decision.value, "--reason", "Au volant", "--person", "claire.martin")
    assert vigie("ack", "a-1", "--by", "Claire", *words, "--drop", drop).exit_code == 0
    assert left(drop) == [Acknowledge("a-1", "Claire", "vigie ack", decision, "Au volant", "claire.martin")]


def test_a_decision_that_does_not_exist_is_refused_and_leaves_nothing(drop: Path) -> None:
    done = vigie("ack", "a-1", "--by", "Claire", "--decision", "ignorer", "--drop", drop)
    assert done.exit_code == 2
    assert "transmettre" in done.output
    assert left(drop) == []


@pytest.mark.parametrize("decision", ["proposer", "activer", "lever"])
def test_a_volet_is_proposed_activated_or_lifted(drop: Path, decision: str) -> None:
    words = ("AMAVI", "DEP-44", "--author", "Claire", "--reason", "Afflux", "--drop", drop)
    assert vigie("decide", decision, *words).exit_code == 0
    [said] = left(drop)
    assert said == messages.parse("decision.volet", messages.encode(said)[1])
    assert isinstance(said, DecideVolet)
    assert (said.decision, said.volet, said.author) == (decision, "AMAVI", "Claire")
