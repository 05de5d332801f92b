"""How `vigie run` is reached from outside: its pages, the files posted to it, the answers given on its pages."""

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import FastAPI

from alerts.links import LinkKeys
from dashboards.adapters.exporter import Exporter
from dashboards.adapters.gate import Door
from dashboards.adapters.serving import serve
from dashboards.adapters.web import build_app
from dashboards.board import Board
from streams.adapters.handoff import Handoff
from streams.adapters.http_intake import MOUNTED_AT
from streams.adapters.sqlite_journal import SqliteJournal
from vigie.http_deliveries import way_in
from vigie.link_settings import finding, hosts_of, identity_of, keys_beside, lifetime_of, proxies_of
from vigie.said import SaidToWriter
from vigie.settings import Settings


@dataclass(frozen=True, slots=True)
class Doors:
    """What the web server's threads and the monitor's share.

    ``handoff`` and ``said`` bring files and answers to the monitor's thread, the only writer, and set ``wake``;
    ``board`` is what pages show; ``address`` is where they are served (http://host:port), and ``app`` takes what is
    mounted later.
    """

    app: FastAPI
    address: str
    board: Board
    links: LinkKeys
    handoff: Handoff
    said: SaidToWriter
    wake: threading.Event

    def close(self) -> None:
        """Take nothing any more; those who wait are told so."""
        self.handoff.close()
        self.said.close()


def open_doors(settings: Settings, journal: SqliteJournal, stack: ExitStack) -> Doors:
    """Serve until the stack unwinds; OSError when the port is taken."""
    wake = threading.Event()
    board, links = Board(), keys_beside(settings.journal, settings.link_keys)
    handoff, said = Handoff(wake.set), SaidToWriter(wake.set)
    app = _pages(settings, board, links, journal, said)
    app.mount(MOUNTED_AT, way_in(settings.journal, journal, handoff))
    serving = stack.enter_context(serve(app, settings.host, settings.port))
    doors = Doors(app, f"http://{serving.host}:{serving.port}", board, links, handoff, said, wake)
    stack.callback(doors.close)
    return doors


def _pages(settings: Settings, board: Board, links: LinkKeys, journal: SqliteJournal, said: SaidToWriter) -> FastAPI:
    door = Door(
        links,
        finding(journal.outbox),
        said,
        settings.region,
        lifetime=lifetime_of(settings.link_hours),
        proxies=proxies_of(settings.proxies),
        hosts=hosts_of(str(settings.link_base or "")),
    )
    identity = identity_of(settings.identity_header, settings.proxies)
    return build_app(board, Exporter(board), lambda: datetime.now(UTC), door, identity)
