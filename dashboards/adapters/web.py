"""The pages and the metrics, over HTTP: without a script, nothing fetched from elsewhere.

A GET changes nothing: mail scanners follow links. Only the pages of signed links take a POST (`answer_routes`,
`astreinte_routes`). Every answer carries strict headers, errors included, and none shows a stack trace.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from alerts.links import LinkRefusal, Refusal
from alerts.outbox import StorageError
from dashboards.adapters.answer_routes import READ, AnswerRoutes
from dashboards.adapters.astreinte_routes import AstreinteRoutes
from dashboards.adapters.exporter import Exporter
from dashboards.adapters.form_body import FormRefused
from dashboards.adapters.gate import Door, Gate, NotReady, TooMany
from dashboards.adapters.identity import Identity, NotIdentified, NotOnRoster
from dashboards.adapters.pages import Pages
from dashboards.alert_page import alert_page
from dashboards.board import Board
from dashboards.situation import situation

_ERRORS: Final = {
    404: ("Page introuvable", "Cette adresse ne mène à aucune page de Vigie."),
    405: ("Action impossible", "Cette page se lit ; elle ne permet aucune action."),
}
_BROKEN: Final = (
    "Page indisponible",
    "Vigie n'a pas pu afficher cette page. Rechargez-la ; si cela dure, appelez l'équipe de veille.",
)
_LINKS: Final[dict[Refusal, tuple[HTTPStatus, str, str]]] = {
    Refusal.MALFORMED: (HTTPStatus.NOT_FOUND, "Lien incomplet", "Il manque une partie du lien : rouvrez-le en entier."),
    Refusal.FORGED: (HTTPStatus.FORBIDDEN, "Lien non valable", "Ce lien ne vient pas de Vigie, ou il a été modifié."),
    Refusal.UNKNOWN: (HTTPStatus.FORBIDDEN, "Lien non valable", "Vigie ne connaît pas le message de ce lien."),
    Refusal.EXPIRED: (HTTPStatus.GONE, "Lien expiré", "Ce lien est trop ancien pour servir encore."),
    Refusal.CLOSED: (HTTPStatus.GONE, "Alerte terminée", "Cette alerte est terminée : il n'y a plus rien à répondre."),
    Refusal.FOREIGN: (HTTPStatus.FORBIDDEN, "Réponse refusée", "Ce formulaire ne vient pas de la page de votre lien."),
}
_NOTHING_DONE: Final = "Rien n'a été enregistré. Si une situation est en cours, appelez l'équipe de veille."
_TOO_MANY: Final = (
    "Trop de demandes",
    "Attendez une minute, puis rechargez. Si c'est urgent, appelez l'équipe de veille : elle répond pour vous.",
)
_BAD_FORM: Final = ("Formulaire refusé", f"Ce n'est pas un formulaire de Vigie. {_NOTHING_DONE}")
_STORAGE: Final = ("Page indisponible", f"Vigie ne peut pas lire sa base pour l'instant. {_NOTHING_DONE}")
_NOT_READY: Final = (
    "Vigie redémarre",
    f"Vigie relit son journal : rechargez cette page dans un instant. {_NOTHING_DONE}",
)
_NOT_IDENTIFIED: Final = (
    "Accès refusé",
    "Ces pages demandent de passer par l'adresse habituelle, qui vérifie qui vous êtes. En urgence, appelez la veille.",
)
_NOT_ON_ROSTER: Final = (
    "Hors du tableau",
    "Le tableau d'astreinte ne connaît pas votre identifiant : appelez l'équipe de veille.",
)
_NO_ALERT: Final = ("Alerte introuvable", "Cette alerte n'existe pas, ou elle est close depuis longtemps.")


def build_app(
    board: Board,
    exporter: Exporter,
    clock: Callable[[], datetime],
    door: Door | None = None,
    identity: Identity | None = None,
) -> FastAPI:
    """Return the web application of a board; ``clock`` gives the present, aware.

    With a ``door``, signed links open their pages. With an ``identity``, the other pages ask who reads them.
    """
    app = FastAPI(title="Vigie", openapi_url=None, redirect_slashes=False)
    pages = Pages()
    _serve_machines(app, pages, board, exporter)
    _serve_people(app, pages, board, clock, identity)
    if door is not None:
        gate = Gate(door, board, clock)
        AnswerRoutes(gate, pages, board, clock).serve(app)
        AstreinteRoutes(gate, pages, board, clock).serve(app, identity)
        _serve_refusals(app, pages, gate)
    _serve_errors(app, pages)
    return app


def _serve_machines(app: FastAPI, pages: Pages, board: Board, exporter: Exporter) -> None:
    @app.api_route("/metrics", methods=READ)
    def metrics() -> Response:
        return pages.plain(exporter.text(), exporter.content_type)

    @app.api_route("/healthz", methods=READ)
    def healthz() -> Response:
        regions = board.regions.items()
        advanced = (f"{region} {instant.isoformat() if instant else '-'}" for region, instant in regions)
        return pages.plain("\n".join(("ok", *advanced, "")).encode(), "text/plain; charset=utf-8")


def _serve_people(
    app: FastAPI, pages: Pages, board: Board, clock: Callable[[], datetime], identity: Identity | None
) -> None:
    def check(request: Request) -> None:
        if identity is not None:
            identity.reader(request)

    @app.api_route("/", methods=READ)
    def situation_page(request: Request) -> Response:
        check(request)
        return pages.page("situation.html", page=situation(board, clock()))

    @app.api_route("/alertes/{alert_id}", methods=READ)
    def one_alert(request: Request, alert_id: str) -> Response:
        check(request)
        alert = board.alert(alert_id)
        if alert is None:
            return pages.error(HTTPStatus.NOT_FOUND, _NO_ALERT)
        return pages.page("alerte.html", page=alert_page(board, alert, clock()))


def _serve_refusals(app: FastAPI, pages: Pages, gate: Gate) -> None:
    @app.exception_handler(LinkRefusal)
    def useless(request: Request, refusal: LinkRefusal) -> Response:
        gate.refused(request, refusal)
        status, title, why = _LINKS[refusal.reason]
        return pages.error(status, (title, f"{why} {_NOTHING_DONE}"))

    @app.exception_handler(TooMany)
    def too_many(_request: Request, error: TooMany) -> Response:
        return pages.error(HTTPStatus.TOO_MANY_REQUESTS, _TOO_MANY, {"Retry-After": str(error.seconds)})

    @app.exception_handler(FormRefused)
    def bad_form(_request: Request, error: FormRefused) -> Response:
        return pages.error(error.status, _BAD_FORM, {"Connection": "close"})

    @app.exception_handler(NotReady)
    def not_ready(_request: Request, _error: NotReady) -> Response:
        return pages.error(HTTPStatus.SERVICE_UNAVAILABLE, _NOT_READY, {"Retry-After": "5"})

    @app.exception_handler(StorageError)
    def unreadable(_request: Request, _error: StorageError) -> Response:
        return pages.error(HTTPStatus.SERVICE_UNAVAILABLE, _STORAGE, {"Retry-After": "5"})


def _serve_errors(app: FastAPI, pages: Pages) -> None:
    @app.exception_handler(NotIdentified)
    def nobody(_request: Request, _error: NotIdentified) -> Response:
        return pages.error(HTTPStatus.FORBIDDEN, _NOT_IDENTIFIED)

    @app.exception_handler(NotOnRoster)
    def stranger(_request: Request, _error: NotOnRoster) -> Response:
        return pages.error(HTTPStatus.FORBIDDEN, _NOT_ON_ROSTER)

    @app.exception_handler(HTTPException)
    def refused(_request: Request, error: HTTPException) -> Response:
        return pages.error(error.status_code, _ERRORS.get(error.status_code, _BROKEN))

    @app.exception_handler(Exception)
    def broken(_request: Request, _error: Exception) -> Response:
        return pages.error(HTTPStatus.INTERNAL_SERVER_ERROR, _BROKEN)
