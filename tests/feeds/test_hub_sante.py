import copy
import io
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.collecting.decoding import Accepted, Context, Refused, UnreadableFeed
from streams.entry import Status
from streams.messages import encode
from streams.messages.capacity import SmurIntervention
from streams.signals.hub_messages import Envelope, ErrorCode, departement_of, error_reply
from streams.signals.hub_sante import decode
from tests.feeds.hub_sante_examples import RPIS, envelope
from tests.feeds.signal_builders import PDL, damaged, one, read, refusal

IDENTITIES = re.compile(r"1951|IDENTIFIANT|44109|44162|patient|birth", re.IGNORECASE)


def summary(**context: Any) -> dict[str, Any]:  # noqa: ANN401 - any member
    return {"rpis": {**RPIS, "context": {**RPIS["context"], **context}}}


def intervention(accepted: Accepted) -> SmurIntervention:
    assert isinstance(accepted.message, SmurIntervention)
    return accepted.message


def test_a_summary_becomes_an_intervention() -> None:
    accepted = one(read(decode, envelope(summary())))
    found = intervention(accepted)
    assert (found.departement, found.finess, found.destination_finess) == ("44", "440000289", "440000271")
    assert found.decided_at == accepted.occurred_at == datetime(2026, 1, 14, 7, 19, tzinfo=UTC)
    assert accepted.status is Status.ACTUAL
    assert accepted.flags == ()


def test_nothing_of_the_patient_the_case_or_the_place_remains() -> None:
    accepted = one(read(decode, envelope(summary())))
    left = repr(accepted) + encode(accepted.message)[1].decode()
    assert not IDENTITIES.search(left)
    assert "DRFR" not in left


@pytest.mark.parametrize(
    "body",
    [summary(decisionDate="hier"), summary(orgId="fr.health.sis044"), {**summary(), "status": "Réel"}],
    ids=["date", "organisation", "status"],
)
def test_a_refused_summary_keeps_only_what_would_have_been_read(body: dict[str, Any]) -> None:
    (refused,) = read(decode, envelope(body))
    assert isinstance(refused, Refused)
    assert not IDENTITIES.search(refused.raw.decode() + refused.reason)
    (again,) = read(decode, refused.raw)
    assert again == refused, "what is kept is a message that can be read again"


def test_samples_name_no_one(shared_data: Path) -> None:
    samples = sorted((shared_data / "hubsante").glob("RS-RPIS_*.json"))
    assert samples
    for sample in samples:
        body = json.loads(sample.read_text(encoding="utf-8"))
        patient, place = body["rpis"]["patient"], body["rpis"]["intervention"]["location"]["detailedAddress"]
        seeded = [patient["birthDate"], patient["patientId"], patient["residentialAddress"]["inseeCode"]]
        seeded += [place["city"], place["inseeCode"], body["rpis"]["context"]["senderCaseId"]]
        region = "11" if "samu750" in body["rpis"]["context"]["orgId"] else "52"
        accepted = one(read(decode, envelope(body), Context(region, PDL.received_at)))
        left = repr(accepted) + encode(accepted.message)[1].decode()
        assert not [identity for identity in seeded if identity in left]
        assert isinstance(read(decode, envelope(body), Context("94", PDL.received_at))[0], Refused)


def test_every_other_type_is_refused_without_its_content(shared_data: Path) -> None:
    others = [
        path for path in sorted((shared_data / "hubsante").glob("R?-*_*.json")) if not path.name.startswith("RS-RPIS")
    ]
    assert others
    for path in others:
        (refused,) = read(decode, envelope(json.loads(path.read_text(encoding="utf-8"))))
        assert refused == Refused(1, b"", "type not collected: only SMUR summaries (RS-RPIS) are")


@pytest.mark.parametrize("kind", ["Cancel", "Ack", "Error"])
def test_other_kinds_of_distribution_are_not_collected(kind: str) -> None:
    assert refusal(read(decode, envelope(summary(), distributionKind=kind))).startswith("distributionKind")


@pytest.mark.parametrize(
    ("outer", "inner", "status"),
    [
        ("Actual", None, Status.ACTUAL),
        ("Actual", "Actual", Status.ACTUAL),
        ("Exercise", None, Status.EXERCISE),
        ("Exercise", "Actual", Status.EXERCISE),
        ("Actual", "Exercise", Status.EXERCISE),
        ("Actual", "System", Status.TEST),
    ],
)
def test_an_exercise_is_one_whoever_says_so(outer: str, inner: str | None, status: Status) -> None:
    body = summary() if inner is None else {**summary(), "status": inner}
    assert one(read(decode, envelope(body, distributionStatus=outer))).status is status


@given(st.text(max_size=10), st.none() | st.text(max_size=10) | st.integers())
def test_only_actual_is_real(outer: str, inner: Any) -> None:  # noqa: ANN401 - any JSON
    try:
        (item,) = read(decode, envelope({**summary(), "status": inner}, distributionStatus=outer))
    except UnreadableFeed:
        return
    real = isinstance(item, Accepted) and item.status is Status.ACTUAL
    assert real is (outer == "Actual" and inner in {None, "Actual"})


def test_the_key_is_a_pseudonym_of_the_case() -> None:
    def pseudonym(identity: str, day: date) -> str:
        assert day == date(2026, 1, 14)
        return f"k1.{len(identity)}"

    assert intervention(one(read(decode, envelope(summary()), pseudonym=pseudonym))).key.startswith("k1.")
    plain, other, exercise = (
        one(read(decode, written))
        for written in (
            envelope(summary()),
            envelope(summary(senderCaseId="DRFR154400000000002")),
            envelope(summary(), distributionStatus="Exercise"),
        )
    )
    assert len(intervention(plain).key) == 64
    assert len({plain.key, other.key, exercise.key}) == 3


@pytest.mark.parametrize(
    ("organisation", "code"),
    [
        ("fr.health.samu440", "44"),
        ("fr.health.samu2A0", "2A"),
        ("fr.health.samu974", "974"),
        ("fr.health.samu78A", "78"),
    ],
)
def test_a_samu_has_its_departement(organisation: str, code: str) -> None:
    assert departement_of(organisation) == code


@pytest.mark.parametrize("organisation", ["fr.health.samu990", "fr.fire.sis044", "samu44", ""])
def test_what_is_not_a_samu_has_none(organisation: str) -> None:
    with pytest.raises(ValueError, match="expected a SAMU"):
        departement_of(organisation)


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        ({"orgId": "fr.health.samu310"}, "context.orgId: orgId: not in région 52"),
        ({"decisionDate": "2026-01-14T08:19:00"}, "context.decisionDate: expected an instant with its time zone"),
        ({"ressourceFinessGeo": None}, "context.ressourceFinessGeo: string type"),
    ],
)
def test_a_refusal_names_the_field(context: dict[str, Any], reason: str) -> None:
    assert refusal(read(decode, envelope(summary(**context)))).startswith(reason)


def test_a_finess_that_is_not_one_is_unknown_and_flagged() -> None:
    accepted = one(read(decode, envelope(summary(ressourceFinessGeo="44000028"))))
    assert intervention(accepted).finess is None
    assert accepted.flags == ("valeur_inconnue:ressourceFinessGeo",)


@pytest.mark.parametrize("missing", ["senderID", "distributionID", "dateTimeSent", "distributionStatus", "content"])
def test_without_its_envelope_a_message_is_unreadable(missing: str) -> None:
    written = envelope(summary())
    del written[missing]
    with pytest.raises(UnreadableFeed, match=f"not an EDXL-DE envelope: {missing}: missing") as caught:
        read(decode, written)
    assert not IDENTITIES.search(str(caught.value))


def test_an_error_reply_answers_without_repeating(shared_data: Path) -> None:
    received = Envelope.model_validate(envelope(summary(), distributionStatus="Exercise"))
    reply = error_reply(received, "context.decisionDate: missing", PDL.received_at, ErrorCode.INSUFFICIENT_DATA)
    schema = json.loads((shared_data / "hubsante" / "EDXL-DE-envelope-only.schema.json").read_text(encoding="utf-8"))
    assert set(schema["required"]) == set(reply)
    assert reply["distributionStatus"] == "Exercise"
    again: Any = json.loads(json.dumps(reply))
    message = again["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    heading = json.loads((shared_data / "hubsante" / "RC-DE.schema.json").read_text(encoding="utf-8"))
    assert set(heading["required"]) == set(message) - {"error"}
    assert re.fullmatch(heading["properties"]["sentAt"]["pattern"], message["sentAt"])
    assert message["error"] == {
        "errorCode": {"statusCode": 704, "statusString": "INSUFFICIENT_DATA"},
        "errorCause": "context.decisionDate: missing",
        "referencedDistributionID": "fr.health.samu440_2608323d",
    }
    assert again["senderID"] == "fr.health.ars52"
    assert again["descriptor"]["explicitAddress"]["explicitAddressValue"] == "fr.health.samu440"
    assert not IDENTITIES.search(json.dumps(reply))


PLACES = [
    ("content",),
    ("content", 0),
    ("content", 0, "jsonContent", "embeddedJsonContent", "message"),
    ("content", 0, "jsonContent", "embeddedJsonContent", "message", "rpis"),
    ("content", 0, "jsonContent", "embeddedJsonContent", "message", "rpis", "context"),
    ("content", 0, "jsonContent", "embeddedJsonContent", "message", "rpis", "orientation"),
    ("descriptor",),
]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(PLACES), ANY_JSON)
def test_any_shape_is_answered(place: tuple[Any, ...], value: Any) -> None:  # noqa: ANN401 - any JSON
    written: Any = copy.deepcopy(envelope(summary()))
    inside = written
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    try:
        items = read(decode, written)
    except UnreadableFeed:
        return
    assert all(isinstance(item, Accepted | Refused) for item in items)


@given(damaged(json.dumps(envelope(summary())).encode()))
def test_damage_gives_a_record_a_refusal_or_an_unreadable_file(data: bytes) -> None:
    try:
        items = list(decode(io.BytesIO(data), "essai", PDL).items)
    except UnreadableFeed:
        return
    assert all(isinstance(item, Accepted | Refused) for item in items)
