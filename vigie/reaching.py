"""Whether the providers answer, told to whoever watches: on the board, in the log, in the health of the process."""

from collections.abc import Iterator
from typing import Final

import structlog

from alerts.adapters.sender import Sender
from alerts.breaker import BreakerState
from dashboards.board import Board

CUT_OFF: Final = "no provider answers: nobody may be reached; use the printed call list (vigie astreinte liste)"

_log = structlog.get_logger()


class Reaching:
    """Shows where a sender's providers stand, and logs when the last of them is lost, and when one is back."""

    def __init__(self, board: Board, sender: Sender) -> None:
        self._board = board
        self._sender = sender
        self._is_cut_off = False

    def turn(self) -> None:
        """Show where they stand now."""
        down = {name: state is not BreakerState.CLOSED for name, state in self._sender.providers.items()}
        is_cut_off = self._sender.is_cut_off
        self._board.delivering.providers(down, is_cut_off=is_cut_off)
        if is_cut_off and not self._is_cut_off:
            _log.critical(CUT_OFF, providers=", ".join(down))
        if self._is_cut_off and not is_cut_off:
            _log.warning("a provider answers again")
        self._is_cut_off = is_cut_off

    def reasons(self) -> Iterator[str]:
        """Yield why nobody may be reached."""
        if self._is_cut_off:
            yield CUT_OFF
