"""What the guide promises for each bad input, seen from the receipt of its file."""

from contextlib import nullcontext
from io import BytesIO

import pytest

from streams import messages
from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Context
from streams.collecting.pseudonyms import Pseudonyms
from streams.collecting.receipts import Receipt
from streams.entry import Draft, Status
from streams.known_formats import all_formats
from streams.messages.reference import Etablissement, EtablissementList
from streams.monitor import Monitor
from streams.testing import MemoryJournal
from tests.feeds.oscour_files import HEADER, RECEIVED_AT, RING, document, encoded, patient

BOMB = """<!DOCTYPE OSCOUR [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>"""


def collected(data: bytes) -> Receipt:
    """Collect a file where one establishment is declared."""
    monitor = Monitor(MemoryJournal())
    declared = EtablissementList((Etablissement(HEADER["FINESS"], "Hôpital inventé", "44"),))
    monitor.append([Draft(RECEIVED_AT, Status.ACTUAL, "52", *messages.encode(declared))], RECEIVED_AT)
    collector = Collector(monitor, all_formats(Pseudonyms(RING)))
    return collector.collect(Incoming("f.xml", lambda: nullcontext(BytesIO(data))), Context("52", RECEIVED_AT))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (encoded(BOMB + document(patient().replace("J101", "&c;"))), "DOCTYPE"),
        (document(patient()).encode("utf-16"), "not a known file"),
        (encoded(document(patient())).replace(b"ISO-8859-1", b"UTF-16"), "ISO-8859-1"),
        (encoded(document(patient({"COMMUNE": "NÎMES"}))).replace(b"ISO-8859-1", b"UTF-8"), "utf-8"),
        (encoded(document(patient(), {"FINESS": "4400002"})), "FINESS"),
        (encoded(document(patient()))[:-30], "not a whole"),
    ],
    ids=["entity bomb", "UTF-16", "declared UTF-16", "latin-1 said to be UTF-8", "FINESS of 7 characters", "cut short"],
)
def test_a_file_refused_whole(data: bytes, why: str) -> None:
    receipt = collected(data)
    assert why in receipt.refused
    assert (receipt.received, receipt.journaled) == (0, 0)


@pytest.mark.parametrize(
    ("data", "flags"),
    [
        (document(patient({"SORTIE": "30/02/2025 16:40"})), {"date_illisible:SORTIE": 1}),
        (document(patient({"NAISSANCE": "30/02/1941"})), {"date_illisible:NAISSANCE": 1}),
        (document(patient({"SORTIE": "14/01/2025 08:11"})), {"sortie_avant_entree": 1}),
        (document(patient({"NAISSANCE": "14/01/1895"})), {"age_sup_120_ans": 1}),
        (document(patient() * 2), {"doublon": 1}),
        (document(patient(), {"FINESS": "490000031"}), {"etablissement_inconnu": 1}),
        (document(patient(), {"FINESS": "10000271"}), {"etablissement_inconnu": 1, "finess_complete": 1}),
    ],
    ids=[
        "exit on 30 February",
        "birth on 30 February",
        "exit before entry",
        "age of 130",
        "duplicates within the file",
        "establishment not declared",
        "FINESS of 8 characters",
    ],
)
def test_visits_kept_and_flagged(data: str, flags: dict[str, int]) -> None:
    receipt = collected(encoded(data))
    assert receipt.refused == ""
    assert receipt.flags == flags
    assert receipt.journaled == receipt.received == data.count("<PATIENT>")


def test_a_visit_that_entered_on_30_february_is_set_aside_alone() -> None:
    receipt = collected(encoded(document(patient() + patient({"ENTREE": "30/02/2025 08:12"}))))
    assert (receipt.received, receipt.accepted, receipt.quarantined) == (2, 1, 1)
