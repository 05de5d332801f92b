"""What a region remembers of its contacts, and whose tableau it takes."""

from dataclasses import replace

import pytest

from alerts.contact_proofs import ContactProof
from streams import engine
from streams.entry import Status
from streams.messages.contacts import ContactTested, ContactVerified
from streams.messages.reference import RosterVersion
from tests.core.builders import HOUR, T0, journal, roster, run

HERE, THERE = "0f" * 32, "f0" * 32
VERIFIED = ContactVerified("claire.martin/sms", HERE, "code returned")


def tried(outcome: str = "sent", digest: str = HERE) -> ContactTested:
    return ContactTested("claire.martin/sms", digest, "sent" if outcome == "sent" else "failed")


def test_the_latest_proof_of_a_contact_is_kept_for_its_address() -> None:
    played = run(journal((T0, VERIFIED), (T0 + HOUR, tried()), (T0 + 2 * HOUR, tried("failed"))))
    assert played.fold.state.contacts == {"claire.martin/sms": ContactProof(HERE, T0, T0 + HOUR)}
    moved = run(journal((T0, VERIFIED), (T0 + HOUR, tried(digest=THERE))))
    assert moved.fold.state.contacts == {"claire.martin/sms": ContactProof(THERE, None, T0 + HOUR)}


def test_a_proof_is_in_the_snapshot() -> None:
    fold = run(journal((T0, VERIFIED))).fold
    assert engine.restore(engine.snapshot(fold)).state.contacts == fold.state.contacts != {}


@pytest.mark.parametrize("message", [VERIFIED, tried()])
def test_an_exercise_proves_no_contact(message: ContactVerified | ContactTested) -> None:
    played = run(journal((T0, Status.EXERCISE, message)))
    assert "by actual entries only" in played.of("entry_rejected")[0].reason
    assert played.fold.state.contacts == {}


def test_a_tableau_of_another_region_is_not_taken() -> None:
    foreign = replace(roster(), region="53")
    played = run(journal((T0, RosterVersion(foreign.sha256, foreign.content))))
    assert [effect.reason for effect in played.of("entry_rejected")] == ["the roster is of région 53"]
    assert played.fold.roster is None
