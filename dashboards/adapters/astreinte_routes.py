"""The pages of the person on call: what is open (``/p/``, ``/a/``, ``/astreinte``), and the relève to acknowledge."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from alerts.links import Scope, answer_token
from alerts.sms_wording import signed_link
from dashboards.adapters.answer_routes import READ
from dashboards.adapters.form_body import form_of
from dashboards.adapters.gate import Gate, trimmed
from dashboards.adapters.identity import Identity
from dashboards.adapters.opened import answer_path
from dashboards.adapters.pages import Pages
from dashboards.astreinte_page import astreinte_page, told_ids, was_told
from dashboards.board import Board
from dashboards.forms import StaleForm, form_field, read_form
from dashboards.naming import name_of
from dashboards.recording import NotRecorded, PerhapsRecorded
from dashboards.releve import Releve, releve
from streams.entry import Status
from streams.messages.decisions import ReleveAcknowledged

_STALE: Final = "Cette page était ouverte depuis trop longtemps. Rien n'est enregistré : relisez, puis confirmez."
_NO_ROLE: Final = "Rien n'est enregistré : choisissez le rôle que vous prenez."


class AstreinteRoutes:
    """Serves the status pages and the relève."""

    def __init__(self, gate: Gate, pages: Pages, board: Board, clock: Callable[[], datetime]) -> None:
        self._gate = gate
        self._pages = pages
        self._board = board
        self._clock = clock

    def serve(self, app: FastAPI, identity: Identity | None) -> None:
        """Add the routes; ``/astreinte`` only where a proxy says who reads."""

        @app.api_route("/p/{token}", methods=READ)
        def read(request: Request, token: str) -> Response:
            self._gate.admit(request, token)
            told = self._gate.told(Scope.READ, token)
            return self._status(told.region, told.notify.person, {}, "")

        @app.api_route("/a/{token}", methods=READ)
        def status(request: Request, token: str) -> Response:
            self._gate.admit(request, token)
            region, person = self._gate.person(token)
            path = signed_link("", Scope.PERSON, trimmed(token))
            return self._status(region, person, self._paths(region, person), f"{path}/releve")

        @app.api_route("/a/{token}/releve", methods=READ)
        def handover(request: Request, token: str) -> Response:
            self._gate.admit(request, token)
            return self._releve(trimmed(token), *self._gate.person(token))

        @app.post("/a/{token}/releve")
        async def take(request: Request, token: str) -> Response:
            self._gate.admit(request, token)
            fields = await form_of(request)
            return await run_in_threadpool(self._take, request, trimmed(token), fields)

        if identity is not None:

            @app.api_route("/astreinte", methods=READ)
            def own(request: Request) -> Response:
                region, person = identity.person(request, self._board)
                return self._status(region, person, self._paths(region, person), "")

    def _status(self, region: str, person: str, paths: dict[str, str], releve_path: str) -> Response:
        page = astreinte_page(self._board, region, person, self._clock(), paths)
        return self._pages.page("astreinte.html", page=page, releve_path=releve_path)

    def _paths(self, region: str, person: str) -> dict[str, str]:
        """Return the answer links of a person by alert id: one for each open alert they were told of."""
        paths = {}
        for alert in self._board.alerts:
            if alert.region == region and alert.is_open and was_told(alert, person):
                notify = next(
                    filter(None, (self._gate.door.find(region, id_) for id_ in told_ids(alert, person))), None
                )
                token = answer_token(self._gate.door.keys, notify) if notify else None
                if notify and token:
                    paths[alert.brief.alert_id] = answer_path(notify, token, alert.brief.alert_id)
        return paths

    def _releve(
        self, token: str, region: str, person: str, notice: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        door, now = self._gate.door, self._clock()
        digest = releve(self._board, region, person, now)
        field = form_field(door.keys, f"{token} {digest.shown}", now, door.nonce(), 0)
        return self._pages.form(
            "releve.html", status, page=digest, field=field, notice=notice, path=signed_link("", Scope.PERSON, token)
        )

    def _take(self, request: Request, token: str, fields: dict[str, str]) -> Response:
        region, person = self._gate.person(token)
        self._gate.own(request)
        digest = releve(self._board, region, person, self._clock())
        shown = fields.get("lu", "")
        try:
            form = read_form(self._gate.door.keys, f"{token} {shown}", fields.get("formulaire", ""), self._clock())
        except StaleForm:
            return self._releve(token, region, person, _STALE, HTTPStatus.CONFLICT)
        role = next((each for each in digest.roles if each.id == fields.get("role")), None)
        if role is None:
            return self._releve(token, region, person, _NO_ROLE, HTTPStatus.UNPROCESSABLE_ENTITY)
        by = name_of(self._board, region, person)[:200]
        message = ReleveAcknowledged(role.id, by, person, shown, "page")
        return self._taken(token, region, message, f"{token} {form.nonce}", digest)

    def _taken(self, token: str, region: str, message: ReleveAcknowledged, key: str, digest: Releve) -> Response:
        came, status = "yes", HTTPStatus.OK
        try:
            self._gate.door.records.record(region, Status.ACTUAL, message, key)
        except NotRecorded:
            came, status = "no", HTTPStatus.SERVICE_UNAVAILABLE
        except PerhapsRecorded:
            came, status = "perhaps", HTTPStatus.ACCEPTED
        path = signed_link("", Scope.PERSON, token)
        changed = digest.shown != message.shown
        return self._pages.page(
            "releve_prise.html", status, came=came, page=digest, by=message.by, path=path, changed=changed
        )
