"""`vigie ingest`, `vigie quarantine` and `vigie feeds status`, as a user runs them."""

import re
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alerts.adapters.key_files import UnusableKeys
from streams.adapters.pseudonym_keys import load_or_make_ring, load_ring
from streams.adapters.sqlite_journal import SqliteJournal, verify_file
from streams.adapters.vault import new_key
from streams.collecting.decoding import Accepted, Context, Manifest, Window
from streams.collecting.formats import Tools
from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey
from streams.collecting.testing import MemoryLedger
from streams.known_formats import all_formats
from streams.recognising import recognise
from tests.command_line import app

SAMPLE = "sample_oscour_synthetique.xml"
OSCOUR = """<?xml version="1.0" encoding="UTF-8"?>
<OSCOUR><ETABLISSEMENT><FINESS>440000271</FINESS><ORDRE>0</ORDRE><EXTRACT>15/01/2025 04:00:00</EXTRACT>
<DATEDEBUT>14/01/2025</DATEDEBUT><DATEFIN>14/01/2025</DATEFIN></ETABLISSEMENT><PASSAGES>
<PATIENT><CP>44000</CP><COMMUNE>NANTES</COMMUNE><NAISSANCE>02/03/1941</NAISSANCE><SEXE>F</SEXE>
<ENTREE>{entree}</ENTREE></PATIENT>
<PATIENT><CP>44000</CP><COMMUNE>NANTES</COMMUNE><NAISSANCE>05/06/1977</NAISSANCE><SEXE>M</SEXE>
<ENTREE>14/01/2025 09:00</ENTREE></PATIENT>
</PASSAGES></OSCOUR>"""


def vigie(*arguments: object, env: dict[str, str] | None = None) -> Result:
    environment: dict[str, str | None] = {
        "VIGIE_PSEUDONYM_KEYS": None,
        "VIGIE_QUARANTINE_KEY": None,
        "COLUMNS": "200",
        **(env or {}),
    }
    return CliRunner().invoke(app, [str(each) for each in arguments], env=environment)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "J.db"


def test_the_sample_sent_twice_is_journaled_once(shared_data: Path, journal: Path) -> None:
    sample = shared_data / "rpu" / SAMPLE
    first, second = (vigie("ingest", sample, "--into", journal) for _ in range(2))
    assert first.exit_code == second.exit_code == 0
    assert first.stdout == f"{sample} received=2 accepted=2 duplicates=0 quarantined=0 journaled=2\n"
    assert second.stdout == f"{sample} received=2 accepted=0 duplicates=2 quarantined=0 journaled=0\n"
    assert verify_file(journal) == []
    with SqliteJournal.open(journal, read_only=True) as opened:
        assert [entry.kind for entry in opened.entries("52")] == ["plans.catalogue", "rpu.passage", "rpu.passage"]
        assert [receipt.flags.get("etablissement_inconnu") for receipt in opened.receipts.all()] == [2, 2]


@pytest.mark.parametrize(
    ("path", "format_"),
    [
        ("rpu/sample_oscour_synthetique.xml", "oscour"),
        ("ror/ror_location_capacite_synthetique.json", "ror"),
        ("saner/MeasureReport-ExampleNJ-20200404-CDCPatientImpactAndHospitalCapacity.json", "saner"),
        ("saner/CodeSystem-BedType.json", None),
        ("meteo/vigilance_synthetique.json", "vigilance"),
        ("meteo/ibm_seuils.csv", None),
        ("hubsante/RS-RPIS_ArretCardiaque_CISUV2.01.json", None),
        ("covid/covid-hospit-incid-2023-03-31-18h01.csv", "sivic-incidents"),
        ("covid/sivic_stocks_predicu_public_data.csv", "sivic-stocks"),
        ("ref/mdo_2023.csv", None),
    ],
)
def test_public_files_are_recognised(shared_data: Path, path: str, format_: str | None) -> None:
    assert recognise((shared_data / path).read_bytes()[:8192]) == format_


@pytest.mark.parametrize(
    ("head", "format_"),
    [
        (b"\xef\xbb\xbffiness;nature;installes;maj\r\n", "lits-form-csv"),
        (b'[{"finess": "440000271", "nature": "rea", "maj": "2026-01-01"}]', "lits-form-json"),
        (b"maladie,departement,date,source\n", "mdo"),
        (b"territoire;debut;fin;source;appels\n", "regulation"),
        (b'{"id": "1", "nature": "x", "territoire": "DEP-44"}', "signal"),
        (b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">', "cap"),
        (b'{"kind": "rpu.passage", "payload": {"finess": "1", "nature": "2"}}', None),
        (b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Location"}}]}', "ror"),
        (b'{"resourceType": "Patient"}', None),
        (b"<html>", None),
        (b"\xff\xfe<\x00", None),
        (b"", None),
    ],
)
def test_forms_are_recognised_by_what_only_they_hold(head: bytes, format_: str | None) -> None:
    assert recognise(head) == format_


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, journal: Path) -> None:
    bad, good = tmp_path / "bad.xml", tmp_path / "good.xml"
    bad.write_text(OSCOUR.format(entree="14/01/2025 08:00")[:-30])
    good.write_text(OSCOUR.format(entree="14/01/2025 08:00"))
    found = vigie("ingest", bad, tmp_path / "absent.xml", good, "--into", journal)
    assert found.exit_code == 1
    assert "good.xml received=2 accepted=2" in found.stdout
    assert "bad.xml received=0 accepted=0" in found.stdout
    assert "absent.xml: cannot be read" in found.stderr
    assert "1941" not in found.output


def test_an_unknown_region_is_wrong_usage(journal: Path, tmp_path: Path) -> None:
    assert vigie("ingest", tmp_path / "x", "--into", journal, "--region", "99").exit_code == 2
    assert not journal.exists()


def test_quarantine_from_refusal_to_requeue(tmp_path: Path, journal: Path) -> None:
    key = {"VIGIE_QUARANTINE_KEY": new_key()}
    path = tmp_path / "rpu.xml"
    path.write_text(OSCOUR.format(entree="30/02/2025 08:00"))
    assert "quarantined=1" in vigie("ingest", path, "--into", journal, env=key).stdout
    listed = vigie("quarantine", "list", "--journal", journal)
    assert "rpu.xml" in listed.stdout
    assert "locked" in listed.stdout
    assert "1941" not in listed.output
    assert "NANTES" not in listed.output
    closed = vigie("quarantine", "show", 1, "--journal", journal)
    assert closed.exit_code == 1
    assert "VIGIE_QUARANTINE_KEY" in closed.stderr
    shown = vigie("quarantine", "show", 1, "--journal", journal, env=key)
    assert "02/03/1941" in shown.stdout
    assert "health data" in shown.stderr
    again = vigie("quarantine", "requeue", 1, "--journal", journal, env=key)
    assert again.exit_code == 1
    assert "refused again" in again.stderr
    assert vigie("quarantine", "drop", 1, "--journal", journal, "--by", "Claire").exit_code == 2
    dropped = vigie("quarantine", "drop", 1, "--reason", "saisie impossible", "--by", "Claire", "--journal", journal)
    assert dropped.exit_code == 0
    assert "nothing in quarantine" in vigie("quarantine", "list", "--journal", journal).stdout
    assert "dropped" in vigie("quarantine", "list", "--all", "--journal", journal).stdout
    assert verify_file(journal) == []


def test_a_quarantined_patient_is_rebuilt_into_a_file_the_decoder_reads() -> None:
    ring = KeyRing(SecretKey("k1", bytes(32), date(2000, 1, 1)))
    formats = all_formats(Pseudonyms(ring))
    oscour = formats.by_name["oscour"]
    context = Context("52", datetime(2025, 1, 15, 4, tzinfo=UTC))
    manifest = Manifest("rpu", "ETAB-440000271", context.received_at, Window(date(2025, 1, 14), date(2025, 1, 14)))
    assert oscour.wrap is not None
    data = oscour.wrap(
        manifest, context, "<PATIENT><ENTREE>14/01/2025 08:00</ENTREE><MOTIF>é</MOTIF></PATIENT>".encode()
    )
    decoding = oscour.decode(BytesIO(data or b""), "q", context, Tools("52", MemoryLedger(), {}))
    assert decoding.manifest == manifest
    (item,) = decoding.items
    assert isinstance(item, Accepted)
    assert item.occurred_at == datetime(2025, 1, 14, 7, tzinfo=UTC)


def test_no_identity_is_left_anywhere(tmp_path: Path, journal: Path) -> None:
    path = tmp_path / "rpu.xml"
    path.write_text(OSCOUR.format(entree="30/02/2025 08:00"))
    found = vigie("ingest", path, "--into", journal, env={"VIGIE_QUARANTINE_KEY": new_key()})
    path.unlink()
    stores = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    for identity in (b"02/03/1941", b"1941-03-02", b"05/06/1977", b"NANTES", b"44000<"):
        assert identity not in stores
        assert identity.decode() not in found.output


def test_feeds_status_tells_each_source(tmp_path: Path, journal: Path) -> None:
    path = tmp_path / "rpu.xml"
    path.write_text(OSCOUR.format(entree="14/01/2025 08:00"))
    vigie("ingest", path, "--into", journal)
    found = vigie("feeds", "status", "--journal", journal)
    assert found.exit_code == 0
    assert "ETAB-440000271" in found.stdout
    assert "à l'heure" in found.stdout
    fresh, quality = found.stdout.split("délais de transmission et remplissage")
    assert re.search(r"ETAB-440000271 +rpu +\S+ \S+ +\S+ \S+ +0,0 % +à l'heure", fresh)
    assert re.search(r"ETAB-440000271 +rpu +inconnue +\d+ j \d+ h +\d+ j \d+ h +\d+ % +\d+ % +0 %", quality)


def test_feeds_status_of_a_journal_without_files(journal: Path) -> None:
    SqliteJournal.create(journal).close()
    assert "Aucun fichier" in vigie("feeds", "status", "--journal", journal).stdout
    assert vigie("feeds", "status", "--journal", journal.with_name("absent.db")).exit_code == 1


def test_the_secrets_are_made_once_and_read_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "cles"
    load_or_make_ring(path)
    assert path.stat().st_mode & 0o077 == 0
    content = path.read_text()
    load_or_make_ring(path)
    assert path.read_text() == content


@pytest.mark.parametrize(
    "content", ["", "k1 2026-01-01\n", "k1 demain c2VjcmV0\n", "k1 2026-01-01 c2VjcmV0\n", "k1 2026-01-01 ***\n"]
)
def test_unusable_secrets_are_named_by_their_line_and_never_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cles"
    path.write_text(content)
    with pytest.raises(UnusableKeys) as refusal:
        load_ring(path)
    assert "c2VjcmV0" not in str(refusal.value)
    assert str(path) in str(refusal.value)
