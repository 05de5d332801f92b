"""What a live process answers its supervisor: `/health/live`, to be started again otherwise; `/health/ready`, to work.

Nobody who asks waits: what may take long to know is asked for by a thread, now and then, and its last answer is given.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final, Self

import structlog
from fastapi import FastAPI, Response

from dashboards.adapters.serving import DEFAULT_HOST, serve
from streams.adapters.http_problems import Refusal, answer_problems

MOUNTED_AT: Final = "/health"
ASK_EVERY: Final = 2.0
"""Seconds between two looks at what a process depends on."""
SILENT_AFTER: Final = timedelta(seconds=10)
"""How old the last answer of the brokers or the database may be. Vigie's own choice: they answer in milliseconds."""

_log = structlog.get_logger()

Reasons = Callable[[], Iterable[str]]
"""Why not, each in a few words; nothing when all is well."""


@dataclass(frozen=True, slots=True)
class Health:
    """Why a process is not alive, or not ready."""

    live: Reasons
    ready: Reasons


def elapsed() -> timedelta:
    """Return the time of a clock that never goes back."""
    return timedelta(seconds=time.monotonic())


def build_health(health: Health) -> FastAPI:
    """Return the application to mount at `MOUNTED_AT`: 200, or 503 with the reasons as a problem."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    answer_problems(app)

    @app.api_route("/live", methods=["GET", "HEAD"])
    def live() -> Response:
        return _answer(health.live())

    @app.api_route("/ready", methods=["GET", "HEAD"])
    def ready() -> Response:
        return _answer((*health.live(), *health.ready()))

    return app


def _answer(reasons: Iterable[str]) -> Response:
    found = list(reasons)
    if found:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "; ".join(found))
    return Response(b"ok\n", media_type="text/plain; charset=utf-8")


@contextmanager
def health_port(port: int | None, health: Health, metrics: Callable[[], bytes] | None = None) -> Iterator[None]:
    """Answer on a port of this machine alone as long as the block lasts; on none when ``port`` is None.

    ``metrics`` gives what the process itself measures, in Prometheus text.
    """
    if port is None:
        yield
        return
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    answer_problems(app)
    app.mount(MOUNTED_AT, build_health(health))
    if metrics is not None:
        app.add_api_route("/metrics", lambda: Response(metrics(), media_type="text/plain; version=1.0.0"))
    with serve(app, DEFAULT_HOST, port) as serving:
        _log.info("health", at=f"http://{serving.host}:{serving.port}{MOUNTED_AT}/ready")
        yield


class Asking:
    """Something a process depends on (``what``), asked now and then by a thread of its own; a context.

    ``ask`` returns when it answers; ``expected`` are the errors that say why it does not.
    """

    def __init__(self, what: str, ask: Callable[[], object], expected: tuple[type[Exception], ...]) -> None:
        self._what = what
        self._ask = ask
        self._expected = expected
        self._answered_at: timedelta | None = None
        self._why = "has not answered yet"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"vigie-ask-{what}", daemon=True)

    def reasons(self) -> Iterator[str]:
        """Yield why it is not to be counted on."""
        answered_at = self._answered_at
        if answered_at is None:
            yield f"{self._what}: {self._why}"
        elif elapsed() - answered_at > SILENT_AFTER:
            yield f"{self._what}: has not answered for {int((elapsed() - answered_at).total_seconds())} s"

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._ask()
            except self._expected as error:
                self._why, self._answered_at = str(error), None
            except Exception as error:  # noqa: BLE001 - it must go on asking; what it asks for then does not answer
                self._why, self._answered_at = type(error).__name__, None
            else:
                self._answered_at = elapsed()
            self._stop.wait(ASK_EVERY)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Not joined: what does not answer may hold it for long, and nothing depends on it any more.
        self._stop.set()
