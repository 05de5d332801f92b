"""Who reads, as a reverse proxy says it in a header: believed from the proxies that were named, from nobody else."""

from dataclasses import dataclass

from fastapi import Request

from dashboards.board import Board
from dashboards.callers import Proxies


class NotIdentified(Exception):
    """The request names nobody that Vigie can believe."""


class NotOnRoster(Exception):
    """Somebody is named, whom no roster knows."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The header that names the reader, and the proxies it is believed from."""

    header: str
    proxies: Proxies

    def reader(self, request: Request) -> str:
        """Return who reads; NotIdentified. More than one value is nobody: a proxy that adds must first remove."""
        named = request.headers.getlist(self.header)
        peer = request.client.host if request.client else ""
        if len(named) != 1 or not named[0].strip() or not self.proxies.hold(peer):
            raise NotIdentified
        return named[0].strip()

    def person(self, request: Request, board: Board) -> tuple[str, str]:
        """Return the région and the roster id of who reads; NotIdentified, NotOnRoster."""
        reader = self.reader(request)
        for region in board.regions:
            roster = board.roster(region)
            if roster is not None and roster.person(reader) is not None:
                return region, reader
        raise NotOnRoster
