"""`vigie run` as its users meet it: files in, messages out, pages, answers, a clean end."""

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.adapters.sqlite_journal import SqliteJournal
from streams.journal import JournalPurpose
from tests.alerts.mail_server import Mailbox, mail_server
from tests.vigie.monitored import Phones, Place, eventually, last_line, line, signal_line, vigie


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def test_from_a_dropped_signal_to_a_mail_a_page_an_answer_and_a_clean_end(tmp_path: Path, mailbox: Mailbox) -> None:
    place = Place(tmp_path)
    place.people_at(mailbox.address)
    with place.monitor() as monitor:
        base = monitor.base()
        place.leave("signal", signal_line("panne"))
        mail = eventually(lambda: next(iter(mailbox.mails), None), "a mail")
        body = mail.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert mail["To"] == "claire@example.org"
        assert "ALERTE CYBER" in mail["Subject"]
        assert "Loire-Atlantique" in mail["Subject"]
        for words in ("Où : ", "Depuis le ", "D'abord : Appeler l'établissement", "Répondez pour arrêter les appels"):
            assert words in text
        signed = re.search(rf"{re.escape(base)}(/r/[A-Za-z0-9_-]{{43}})\s", text)
        assert signed, text

        page = monitor.get(signed[1])
        assert page.status_code == 200
        assert "Loire-Atlantique" in page.text
        link = re.search(r'href="(/alertes/([0-9a-f-]+))"', monitor.get("/").text)
        assert link
        assert monitor.get("/alertes/none").status_code == 404
        assert "Traceback" not in monitor.get("/alertes/none").text
        metrics = eventually(lambda: _with_a_page(monitor.get("/metrics").text), "the page in the metrics")
        assert "vigie_postures{" in metrics or "vigie_posture" in metrics

        answered = vigie("ack", link[2], "--by", "Claire Martin", "--drop", place.drop)
        assert answered.exit_code == 0, answered.stderr
        eventually(lambda: "Claire Martin a répondu" in monitor.get(link[1]).text, "the answer on the page")

        assert monitor.stop() == 0
        assert "Traceback" not in monitor.text
    assert len(mailbox.mails) == 1
    assert place.dropped() == []
    assert len(list((place.drop / "recus").iterdir())) == 2
    replayed = vigie("retex", "replay", place.journal)
    assert "identical to what the journal decided" in replayed.stdout
    assert last_line(vigie("journal", "verify", place.journal).stdout)[:2] == ["sound:", "digest"]


def _with_a_page(metrics: str) -> str:
    sent = re.search(r'vigie_notifications_total\{[^}]*outcome="sent"[^}]*\} 1\.0', metrics)
    return metrics if sent else ""


def test_refused_files_are_put_aside_with_their_reason_and_the_monitor_goes_on(place: Place, phones: Phones) -> None:
    place.drop.mkdir()
    (place.drop / "surprise.csv").write_text("colonne;autre\n1;2\n")
    (place.drop / "profond.jsonl").write_text("[" * 100_000)
    (place.drop / ("long" * 60 + ".jsonl")).write_text("{}\n")
    (place.drop / b"\xff\xfe.csv".decode(errors="surrogateescape")).write_text("x\n")
    (place.drop / "en-cours.csv.part").write_text("dep;jour\n")
    with place.monitor() as monitor:
        eventually(lambda: place.dropped() == ["en-cours.csv.part"], "every whole file taken")
        place.leave("ensuite", signal_line("panne"))
        eventually(lambda: phones.rung, "a call")
        assert monitor.stop() == 0
    reasons = [path.read_text() for path in (place.drop / "rejetes").glob("*.raison.txt")]
    assert len(reasons) == 4
    assert all(": " in reason for reason in reasons)
    assert "Traceback" not in monitor.text


def test_a_stop_does_not_wait_for_a_channel_that_never_answers(place: Place, phones: Phones) -> None:
    phones.answering.clear()
    place.leave("signal", signal_line("panne"))
    with place.monitor() as monitor:
        eventually(lambda: phones.rung, "a call")
        assert monitor.stop() == 0
        assert "unanswered=1" in monitor.text
    phones.answering.set()
    with place.monitor() as monitor:
        eventually(lambda: len(phones.rung) == 2, "the same call again, at once")
        assert phones.rung[0].title == phones.rung[1].title
        assert monitor.stop() == 0
        assert "unanswered=0" in monitor.text


def test_decisions_and_instants_of_any_offset_go_through_the_drop_directory(place: Place, phones: Phones) -> None:
    place.leave("signal", {**signal_line("panne"), "occurred_at": "2026-01-14T08:12:00+01:00"})
    with place.monitor() as monitor:
        eventually(lambda: phones.rung, "a call")
        decided = vigie(
            *("decide", "activer", "CYBER", "DEP-44", "--author", "DG", "--reason", "panne", "--drop", place.drop)
        )
        assert decided.exit_code == 0
        eventually(lambda: "ACTIVATION" in monitor.get("/").text, "the decision on the situation page")
        assert monitor.stop() == 0


def test_what_cannot_be_watched_is_said_before_anything_is_written(place: Place, tmp_path: Path) -> None:
    retex = tmp_path / "retex.db"
    SqliteJournal.create(retex, JournalPurpose.RETEX).close()
    bad = tmp_path / "mauvais.yaml"
    bad.write_text(place.roster.read_text().replace("region:", "région:"))
    elsewhere = tmp_path / "ailleurs.yaml"
    elsewhere.write_text(place.roster.read_text().replace('"52"', '"76"'))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    run = ("run", "--journal", place.journal, "--drop", place.drop)
    cases = {
        ("run", "--journal", retex, "--drop", place.drop): "this journal holds a past crisis (retex)",
        (*run, "--roster", bad): "mauvais.yaml:2: région",
        (*run, "--roster", elsewhere): "the roster is of région 76, the monitor watches 52",
        (*run, "--roster", tmp_path / "absent.yaml"): "absent.yaml",
        (*run, "--plans", tmp_path / "absent"): "absent",
    }
    for arguments, words in cases.items():
        refused = vigie(*arguments)
        assert refused.exit_code == 1
        assert words in refused.stderr
        assert "Traceback" not in refused.stderr
        assert not place.journal.exists()
        assert not place.drop.exists()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_taken_port_is_said(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = vigie("run", "--journal", place.journal, "--drop", place.drop, "--port", port)
    assert refused.exit_code == 1
    assert "Address already in use" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_unknown_alert_changes_nothing_but_is_journaled(place: Place) -> None:
    place.leave("reponse", line("alert.acknowledge", {"alert_id": "none", "by": "Claire"}))
    with place.monitor() as monitor:
        monitor.base()
        eventually(lambda: not place.dropped(), "the answer read")
        monitor.process.send_signal(signal.SIGINT)
        assert monitor.ended() == 0
        assert "Traceback" not in monitor.text
    with SqliteJournal.open(place.journal) as journal:
        assert [entry.kind for entry in journal.entries("52")][-1] == "alert.acknowledge"
