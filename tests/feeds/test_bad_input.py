"""Every bad input of the guide gets the answer that the guide gives, through the collector."""

import json
import re
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Context, UnreadableFeed
from streams.collecting.formats import Tools
from streams.collecting.pseudonyms import Pseudonyms
from streams.collecting.receipts import Receipt
from streams.collecting.testing import MemoryLedger
from streams.entry import Draft, Status
from streams.known_formats import all_formats
from streams.messages import decode, encode
from streams.messages.reference import Etablissement, EtablissementList
from streams.messages.visits import PassageRPU
from streams.monitor import Monitor
from streams.testing import MemoryJournal
from tests.feeds.oscour_files import RECEIVED_AT, RING, document, encoded, patient

FORMATS = all_formats(Pseudonyms(RING))
NOW = Context("52", RECEIVED_AT)
SIGNAL = {
    "id": "1", "nature": "panne", "territoire": "DEP-44", "titre": "Panne", "source": "SAMU",
    "date": "2025-01-14T08:00",
}  # fmt: skip
BED = {"finess": "440000271", "nature": "rea", "maj": "2025-01-14T08:00", "installes": 10}
BOMB = '<!DOCTYPE b [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def collect(data: bytes, *, declared: tuple[Etablissement, ...] = (), format_: str | None = None) -> Receipt:
    return _collected(data, declared, format_)[0]


def visits(data: bytes) -> list[PassageRPU]:
    """Return the visits that a file journals."""
    journal = _collected(data, (), None)[1]
    read = (decode(each.kind, each.payload) for each in journal.entries("52"))
    return [each for each in read if isinstance(each, PassageRPU)]


def _collected(data: bytes, declared: tuple[Etablissement, ...], format_: str | None) -> tuple[Receipt, MemoryJournal]:
    journal = MemoryJournal()
    monitor = Monitor(journal)
    if declared:
        said = encode(EtablissementList(declared))
        monitor.append([Draft(RECEIVED_AT, Status.ACTUAL, "52", *said)], RECEIVED_AT)
    incoming = Incoming("envoi", lambda: nullcontext(BytesIO(data)), format_)
    return Collector(monitor, FORMATS).collect(incoming, NOW), journal


def rpu(**fields: str) -> bytes:
    return encoded(document(patient(fields)))


def refused(data: bytes, words: str, format_: str | None = None) -> None:
    receipt = collect(data, format_=format_)
    assert words in receipt.refused
    assert (receipt.received, receipt.journaled) == (0, 0)


def kept(data: bytes, flag: str, count: int = 1) -> None:
    receipt = collect(data)
    assert (receipt.accepted, receipt.quarantined, receipt.refused) == (count, 0, "")
    assert receipt.flags.get(flag) == 1


def aside(data: bytes) -> None:
    receipt = collect(data)
    assert (receipt.received, receipt.quarantined, receipt.journaled, receipt.refused) == (1, 1, 0, "")


def bomb() -> None:
    text = document(patient({"MOTIF": "@"})).replace("@", "&i;")
    refused(f'<?xml version="1.0"?>{BOMB}]>{text}'.encode(), "DOCTYPE")
    alert = '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&i;</identifier></alert>'
    refused(f'<?xml version="1.0"?>{BOMB}]>{alert}'.encode(), "DOCTYPE")


class Endless(BytesIO):
    """A gigabyte of one piece, never held; it fails the test when it is read beyond what a format may hold."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        super().__init__()
        self._head, self._piece, self.given = head, piece, 0

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = 1 << 20 if size is None or size < 0 else size
        some = (self._head + self._piece * (wanted // len(self._piece) + 1))[:wanted]
        self._head = b""
        self.given += len(some)
        assert self.given <= 66 << 20, "read far beyond the limit of any format"
        return some

    def readline(self, size: int | None = -1, /) -> bytes:
        return self.read(size)


ENDLESS = {
    "cap": (b"<alert>", b"<a/>"),
    "signal": (b"[", b"{},"),
    "mdo": (b"maladie;departement;date;source\n", b"x;44;2025-01-14;Labo\n"),
    "regulation": (b"[", b"{},"),
    "vigilance": (b'{"product":[', b"1,"),
    "hub-sante": (b"[", b"1,"),
    "ror": (b"[", b"{},"),
    "saner": (b"[", b"{},"),
    "lits-form-json": (b"[", b"{},"),
    "lits-form-csv": (b"", b"finess;"),
    "sivic-stocks": (b"", b"date,department_code\n"),
}


def gigabyte() -> None:
    """The RPU's own memory is measured in test_oscour_damage.py."""
    for name, (head, piece) in ENDLESS.items():
        with pytest.raises(UnreadableFeed):
            list(FORMATS.by_name[name].decode(Endless(head, piece), "f", NOW, Tools("52", MemoryLedger(), {})).items)


def wrong_encoding() -> None:
    refused(document(patient({"COMMUNE": "Évron"})).encode("latin-1"), "envoi:")
    refused(f'<?xml version="1.0" encoding="UTF-8"?>{document(patient({"COMMUNE": "É"}))}'.encode("latin-1"), "envoi:")
    refused("maladie;departement;date;source\nRougeole;44;2025-01-14;Hôpital\n".encode("latin-1"), "not UTF-8")


def february() -> None:
    for fields in ({"SORTIE": "30/02/2025 10:00"}, {"NAISSANCE": "30/02/1950"}):
        kept(rpu(**fields), f"date_illisible:{next(iter(fields))}")
    (visit,) = visits(rpu(SORTIE="30/02/2025 10:00"))
    assert visit.exited_at is None


def february_of_a_form() -> None:
    aside(json.dumps({**SIGNAL, "date": "2025-02-30T08:00"}).encode())
    aside(json.dumps({**BED, "maj": "2025-02-30"}).encode())
    aside(b"maladie;departement;date;source\nRougeole;44;2025-02-30;Labo\n")


def short_finess() -> None:
    data = encoded(document(patient(), {"FINESS": "10000271"}))
    kept(data, "finess_complete")
    assert visits(data)[0].finess == "010000271"
    kept(json.dumps({**BED, "finess": "10000271"}).encode(), "finess_complete")


def wrong_finess() -> None:
    refused(encoded(document(patient(), {"FINESS": "4400"})), "FINESS")
    aside(json.dumps({**BED, "finess": "4400"}).encode())


def old_age() -> None:
    data = rpu(NAISSANCE="02/03/1895")
    kept(data, "age_sup_120_ans")
    assert visits(data)[0].age_class == "inconnu"


def twice_in_a_file() -> None:
    kept(encoded(document(patient() + patient())), "doublon", count=2)


def signal_twice_in_a_file() -> None:
    receipt = collect(json.dumps([SIGNAL, SIGNAL]).encode())
    assert (receipt.accepted, receipt.duplicates, receipt.journaled) == (1, 1, 1)


def unknown_establishment() -> None:
    receipt = collect(rpu(), declared=(Etablissement("490000031", "CHU", "49"),))
    assert (receipt.accepted, receipt.flags) == (1, {"etablissement_inconnu": 1})
    assert collect(rpu(), declared=(Etablissement("440000271", "CHU", "44"),)).flags == {}


ANSWERS: dict[str, Callable[[], None]] = {
    "bombe d'entités XML": bomb,
    "fichier de 1 Go": gigabyte,
    "encodage autre que celui déclaré": wrong_encoding,
    "texte en UTF-16": lambda: refused(rpu().decode("latin-1").encode("utf-16"), "not a known file"),
    "30 février dans une entrée": lambda: aside(rpu(ENTREE="30/02/2025 08:00")),
    "30 février dans une sortie ou une naissance": february,
    "30 février dans un formulaire": february_of_a_form,
    "FINESS de 8 caractères": short_finess,
    "FINESS d'une autre longueur": wrong_finess,
    "sortie avant l'entrée": lambda: kept(rpu(SORTIE="14/01/2025 07:00"), "sortie_avant_entree"),
    "âge de 130 ans": old_age,
    "passage en double dans un fichier": twice_in_a_file,
    "signal en double dans un fichier": signal_twice_in_a_file,
    "établissement inconnu": unknown_establishment,
    "fichier coupé": lambda: refused(rpu()[:-30], "envoi:"),
    "fichier vide": lambda: refused(b"", "not a known file"),
    "fichier d'un format inconnu": lambda: refused(b"a;b\n1;2\n", "not a known file"),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_bad_input_gets_its_answer(answer: Callable[[], None]) -> None:
    answer()


def test_the_guide_answers_each_bad_input(repository: Path) -> None:
    guide = (repository / "docs" / "collecte.md").read_text(encoding="utf-8")
    table = guide.partition("| défaut | réponse |")[2]
    assert re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE) == list(ANSWERS)
    assert datetime(2025, 1, 15, 4, tzinfo=UTC) == RECEIVED_AT  # what the files above are dated by
