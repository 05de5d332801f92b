import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.collecting.decoding import Accepted, Refused, UnreadableFeed
from streams.entry import Status
from streams.signals.cap import decode
from tests.feeds.signal_builders import PDL, damaged, one, read, refusal, signal

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SENDER = "cap@prefecture.example"


def area(*codes: str, name: str = "INSEE_DEP") -> str:
    geocodes = "".join(f"<geocode><valueName>{name}</valueName><value>{code}</value></geocode>" for code in codes)
    return f"<area><areaDesc>zone</areaDesc>{geocodes}</area>"


def info(where: str, severity: str = "Severe", language: str = "fr-FR", **more: str) -> str:
    rest = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return (
        f"<info><language>{language}</language><category>Met</category><event>Submersion marine</event>{rest}"
        f"<urgency>Expected</urgency><severity>{severity}</severity><certainty>Likely</certainty>{where}</info>"
    )


def alert(
    *blocks: str, identifier: str = "A1", status: str = "Actual", kind: str = "Alert", references: str = ""
) -> bytes:
    known = f"<references>{references}</references>" if references else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><alert xmlns="{NAMESPACE}"><identifier>{identifier}</identifier>'
        f"<sender>{SENDER}</sender><sent>2026-01-14T09:00:00+01:00</sent><status>{status}</status>"
        f"<msgType>{kind}</msgType><scope>Public</scope>{known}{''.join(blocks)}</alert>"
    ).encode()


A1 = f"{SENDER},A1,2026-01-14T09:00:00+01:00"


def test_an_alert_becomes_a_signal_of_its_departement() -> None:
    accepted = one(read(decode, alert(info(area("44"), expires="2026-01-15T09:00:00+01:00", headline="Vagues"))))
    found = signal(accepted)
    assert (found.nature, found.territory, found.title, found.source) == ("alerte_cap", "DEP-44", "Vagues", SENDER)
    assert found.criteria == {
        "evenement": "Submersion marine",
        "categorie": "Met",
        "urgence": "Expected",
        "severite": "Severe",
        "certitude": "Likely",
    }
    assert found.ends_at == datetime(2026, 1, 15, 8, tzinfo=UTC)
    assert accepted.occurred_at == datetime(2026, 1, 14, 8, tzinfo=UTC)
    assert accepted.flags == ()


@pytest.mark.parametrize(
    ("word", "status"),
    [("Actual", Status.ACTUAL), ("Exercise", Status.EXERCISE), ("System", Status.TEST), ("Test", Status.TEST)],
)
def test_the_status_is_the_alert_s(word: str, status: Status) -> None:
    assert one(read(decode, alert(info(area("44")), status=word))).status is status


@given(st.text(st.characters(categories=("L", "N", "Zs")), max_size=12).filter(lambda word: word.strip() != "Actual"))
def test_nothing_but_actual_is_real(word: str) -> None:
    for kind in ("Alert", "Update", "Cancel"):
        items = read(decode, alert(info(area("44")), status=word, kind=kind, references=A1))
        assert items
        assert not any(isinstance(item, Accepted) and item.status is Status.ACTUAL for item in items)


def test_an_exercise_ends_nothing_real() -> None:
    asked: list[str] = []

    def is_known(_source: str, key: str) -> bool:
        asked.append(key)
        return False

    opened = one(read(decode, alert(info(area("44")))))
    read(decode, alert(status="Exercise", kind="Cancel", identifier="A2", references=A1), is_known=is_known)
    assert asked
    assert opened.key not in asked


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "Draft"}, "status: expected Actual, Exercise, System or Test (a Draft is not collected)"),
        ({"kind": "Ack"}, "msgType: expected Alert, Update or Cancel (Ack and Error are not collected)"),
        ({"identifier": ""}, "sender and identifier: an alert needs both"),
        ({"kind": "Cancel"}, "references: a Cancel names the messages it ends, as sender,identifier,sent"),
    ],
)
def test_what_is_not_collected_says_why(change: dict[str, Any], reason: str) -> None:
    assert refusal(read(decode, alert(info(area("44")), **change))) == reason


def test_an_update_opens_its_signals_then_ends_those_it_replaces() -> None:
    first = one(read(decode, alert(info(area("44")))))
    known = {(SENDER, first.key)}
    items = read(
        decode,
        alert(info(area("85"), "Extreme"), identifier="A2", kind="Update", references=A1),
        is_known=lambda source, key: (source, key) in known,
    )
    opened, ended = (signal(item) for item in items)
    assert (opened.territory, opened.is_open) == ("DEP-85", True)
    assert (ended.signal_id, ended.is_open) == (signal(first).signal_id, False)


def test_a_cancel_ends_what_it_references_wherever_it_may_be_open() -> None:
    items = read(decode, alert(kind="Cancel", identifier="A2", references=A1))
    assert [signal(item).territory for item in items] == ["DEP-44", "DEP-49", "DEP-53", "DEP-72", "DEP-85"]
    assert not any(signal(item).is_open for item in items)
    assert signal(items[0]).signal_id == signal(one(read(decode, alert(info(area("44")))))).signal_id


def test_a_cancelled_alert_sent_again_is_the_same_record() -> None:
    first = one(read(decode, alert(info(area("44")))))
    cancel = read(decode, alert(kind="Cancel", identifier="A2", references=A1))
    assert one(read(decode, alert(info(area("44"))))).key == first.key
    assert first.key not in {item.key for item in cancel}


def test_a_reference_that_cannot_be_read_flags_an_update() -> None:
    items = read(decode, alert(info(area("44")), kind="Update", identifier="A2", references="A1"))
    assert one(items).flags == ("reference_illisible",)


def test_an_all_clear_opens_nothing_and_ends_what_it_replaces() -> None:
    items = read(
        decode, alert(info(area("44"), responseType="AllClear"), kind="Update", identifier="A2", references=A1)
    )
    assert not any(signal(item).is_open for item in items)


def test_the_worst_info_of_one_language_speaks_for_a_departement() -> None:
    blocks = (info(area("44", "49"), "Minor"), info(area("44"), "Extreme"), info(area("72"), language="en-GB"))
    found = {signal(item).territory: signal(item).criteria["severite"] for item in read(decode, alert(*blocks))}
    assert found == {"DEP-44": "Extreme", "DEP-49": "Minor"}


def test_a_place_that_is_not_understood_is_refused_beside_those_that_are() -> None:
    items = read(decode, alert(info(area("44") + area("FR433", name="EMMA_ID"))))
    assert [type(item) for item in items] == [Accepted, Refused]
    assert refusal(items[1:]) == "area: place not understood, 1 of 2: expected geocodes INSEE_DEP"
    assert isinstance(read(decode, alert(info("")))[0], Refused)
    assert refusal(read(decode, alert())) == "info: an Alert or an Update says what happens"


def test_departements_of_other_regions_are_counted() -> None:
    decoding = decode(io.BytesIO(alert(info(area("44", "31", "75")))), "essai", PDL)
    assert decoding.manifest.elsewhere == 2
    assert decoding.manifest.source == SENDER
    assert len(list(decoding.items)) == 1


def test_a_value_outside_the_standard_is_left_out_and_flagged() -> None:
    accepted = one(read(decode, alert(info(area("44"), "Terrible", expires="demain"))))
    assert "severite" not in signal(accepted).criteria
    assert accepted.flags == ("valeur_inconnue:severity", "fin_illisible")


def test_a_long_identifier_still_makes_a_signal() -> None:
    items = [one(read(decode, alert(info(area("44")), identifier="x" * 500 + end))) for end in "ab"]
    assert len({signal(item).signal_id for item in items}) == 2


FOREIGN = '<x:x xmlns:x="urn:x">'
BOMB = b"""<?xml version="1.0"?><!DOCTYPE alert [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&b;</identifier></alert>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE alert SYSTEM "http://example.org/a.dtd">
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>"""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (BOMB, "a DOCTYPE"),
        (OUTSIDE, "a DOCTYPE"),
        (b"", "not XML"),
        (b"<alert>", "not XML"),
        (b"<alert/>", "not a CAP 1.2 alert"),
        (b'<?xml version="1.0" encoding="x-unknown"?><alert/>', "not XML|an encoding"),
        (f'<alert xmlns="{NAMESPACE}">{"<info>" * 30}'.encode(), "levels"),
        (f'<alert xmlns="{NAMESPACE}">{FOREIGN * 30}'.encode(), "levels"),
        (f'<alert xmlns="{NAMESPACE}">{"<info/>" * 60_000}</alert>'.encode(), "elements"),
        (b" " * (4 * 1024 * 1024 + 1), "larger than"),
    ],
    ids=["bomb", "dtd", "empty", "cut", "other", "encoding", "deep", "deep elsewhere", "wide", "large"],
)
def test_hostile_files_are_unreadable(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFeed, match=rf"^essai.*({reason})"):
        decode(io.BytesIO(data), "essai", PDL)


def test_latin_1_is_read() -> None:
    data = alert(info(area("44"), headline="Tempête")).decode().replace("UTF-8", "ISO-8859-1").encode("latin-1")
    assert signal(one(read(decode, data))).title == "Tempête"


def test_signatures_and_extensions_are_left_out() -> None:
    foreign = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><status>Actual</status></Signature>'
    assert one(read(decode, alert(foreign, info(area("44")), status="Exercise"))).status is Status.EXERCISE


@given(damaged(alert(info(area("44")), info(area("49")), kind="Update", references=A1)))
def test_damage_gives_records_refusals_or_an_unreadable_file(data: bytes) -> None:
    try:
        items = read(decode, data)
    except UnreadableFeed:
        return
    assert all(isinstance(item, Accepted | Refused) for item in items)
