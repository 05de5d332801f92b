"""The pages and the metrics, over HTTP: read only, without a script, nothing fetched from elsewhere.

A GET changes nothing: mail scanners follow links. Every answer carries the same strict headers, errors
included, and no answer shows a stack trace.
"""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException

from dashboards.adapters.exporter import Exporter
from dashboards.alert_page import alert_page
from dashboards.board import Board
from dashboards.situation import situation

_READ: Final = ["GET", "HEAD"]
_ERRORS: Final = {
    404: ("Page introuvable", "Cette adresse ne mène à aucune page de Vigie."),
    405: ("Action impossible", "Cette page se lit ; elle ne permet aucune action."),
}
_BROKEN: Final = (
    "Page indisponible",
    "Vigie n'a pas pu afficher cette page. Rechargez-la ; si cela dure, appelez l'équipe de veille.",
)
_NO_ALERT: Final = ("Alerte introuvable", "Cette alerte n'existe pas, ou elle est close depuis longtemps.")


class _Pages:
    """The templates, and the headers that go with them."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("dashboards"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        style = self._environment.get_template("vigie.css").render()
        digest = b64encode(sha256(style.encode()).digest()).decode()
        self._headers = {
            "Content-Security-Policy": (
                f"default-src 'none'; style-src 'sha256-{digest}'; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }

    def plain(self, text: bytes, media_type: str) -> Response:
        return Response(text, media_type=media_type, headers=self._headers)

    def page(self, template: str, status: int = HTTPStatus.OK, **values: object) -> Response:
        text = self._environment.get_template(template).render(**values)
        return Response(text, status, self._headers, "text/html; charset=utf-8")

    def error(self, status: int, words: tuple[str, str]) -> Response:
        return self.page("erreur.html", status, title=words[0], explanation=words[1])


def build_app(board: Board, exporter: Exporter, clock: Callable[[], datetime]) -> FastAPI:
    """Return the web application of a board; ``clock`` gives the present, aware."""
    app = FastAPI(title="Vigie", openapi_url=None, redirect_slashes=False)
    pages = _Pages()
    _serve_machines(app, pages, board, exporter)
    _serve_people(app, pages, board, clock)
    _serve_errors(app, pages)
    return app


def _serve_machines(app: FastAPI, pages: _Pages, board: Board, exporter: Exporter) -> None:
    @app.api_route("/metrics", methods=_READ)
    def metrics() -> Response:
        return pages.plain(exporter.text(), exporter.content_type)

    @app.api_route("/healthz", methods=_READ)
    def healthz() -> Response:
        regions = board.regions.items()
        advanced = (f"{region} {instant.isoformat() if instant else '-'}" for region, instant in regions)
        return pages.plain("\n".join(("ok", *advanced, "")).encode(), "text/plain; charset=utf-8")


def _serve_people(app: FastAPI, pages: _Pages, board: Board, clock: Callable[[], datetime]) -> None:
    @app.api_route("/", methods=_READ)
    def situation_page() -> Response:
        return pages.page("situation.html", page=situation(board, clock()))

    @app.api_route("/alertes/{alert_id}", methods=_READ)
    def one_alert(alert_id: str) -> Response:
        alert = board.alert(alert_id)
        if alert is None:
            return pages.error(HTTPStatus.NOT_FOUND, _NO_ALERT)
        return pages.page("alerte.html", page=alert_page(board, alert, clock()))


def _serve_errors(app: FastAPI, pages: _Pages) -> None:
    @app.exception_handler(HTTPException)
    def refused(_request: Request, error: HTTPException) -> Response:
        return pages.error(error.status_code, _ERRORS.get(error.status_code, _BROKEN))

    @app.exception_handler(Exception)
    def broken(_request: Request, _error: Exception) -> Response:
        return pages.error(HTTPStatus.INTERNAL_SERVER_ERROR, _BROKEN)
