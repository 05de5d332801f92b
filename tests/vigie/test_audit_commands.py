"""`vigie audit`: all that was decided and said is shown, proved, and its old texts erased."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.answers import AnswerDecision
from alerts.channel import SENT, Outcome, failed
from alerts.erasure import erased_digest
from alerts.wording import Message
from dashboards.audit_text import COLUMNS
from orsan_plans.adapters.plan_files import shipped_catalogue
from streams import messages
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.writer_lock import only_writer
from streams.entry import Draft, Status
from streams.journal import JournalPurpose
from streams.messages.decisions import Acknowledge, DecideVolet
from streams.messages.deliveries import DeliveryReport, TextsErased
from streams.messages.exercises import ExerciseOpened
from streams.messages.reference import RosterVersion
from streams.messages.signals import SignalSanitaire
from tests.vigie.monitored import vigie
from vigie.embedded import Embedded
from vigie.past import catalogue_message
from vigie.settings import Settings
from vigie.stage import AtOnce, roster
from vigie.text_keeping import BY_RULE, erase_by_rule, telling_monitor

T0 = datetime(2026, 1, 14, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Phones:
    """Everybody can be reached, but for the contacts that do not answer."""

    def __init__(self, *dead: str) -> None:
        self._dead = dead

    def send(self, contact: str, message: Message) -> Outcome:
        del message
        return failed("the line is dead") if contact in self._dead else SENT


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., Path]:
    def played(*dead: str) -> Path:
        path = tmp_path / "J.db"
        with SqliteJournal.create(path) as journal:
            embedded = Embedded(journal, Phones(*dead), AtOnce(), "http://127.0.0.1:8044")
            _evening(embedded)
        return path

    return played


def _evening(embedded: Embedded) -> None:
    """Play a real alert answered by the second person called, and an exercise in the middle of it."""
    people = roster("52")
    embedded.say("52", catalogue_message(shipped_catalogue()), T0)
    embedded.say("52", RosterVersion(people.sha256, people.content), T0)
    signal = SignalSanitaire("s", "afflux_massif_de_victimes", "DEP-44", "=Collision", "SAMU")
    embedded.say("52", signal, T0)
    opened = ExerciseOpened(
        "2026-03", "Joué", "AMAVI", ("claire.martin", "karim.benali"), T0, T0 + 60 * MINUTE, "Cheffe"
    )
    embedded.say("52", opened, T0 + MINUTE, Status.EXERCISE)
    embedded.say("52", signal, T0 + MINUTE, Status.EXERCISE)
    _pass(embedded, T0 + MINUTE, T0 + 12 * MINUTE)
    [real] = [each for each in embedded.board.alerts if each.status == "actual"]
    answer = Acknowledge(real.brief.alert_id, "Anne", "page", AnswerDecision.TAKE, "j'arrive", "anne.le-goff")
    embedded.say("52", answer, T0 + 12 * MINUTE)
    embedded.say("52", Acknowledge("inconnue", "Anne"), T0 + 13 * MINUTE)
    decided = DecideVolet("AMAVI", "DEP-44", "activer", "Directrice générale", "Afflux confirmé")
    embedded.say("52", decided, T0 + 14 * MINUTE)
    _pass(embedded, T0 + 14 * MINUTE, T0 + 90 * MINUTE)
    embedded.finish(T0 + 90 * MINUTE)


def _pass(embedded: Embedded, since: datetime, until: datetime) -> None:
    while since <= until:
        embedded.turn(since)
        since += timedelta(seconds=5)


def test_the_audit_says_who_was_told_what_when_how_and_what_became_of_it(play: Callable[..., Path]) -> None:
    done = vigie("audit", "show", "--journal", play("karim.benali/sms", "claire.martin/sms"))
    assert done.exit_code == 0, done.output
    text = done.stdout.replace("\u00a0", " ").replace("\u202f", " ")
    for line in (
        r"ALERTE · AMAVI · Loire-Atlantique \(44\)",
        r"EXERCICE EXERCICE EXERCICE · n° 2026-03 · ALERTE · AMAVI",
        r"09:00:00  alerte ouverte, posture ALERTE",
        r"09:00:00  appel de \w+ \w+ \(cadre\) par SMS : ÉCHEC à 09:0\d:\d\d, 4 essais \(the line is dead\)",
        r"09:\d\d:\d\d  appel de Dr Anne Le Goff \(medecin\) par SMS : envoyé à 09:\d\d:\d\d, 1 essai",
        r"\| ALERTE AMAVI Loire-Atlantique \(44\): [^\n]+\n +\| http://127.0.0.1:8044/alertes/",
        r"n'est pas prévenu : exercice, personne hors exercice n'est prévenu",
        r"09:12:00  Dr Anne Le Goff répond « je prends » \(page\) \(j'arrive\)",
        r"09:13:00  Anne répond « je prends » ; sans effet : no alert inconnue",
        r"09:14:00  Directrice générale active le volet AMAVI DEP-44 : Afflux confirmé",
        r"09:01:00  exercice 2026-03 ouvert par Cheffe \(Joué \(AMAVI\) : claire.martin, karim.benali\)",
    ):
        assert re.search(line, text), (line, text)


def test_one_alert_one_person_or_some_days_are_shown_alone(play: Callable[..., Path]) -> None:
    journal = play()
    whole = vigie("audit", "show", "--journal", journal).stdout
    alerts = re.findall(r"^  alerte (\S+)$", whole, re.MULTILINE)
    assert len(alerts) == 2
    one = vigie("audit", "show", "--journal", journal, "--alert", alerts[0]).stdout
    assert re.findall(r"^  alerte (\S+)$", one, re.MULTILINE) == alerts[:1]
    anne = vigie("audit", "show", "--journal", journal, "--person", "anne.le-goff", "--no-texts").stdout
    phrases = re.findall(r"^    \d\d:\d\d:\d\d  (.*)$", anne, re.MULTILINE)
    assert phrases
    assert all("Anne Le Goff" in each for each in phrases)
    assert "|" not in anne
    for days in (("--from", "2026-01-15"), ("--to", "2026-01-13")):
        assert vigie("audit", "show", "--journal", journal, *days).stdout.startswith("0 message ")
    assert vigie("audit", "show", "--journal", journal, "--from", "2026-01-14", "--to", "2026-01-14").stdout == whole


def test_the_table_has_a_row_for_each_fact_and_no_formula(play: Callable[..., Path], tmp_path: Path) -> None:
    table = tmp_path / "audit.csv"
    assert vigie("audit", "show", "--journal", play(), "--csv", table).exit_code == 0
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert {row["quoi"] for row in rows} == {
        *("alerte", "message", "non-envoi", "réponse", "évolution", "décision", "exercice"),
    }
    assert all(row["resultat"] == "sent" and row["texte"] for row in rows if row["quoi"] == "message")
    assert {row["exercice"] for row in rows if row["statut"] == "exercise" and row["quoi"] == "message"} == {"2026-03"}
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@")]


def test_what_is_sound_is_said_with_its_digest(play: Callable[..., Path]) -> None:
    journal = play("claire.martin/sms")
    done = vigie("audit", "verify", "--journal", journal)
    assert done.exit_code == 0, done.output
    digest = vigie("journal", "verify", journal).stdout.split()[2]
    assert f"digest {digest}" in done.stdout


def test_a_report_that_no_sender_wrote_fails_the_audit(play: Callable[..., Path]) -> None:
    journal = play()
    with SqliteJournal.open(journal) as opened:
        embedded = Embedded(opened, Phones(), AtOnce(), "http://127.0.0.1:8044")
        embedded.say("52", DeliveryReport("inconnue", "sent", 1), T0 + 100 * MINUTE)
        number = opened.head("52").seq
    done = vigie("audit", "verify", "--journal", journal)
    assert done.exit_code == 1
    assert f"entry {number}: reports notification inconnue" in done.stderr


def texts_of(journal: Path) -> list[str]:
    with SqliteJournal.open(journal, read_only=True) as opened:
        return [item.body for item in opened.outbox.items("52") if erased_digest(item) is None]


def test_old_texts_are_erased_in_two_steps_and_the_audit_still_holds(play: Callable[..., Path]) -> None:
    journal = play()
    order = ("audit", "purge", "--journal", journal, "--before", "2026-01-15", "--by", "DPO", "--reason", "Registre")
    preview = vigie(*order)
    assert preview.exit_code == 0, preview.output
    [code] = re.findall(r"--confirm ([0-9a-f]{8})$", preview.stdout, re.MULTILINE)
    kept = texts_of(journal)
    wrong = vigie(*order, "--confirm", "00000000")
    assert (wrong.exit_code, texts_of(journal)) == (1, kept)
    done = vigie(*order, "--confirm", code)
    assert done.exit_code == 0, done.output
    assert (texts_of(journal), kept == []) == ([], False)
    assert vigie("audit", "verify", "--journal", journal).exit_code == 0
    shown = vigie("audit", "show", "--journal", journal).stdout
    assert "texte effacé, sha256" in shown
    assert re.search(r"\d+ textes effacés par DPO \(Registre\)", shown)
    assert "no text to erase" in vigie(*order).stdout


def test_a_rule_erases_by_itself_and_says_so(play: Callable[..., Path]) -> None:
    journal = play()
    with SqliteJournal.open(journal) as opened:
        monitor = Embedded(opened, Phones(), AtOnce(), "http://127.0.0.1:8044").monitor
        now, kept = T0 + timedelta(days=31), timedelta(days=30)
        outbox, tell = opened.outbox, telling_monitor(monitor, now)
        assert erase_by_rule(outbox, now, Settings(keep_texts_days=None).texts_kept, tell) == 0
        assert erase_by_rule(outbox, now - timedelta(days=3), kept, tell) == 0
        kept_texts = texts_of(journal)
        count = erase_by_rule(outbox, now, kept, tell)
        assert count == len(kept_texts) > 0
        assert erase_by_rule(outbox, now, kept, tell) == 0
        last = list(opened.entries("52"))[-1]
        said = messages.decode(last.kind, last.payload)
        assert isinstance(said, TextsErased)
        assert (said.texts, said.by) == (count, BY_RULE)
        assert all(erased_digest(item) for item in opened.outbox.items("52"))


def test_nobody_erases_what_a_monitor_is_writing(play: Callable[..., Path]) -> None:
    journal = play()
    order = ("--before", "2026-01-15", "--by", "DPO", "--reason", "Registre")

    with only_writer(journal, "vigie run"):
        done = vigie("audit", "purge", "--journal", journal, *order)
    assert done.exit_code == 1
    assert "vigie run" in done.stderr


def test_the_audit_of_a_past_crisis_sends_nothing_and_verifies(tmp_path: Path) -> None:

    path = tmp_path / "R.db"
    with SqliteJournal.create(path, JournalPurpose.RETEX) as journal:
        embedded = Embedded(journal, Phones(), AtOnce(), "http://127.0.0.1:8044")
        embedded.receive(
            [Draft(T0, Status.ACTUAL, "52", *messages.encode(SignalSanitaire("s", "x", "DEP-44", "t", "S")))], T0
        )
    assert vigie("audit", "verify", "--journal", path).exit_code == 0
