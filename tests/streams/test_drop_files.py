"""Dropped files: every kind of message is read, and whatever else is refused with its file and line."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orsan_plans.adapters.plan_files import shipped_catalogue
from streams import messages
from streams.adapters.dropped_files import UnreadableDrop, read_dropped
from streams.entry import Draft, Status
from streams.messages import Message
from streams.messages.capacity import BedCapacity, RegulationActivity, SmurIntervention
from streams.messages.contacts import ContactTested, ContactVerified
from streams.messages.decisions import Acknowledge, DecideVolet, ReleveAcknowledged
from streams.messages.deliveries import DeliveryProof, DeliveryReport, LinkRefused, ProofStep, TextsErased
from streams.messages.exercises import ExerciseClosed, ExerciseOpened
from streams.messages.feeds import DailyFigures, FeedReceived, MonitorProbe, QuarantineDropped
from streams.messages.quiet import MaintenancePlanned, SilenceLifted, SilenceSet
from streams.messages.reference import (
    Etablissement,
    EtablissementList,
    PlanCatalogue,
    PlanDocument,
    ReferenceBeds,
    RosterVersion,
)
from streams.messages.signals import QualifySignal, SignalSanitaire
from streams.messages.visits import PassageCorrected, PassageRemoved, PassageRPU
from streams.monitor import Monitor
from streams.testing import EPOCH, MemoryJournal
from vigie.past import catalogue_message

ONE_OF_EACH: tuple[Message, ...] = (
    catalogue_message(shipped_catalogue()),
    RosterVersion("0" * 64, {"title": "Essai"}),
    EtablissementList((Etablissement("440000271", "CHU", "44"),)),
    ReferenceBeds("DEP-44", "SAE", {"rea": 77, "sc": None}),
    DailyFigures("sursaud", "DEP-44", date(2026, 1, 13), {"passages": 10}),
    PassageRPU("k", "440000271", "44", EPOCH),
    BedCapacity("440000271", "44", "rea", EPOCH, beds_available=3),
    SignalSanitaire("s", "accident_collectif", "DEP-44", "Accident", "SAMU"),
    Acknowledge("alert", "Claire"),
    DecideVolet("AMAVI", "DEP-44", "activer", "DG", "afflux"),
    DeliveryReport("notification", "sent", 1),
    PassageCorrected(PassageRPU("k", "440000271", "44", EPOCH), PassageRPU("k", "440000271", "44", EPOCH, ccmu="2")),
    PassageRemoved(PassageRPU("k", "440000271", "44", EPOCH)),
    RegulationActivity("DEP-44", EPOCH, EPOCH, "SAMU 44", calls=3),
    SmurIntervention("k", "44", EPOCH),
    QualifySignal("s", "retenu", "Veille"),
    QuarantineDropped(1, "doublon", "Claire"),
    FeedReceived("rpu", "ETAB-440000271", EPOCH),
    SilenceSet("s1", EPOCH, "Claire", "travaux", volet="AMAVI"),
    SilenceLifted("s1", "Claire", "fini"),
    MaintenancePlanned("m1", "rpu", "ETAB-440000271", EPOCH, EPOCH, "Claire", "migration"),
    DeliveryProof("notification", ProofStep.READ, EPOCH),
    MonitorProbe("essai"),
    ExerciseOpened("2026-1", "Exercice", "ORSAN AMAVI", ("claire",), EPOCH, EPOCH, "Anne"),
    ExerciseClosed("2026-1", "Anne"),
    TextsErased(EPOCH, 3, "0" * 64, "Anne", "règle"),
    ContactVerified("claire/sms", "0" * 64, "code"),
    ContactTested("claire/sms", "0" * 64, "sent"),
    LinkRefused("forged"),
    ReleveAcknowledged("cadre", "Claire"),
)
SIGNAL = messages.encode(ONE_OF_EACH[7])[1].decode()


def test_every_kind_is_here() -> None:
    assert {type(message) for message in ONE_OF_EACH} == set(messages.KIND_OF_TYPE)


def read(folder: Path, data: str | bytes, name: str = "d.jsonl") -> tuple[Draft, ...]:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_dropped(path, "52")


def refusal(folder: Path, data: str | bytes, name: str = "d.jsonl") -> str:
    with pytest.raises(UnreadableDrop) as refused:
        read(folder, data, name)
    return str(refused.value)


def wrap(payload: str, kind: str = "signal.sanitaire", occurred_at: str = "2026-01-14T08:00:00+01:00") -> str:
    return f'{{"kind":"{kind}","occurred_at":"{occurred_at}","payload":{payload}}}'


@pytest.mark.parametrize("message", ONE_OF_EACH, ids=lambda message: type(message).__name__)
def test_every_kind_of_message_is_read_as_it_was_written(tmp_path: Path, message: Message) -> None:
    kind, payload = messages.encode(message)
    (draft,) = read(tmp_path, wrap(payload.decode(), kind))
    assert draft == Draft(EPOCH, Status.ACTUAL, "52", kind, payload)
    assert messages.decode(draft.kind, draft.payload) == message


def test_lines_keep_their_order_blank_ones_are_nothing_and_the_status_is_kept(tmp_path: Path) -> None:
    exercise = wrap(SIGNAL).replace('{"kind"', '{"status":"exercise","kind"', 1)
    drafts = read(tmp_path, f"{wrap(SIGNAL)}\r\n\r\n{exercise}\n")
    assert [draft.status for draft in drafts] == [Status.ACTUAL, Status.EXERCISE]
    assert read(tmp_path, b"") == ()


@pytest.mark.parametrize("written", ["2026-01-14T08:00:00+01:00", "2026-01-14T07:00:00Z", "2026-01-13T21:00:00-10:00"])
def test_instants_of_any_offset_are_journaled_in_utc(tmp_path: Path, written: str) -> None:
    drafts = read(tmp_path, wrap(SIGNAL, occurred_at=written))
    assert drafts[0].occurred_at.tzinfo is UTC
    journal = MemoryJournal()
    Monitor(journal).append(drafts, EPOCH)
    assert next(journal.entries("52")).occurred_at == EPOCH


HOSTILE = {
    "null": "null",
    "a list": "[]",
    "no payload": '{"kind":"signal.sanitaire","occurred_at":"2026-01-14T08:00:00Z"}',
    "half a line": wrap(SIGNAL)[:-10],
    "two values": wrap(SIGNAL) * 2,
    "deep": "[" * 100_000,
    "deep payload": wrap("[" * 100_000 + "]" * 100_000),
    "deep unknown key": '{"x":' + "[" * 100_000 + "]" * 100_000 + "}",
    "huge count": wrap(
        '{"feed":"sursaud","territory":"DEP-44","day":"2026-01-13","figures":{"passages":' + "9" * 400 + "}}",
        "daily.figures",
    ),
    "negative count": wrap('{"territory":"DEP-44","source":"s","beds":{"rea":-1}}', "reference.beds"),
    "infinite": wrap('{"territory":"DEP-44","source":"s","beds":{"rea":1e999}}', "reference.beds"),
    "nan": wrap('{"territory":"DEP-44","source":"s","beds":{"rea":NaN}}', "reference.beds"),
    "lone surrogate": wrap(SIGNAL.replace("Accident", "\\ud800")),
    "not UTF-8": wrap(SIGNAL).encode().replace(b"Accident", b"\xff"),
    "UTF-16": wrap(SIGNAL).encode("utf-16"),
    "unknown kind": wrap(SIGNAL, "signal.\\u0000"),
    "unknown status": wrap(SIGNAL).replace('{"kind"', '{"status":"secret","kind"', 1),
    "unknown territory": wrap(SIGNAL.replace("DEP-44", "DEP-4444")),
    "no time zone": wrap(SIGNAL, occurred_at="2026-01-14T08:00:00"),
    "before all years": wrap(SIGNAL, occurred_at="0001-01-01T00:00:00+14:00"),
    "after all years": wrap(SIGNAL, occurred_at="9999-12-31T23:59:59-14:00"),
    "ends after all years": wrap(SIGNAL.replace('"ends_at":null', '"ends_at":"9999-12-31T23:59:59-14:00"')),
    "a day of no calendar": wrap('{"feed":"f","territory":"DEP-44","day":"2026-02-30","figures":{}}', "daily.figures"),
    "a name that is far too long": wrap(SIGNAL.replace("Accident", "x" * 100_000)),
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_refuses_the_whole_file_and_names_it(tmp_path: Path, line: str | bytes) -> None:
    data = line if isinstance(line, bytes) else line.encode()
    reason = refusal(tmp_path, f"{wrap(SIGNAL)}\n".encode() + data)
    assert reason.startswith("d.jsonl:2: ")
    assert len(reason) > len("d.jsonl:2: ") + 10
    assert len(reason) < 2000


BORN = "né le 3 mai 1950"


@pytest.mark.parametrize(
    "line",
    [
        wrap(json.dumps({"key": "k", "finess": "440000271", "departement": "44", "entered_at": BORN}), "rpu.passage"),
        wrap(json.dumps({"territory": "DEP-44", "source": "s", "beds": {BORN: -1}}), "reference.beds"),
        wrap(SIGNAL.replace("DEP-44", BORN)),
        wrap(SIGNAL, kind=BORN),
        wrap(SIGNAL, occurred_at=BORN),
        wrap(SIGNAL).replace('{"kind"', f'{{"status":"{BORN}","kind"', 1),
        f'{{"{BORN}": 1}}',
        BORN,
    ],
    ids=["value", "key", "territory", "kind", "instant", "status", "no message", "no JSON"],
)
def test_a_refusal_does_not_repeat_what_the_record_holds(tmp_path: Path, line: str) -> None:
    assert "1950" not in refusal(tmp_path, line)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data(), index=st.integers(0, len(ONE_OF_EACH) - 1))
def test_whatever_is_accepted_can_be_journaled(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, index: int
) -> None:
    kind, payload = messages.encode(ONE_OF_EACH[index])
    fields: dict[str, Any] = msgspec.json.decode(payload)
    key = data.draw(st.sampled_from(sorted(fields)))
    instants = st.datetimes(timezones=st.timezones()).map(datetime.isoformat)
    fields[key] = data.draw(anything | instants | st.sampled_from(["DEP-44", "REG-52", "FR", "ETAB-440000271"]))
    line = wrap(json.dumps(fields), kind, data.draw(instants))
    try:
        drafts = read(tmp_path_factory.getbasetemp(), line.encode("utf-8", "surrogatepass"))
    except UnreadableDrop as refused:
        assert str(refused).startswith("d.jsonl:1: ")  # noqa: PT017 - either end is right, both are checked
        return
    monitor = Monitor(MemoryJournal())
    monitor.append([Draft(EPOCH, Status.ACTUAL, "52", *messages.encode(ONE_OF_EACH[0]))], EPOCH)
    monitor.append(drafts, EPOCH)
    assert monitor.journal.head("52").seq == 2


def test_a_catalogue_of_nonsense_is_read_and_left_to_the_fold_to_reject(tmp_path: Path) -> None:
    nonsense = PlanCatalogue("x", (PlanDocument("a", {"plan": 10**30}),))
    payload = json.dumps({"sha256": "x", "documents": [{"name": "a", "content": {"plan": 10**30}}]})
    drafts = read(tmp_path, wrap(payload, "plans.catalogue"))
    assert messages.decode(drafts[0].kind, drafts[0].payload).sha256 == nonsense.sha256  # type: ignore[union-attr]
    (effect,) = Monitor(MemoryJournal()).append(drafts, EPOCH)
    assert "the plan catalogue cannot be read" in getattr(effect, "reason", "")
