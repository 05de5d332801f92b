"""The web server, in a thread beside the monitor."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Final

import uvicorn
from fastapi import FastAPI

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8044
"""Vigie's own choice; the address is local unless someone decides otherwise."""

_GRACE_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Serving:
    """A running server: where it listens, and the uvicorn object whose ``should_exit`` stops it."""

    host: str
    port: int
    server: uvicorn.Server


@contextmanager
def serve(app: FastAPI, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> Iterator[Serving]:
    """Serve ``app`` from a thread until the block ends; port 0 takes any free port.

    The address is bound before the thread starts: OSError here, and not in a thread, when it is taken.
    """
    listener = socket.create_server((host, port))
    # asyncio leaves it out for a socket made elsewhere: each answer would wait 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # uvicorn would believe X-Forwarded-For from any local process
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="vigie-web", daemon=True)
    thread.start()
    try:
        yield Serving(host, listener.getsockname()[1], server)
    finally:
        server.should_exit = True
        thread.join(2 * _GRACE_SECONDS)
        listener.close()
