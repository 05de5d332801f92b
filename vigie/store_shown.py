"""What the database of the live processes says on the board: messages waiting, the quality of the sources."""

from dashboards.board import Board
from streams.adapters.live_store import LiveStore
from streams.collecting.receipts import Receipt
from vigie.sources_shown import SourcesShown


class StoreShown:
    """Reads what is new at each turn; StorageError: it is read at the next one."""

    def __init__(self, board: Board, store: LiveStore) -> None:
        self._board = board
        self._store = store
        self._after = 0
        self._sources: SourcesShown | None = None

    def turn(self) -> None:
        """Show the outbox and the receipts of now."""
        self._board.outbox({state.value: count for state, count in self._store.outbox.counts().items()})
        # Two collectors may commit their receipts out of order: one missed here only shows after the next start.
        new = list(self._store.receipts.numbered(after=self._after))
        if new:
            self._show([receipt for _, receipt in new])
            self._after = new[-1][0]

    def _show(self, receipts: list[Receipt]) -> None:
        if self._sources is None:
            self._sources = SourcesShown(self._board, receipts)
            return
        for receipt in receipts:
            self._sources.receive(receipt)
