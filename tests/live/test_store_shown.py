"""What the database says on the board: each receipt once, whoever collected it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.outbox import StorageError
from dashboards.board import Board
from streams.adapters.live_store import LiveStore
from streams.collecting.ledger import Collected
from tests.feeds.collecting_builders import NOW
from tests.feeds.test_receipts import RECEIPT
from tests.live_database.failing import failing_store
from vigie.store_shown import StoreShown


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LiveStore]:
    with LiveStore.open(f"sqlite:///{tmp_path / 'live.db'}") as opened:
        yield opened


def collect(store: LiveStore, number: int) -> None:
    receipt = replace(
        RECEIPT, id=f"r{number}", feed="rpu", source="ETAB-440000271", received_at=NOW + timedelta(days=number)
    )
    store.commit_collected("52", Collected(receipt=receipt), {})


def files(board: Board) -> int:
    return sum(status.files for status in board.source_statuses.values())


def test_receipts_are_shown_as_they_come(store: LiveStore) -> None:
    board = Board()
    shown = StoreShown(board, store)
    shown.turn()
    assert (files(board), board.deliveries["pending"]) == (0, 0)
    for number in (1, 2):
        collect(store, number)
        shown.turn()
        shown.turn()
        assert files(board) == number


def test_a_database_that_was_away_is_read_later(tmp_path: Path) -> None:
    database, store = failing_store(tmp_path)
    board = Board()
    shown = StoreShown(board, store)
    collect(store, 1)
    database.is_away = True
    with pytest.raises(StorageError):
        shown.turn()
    database.is_away = False
    shown.turn()
    assert files(board) == 1
    store.close()
