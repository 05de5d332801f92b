"""The quality of the sources on the board, kept up to date receipt after receipt."""

from collections.abc import Iterable

from dashboards.board import Board
from streams.collecting.receipts import Receipt
from streams.collecting.source_quality import FollowedSources
from streams.region.feeds import DEFAULT_SILENCE


class SourcesShown:
    """Follows the receipts, those already kept first."""

    def __init__(self, board: Board, receipts: Iterable[Receipt]) -> None:
        self._board = board
        self._followed = FollowedSources()
        last = None
        for receipt in receipts:
            last = receipt if self._followed.add(receipt) else last
        if last is not None:
            self._show(last)

    def receive(self, receipt: Receipt) -> None:
        """Take a new receipt into account."""
        if self._followed.add(receipt):
            self._show(receipt)

    def _show(self, last: Receipt) -> None:
        # Only what does not move between two files is shown: silence has its own metric, which follows the clock.
        self._board.sources(self._followed.statuses(last.received_at, lambda _: DEFAULT_SILENCE))
