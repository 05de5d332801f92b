"""The quality of the sources on the board, receipt after receipt."""

import re
from dataclasses import replace
from datetime import timedelta

from dashboards.adapters.exporter import Exporter
from dashboards.board import Board
from streams.collecting.collector import Collector
from streams.collecting.receipts import Receipt
from tests.feeds.collecting_builders import ETAB, FORMATS, NOW, collector, file, received, sent
from vigie.sources_shown import SourcesShown

KEY = ("52", "rpu", f"ETAB-{ETAB}")


def metrics(board: Board) -> str:
    return Exporter(board, "1").text().decode()


def test_a_collected_file_is_shown_at_once() -> None:
    board = Board()
    shown = SourcesShown(board, ())
    made = Collector(collector().monitor, FORMATS, told=shown.receive)
    made.collect(sent(file("a 2026-01-14 3", "b 2026-01-14", "!illisible")), received())
    labels = f'feed="rpu",region="52",territory="ETAB-{ETAB}"'
    text = metrics(board)
    assert f'vigie_source_fill_ratio{{feed="rpu",field="GRAVITE",region="52",territory="ETAB-{ETAB}"}} 0.5' in text
    assert f"vigie_source_reject_ratio{{{labels}}} 0.333" in text
    found = re.search(rf"vigie_source_expected_timestamp_seconds{{{labels}}} (\S+)", text)
    assert found
    assert float(found[1]) == (NOW + timedelta(days=1)).timestamp()
    assert f'quantile="0.5",region="52",territory="ETAB-{ETAB}"' in text
    assert "vigie_source_reject_limit_ratio{" not in text  # too few files to know


def test_a_refused_file_and_messages_are_of_no_source() -> None:
    board = Board()
    shown = SourcesShown(board, ())
    shown.receive(Receipt("1", "52", NOW, "x", "0", refused="illisible"))
    shown.receive(Receipt("2", "52", NOW, "x.jsonl", "0", "messages"))
    assert board.source_statuses == {}


def test_a_start_shows_what_was_received_before() -> None:
    board = Board()
    receipt = Receipt("1", "52", NOW, "x", "0", feed="rpu", source=KEY[2], received=2, accepted=1, quarantined=1)
    several = [replace(receipt, id=str(n), received_at=NOW + n * timedelta(days=1)) for n in range(6)]
    SourcesShown(board, several)
    assert board.source_statuses[KEY].files == 6
    assert f'vigie_source_reject_limit_ratio{{feed="rpu",region="52",territory="ETAB-{ETAB}"}}' in metrics(board)


def test_the_free_name_of_a_source_is_no_label() -> None:
    board = Board()
    SourcesShown(board, [Receipt("1", "52", NOW, "x", "0", feed="signaux", source="Dr Untel")])
    assert "Untel" not in metrics(board)
