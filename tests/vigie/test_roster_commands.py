"""`vigie roster`: looked at, checked, exchanged with a calendar, published, its contacts verified by a real channel."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.adapters.roster_files import load_roster
from alerts.contact_limits import CODES_SENT
from streams import messages
from streams.adapters.dropped_files import read_dropped
from streams.adapters.sqlite_journal import SqliteJournal
from streams.messages import Message
from streams.messages.contacts import ContactTested, ContactVerified
from streams.messages.reference import RosterVersion
from streams.monitor import Monitor
from streams.testing import EPOCH
from tests.vigie.monitored import Phones, closed_port, phones_ringing, vigie

TABLEAU = """\
astreinte: Essai
region: "52"
personnes:
  - id: claire
    nom: Claire Martin
    contacts:
      - {{canal: sms, adresse: "{claire}", fournisseur: Nord}}
      - {{canal: courriel, adresse: "{mail}", fournisseur: Sud}}
  - id: karim
    nom: Karim Benali
    contacts: [{{canal: sms, adresse: "{karim}"}}]
roles:
  cadre:
    titre: Cadre
    releve: {{jour: lundi, heure: "08:30"}}
    debut: 2026-01-05
    rotation: [claire, karim]
  directeur: {{titre: Directrice, fixe: [claire]}}
  medecin: {{titre: Médecin, fixe: [karim]}}
  veille: {{titre: Veille, fixe: [claire, karim]}}
escalade: {{delai: 10 min, repetition: 15 min, repli: directeur}}
"""


MEAL = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Repas\r\nDTSTART:20260701T000000\r\nDURATION:P1D\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def phones() -> Iterator[Phones]:
    with phones_ringing() as phones:
        yield phones


@pytest.fixture
def place(tmp_path: Path, phones: Phones, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tableau, the drop directory and the journal of a monitor."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("VIGIE_DROP", str(tmp_path / "depot"))
    monkeypatch.setenv("VIGIE_JOURNAL", str(tmp_path / "J.db"))
    (tmp_path / "depot").mkdir()
    addresses = {name: phones.address(name) for name in ("claire", "mail")}
    karim = f"json://127.0.0.1:{closed_port()}/karim"
    (tmp_path / "t.yaml").write_text(TABLEAU.format(**addresses, karim=karim), encoding="utf-8")
    SqliteJournal.create(tmp_path / "J.db").close()
    return tmp_path


def taken(place: Path) -> list[Message]:
    """Give the monitor what was left for it, and return what it journaled."""
    with SqliteJournal.open(place / "J.db") as journal:
        for path in sorted((place / "depot").iterdir()):
            effects = Monitor(journal).append(read_dropped(path, "52"), EPOCH)
            assert effects == []
            path.unlink()
        return [messages.decode(entry.kind, entry.payload) for entry in journal.entries("52")]


def ok(*words: str | Path) -> str:
    done = vigie("roster", *words)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*words: str | Path, code: int = 1) -> str:
    done = vigie("roster", *words)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    return " ".join(re.sub("[│╭╮╰╯─]", " ", done.output).split())


def test_who_is_on_call_is_shown_with_public_holidays(place: Path) -> None:
    shown = ok("show", place / "t.yaml", "--from", "2026-07-12", "--to", "2026-07-21")
    cadre = [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in shown.splitlines()
        if " Cadre " in line or "│   " in line
    ]
    assert cadre[0][:4] == ["Cadre", "dim. 12/07/2026 00:00", "lun. 13/07/2026 08:30", "Claire Martin"]
    assert cadre[1][1:] == [
        "lun. 13/07/2026 08:30",
        "lun. 20/07/2026 08:30",
        "Karim Benali",
        "férié : mardi 14\u00a0juillet 2026, Fête nationale",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "period", [("2026-07-12", "2026-07-12"), ("2026-07-12", "2036-07-12"), ("2026-13-01", "2026-07-12")]
)
def test_a_bad_period_is_a_bad_call(place: Path, period: tuple[str, str]) -> None:
    for command in ("show", "check"):
        refused(command, place / "t.yaml", "--from", period[0], "--to", period[1], code=2)


def test_the_check_of_the_faulty_example_is_the_one_of_the_guide(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "docs" / "examples")
    done = vigie("roster", "check", "astreinte-fautive.yaml", "--from", "2026-01-06", "--to", "2026-04-06")
    assert done.exit_code == 1
    assert f"```text\n{done.stdout}```" in (repository / "docs" / "astreinte.md").read_text(encoding="utf-8")


def test_warnings_fail_only_when_asked(place: Path) -> None:
    words = ("check", place / "t.yaml", "--from", "2026-01-06", "--to", "2026-03-02")
    assert "0 erreur, " in ok(*words)
    refused(*words, "--strict")


def test_a_gap_fails(place: Path) -> None:
    assert "erreur : personne n'est d'astreinte pour « Cadre »" in refused(
        "check", place / "t.yaml", "--from", "2026-01-01", "--to", "2026-03-02"
    )


def test_a_calendar_goes_out_and_comes_back(place: Path) -> None:
    tableau, calendar = place / "t.yaml", place / "t.ics"
    assert "events" in ok("export", tableau, "-o", calendar, "--from", "2026-07-01", "--to", "2026-08-01")
    assert "Aucune différence" in ok("import", tableau, calendar)
    changed = calendar.read_text().replace("SUMMARY:Cadre : Claire Martin", "SUMMARY:Cadre : Karim Benali", 1)
    calendar.write_text(changed)
    before = tableau.read_bytes()
    preview = ok("import", tableau, calendar)
    assert re.search(r"Cadre +│ [0-9/]+ 08:30 +│ [0-9/]+ 08:30 +│ Claire Martin +│ Karim Benali", preview)
    assert "Rien n'a été écrit" in preview
    assert tableau.read_bytes() == before
    assert "--author" in refused("import", tableau, calendar, "--write", code=2)
    assert tableau.read_bytes() == before
    assert "écrit : " in ok("import", tableau, calendar, "--write", "--author", "Lucie")
    assert "Aucune différence" in ok("import", tableau, calendar)
    assert "import d'un calendrier (Lucie)" in ok("show", tableau, "--from", "2026-07-01", "--to", "2026-08-01")


def test_a_replacement_that_contradicts_the_calendar_stops_the_import(place: Path) -> None:
    tableau, calendar = place / "t.yaml", place / "t.ics"
    with tableau.open("a") as file:
        file.write(
            'remplacements:\n  - {role: medecin, du: "2026-07-02 00:00", au: "2026-07-03 00:00", absent: karim, '
            "remplacant: claire, auteur: A, motif: B}\n"
        )
    calendar.write_bytes(
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:medecin : karim\r\nDTSTART:20260701T000000\r\n"
        b"DTEND:20260704T000000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    before = tableau.read_bytes()
    told = refused("import", tableau, calendar, "--write", "--author", "Lucie")
    assert "un remplacement du tableau contredit le calendrier pour « Médecin » le 02/07/2026" in told
    assert tableau.read_bytes() == before
    assert not (place / "t-calendrier.yaml").exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"rien", "pas un calendrier"),
        (MEAL, "aucun rôle reconnu"),
    ],
)  # fmt: skip
def test_a_calendar_of_something_else_is_refused(place: Path, content: bytes, why: str) -> None:
    (place / "t.ics").write_bytes(content)
    assert why in refused("import", place / "t.yaml", place / "t.ics")
    refused("import", place / "t.yaml", place / "absent.ics")


def test_each_tableau_published_is_a_version_of_the_journal(place: Path) -> None:
    tableau = place / "t.yaml"
    assert "Aucun tableau" in ok("history")
    ok("publish", tableau)
    [first] = taken(place)
    loaded = load_roster(tableau, {})
    assert first == RosterVersion(loaded.roster.sha256, loaded.roster.content)
    tableau.write_text(tableau.read_text().replace("titre: Directrice", "titre: Directeur"))
    ok("publish", tableau)
    ok("publish", tableau)
    taken(place)
    lines = ok("history").splitlines()
    assert [line for line in lines if line.startswith(" ")] == [
        "    premier tableau", "    rôle modifié : directeur", "    rien n'a changé"
    ]  # fmt: skip
    assert lines[0] == f"14/01/2026 08:00 région 52 : Essai, version {loaded.roster.sha256[:12]}"


def test_the_tableau_of_another_region_is_refused_by_the_monitor(place: Path) -> None:
    tableau = place / "t.yaml"
    tableau.write_text(tableau.read_text().replace('region: "52"', 'region: "53"'))
    ok("publish", tableau)
    [path] = (place / "depot").iterdir()
    with SqliteJournal.open(place / "J.db") as journal:
        [rejected] = Monitor(journal).append(read_dropped(path, "52"), EPOCH)
    assert "the roster is of région 53" in str(rejected)
    assert "Aucun tableau" in ok("history")


def test_a_contact_is_verified_by_the_code_that_reached_it(place: Path, phones: Phones) -> None:
    tableau = place / "t.yaml"
    assert "un code est parti" in ok("verify", tableau, "claire/sms", "--send")
    [rung] = phones.rung
    found = re.search(r"[0-9]{6}", rung.text)
    assert rung.person == "claire"
    assert found is not None
    wrong = f"{(int(found[0]) + 1) % 10**6:06}"
    assert "ce n'est pas le code envoyé ; essais restants : 4" in refused(
        "verify", tableau, "claire/sms", "--code", wrong
    )
    ok("verify", tableau, "claire/sms", "--code", found[0])
    [said] = taken(place)
    assert isinstance(said, ContactVerified)
    assert said.contact == "claire/sms"
    assert str(phones.port) not in str(said)
    checked = ok("check", tableau, "--journal", place / "J.db", "--from", "2026-01-14", "--to", "2026-02-14")
    never = re.findall(r"le contact (\S+) n'a jamais été vérifié", checked)
    assert never == ["claire/courriel", "karim/sms"]
    tableau.write_text(tableau.read_text().replace("/claire", "/claire2"))
    checked = ok("check", tableau, "--journal", place / "J.db", "--from", "2026-01-14", "--to", "2026-02-14")
    assert "le contact claire/sms n'a jamais été vérifié" in checked


def test_a_contact_is_not_flooded_with_codes(place: Path, phones: Phones) -> None:
    for _ in range(CODES_SENT.most):
        ok("verify", place / "t.yaml", "claire/sms", "--send")
    told = refused("verify", place / "t.yaml", "claire/sms", "--send")
    assert told.startswith("vigie: claire/sms : déjà 3 codes envoyés en 1 h ; le dernier reste valable")
    assert "réessayez dans" in told
    assert len(phones.rung) == CODES_SENT.most


POLICY = """\
politiques:
  - volets: [CYBER]
    etapes: [{roles: [dsi], delai: 5 min}]
    repli: prefet
"""


def test_roles_that_only_a_policy_calls_are_needed(place: Path) -> None:
    tableau = place / "t.yaml"
    week = 'releve: {jour: lundi, heure: "08:30"}, debut: 2026-02-02, rotation: [claire]'
    held = "".join(f"  {role}: {{titre: {role}, {week}}}\n" for role in ("dsi", "prefet"))
    text = tableau.read_text(encoding="utf-8").replace("escalade:", f"{held}escalade:")
    words = ("check", tableau, "--from", "2026-01-12", "--to", "2026-02-16")
    tableau.write_text(text, encoding="utf-8")
    without = ok(*words)  # nobody asks for them: warnings
    assert without.count("avertissement : personne n'est d'astreinte") == 2
    tableau.write_text(text + POLICY, encoding="utf-8")
    found = refused(*words)
    assert "; l'étape 1 de la politique 1 demande ce rôle" in found
    assert "; le repli de la politique 1 demande ce rôle" in found
    assert found.count("erreur : personne n'est d'astreinte") == 2


def test_contacts_are_tried_and_what_became_of_it_is_journaled(place: Path, phones: Phones) -> None:
    assert "karim/sms: not sent" in refused("test", place / "t.yaml", "--all")
    assert sorted(rung.person for rung in phones.rung) == ["claire", "mail"]
    assert all("TEST" in rung.text for rung in phones.rung)
    outcomes = {said.contact: said.outcome for said in taken(place) if isinstance(said, ContactTested)}
    assert outcomes == {"claire/sms": "sent", "claire/courriel": "sent", "karim/sms": "failed"}


def test_a_code_that_could_not_be_sent_is_told(place: Path) -> None:
    assert "karim/sms : le code n'est pas parti" in refused("verify", place / "t.yaml", "karim/sms", "--send")


@pytest.mark.parametrize(
    "words",
    [("verify", "claire/sms"), ("verify", "claire/sms", "--send", "--code", "1"), ("verify", "zoe/sms", "--send"),
     ("test",), ("test", "claire/sms", "--all"), ("test", "zoe/sms")],
)  # fmt: skip
def test_a_bad_call_is_explained(place: Path, words: tuple[str, ...]) -> None:
    command, *rest = words
    refused(command, place / "t.yaml", *rest, code=2)
    assert list((place / "depot").iterdir()) == []
