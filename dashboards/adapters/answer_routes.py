"""The answer pages, under ``/r/<token>``: a GET shows, whoever follows it; a POST answers, once, and says what came.

The link of a message about several alerts opens their list; ``/r/<token>/<alert>`` opens one of them, and no other.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from alerts.answers import AnswerDecision
from alerts.links import LinkRefusal, Refusal, Scope, reading_token
from alerts.sms_wording import signed_link
from dashboards.adapters.form_body import form_of, plain_text
from dashboards.adapters.gate import Gate, Told, trimmed
from dashboards.adapters.opened import Opened, answer_path, is_about_several, opened_by
from dashboards.adapters.pages import Pages
from dashboards.answering import CHOICES, LABELS, LONGEST_REASON, answer_page
from dashboards.board import Board
from dashboards.forms import Form, StaleForm, form_field, read_form
from dashboards.message_page import message_page, waiting_of
from dashboards.naming import name_of
from dashboards.recording import NotRecorded, PerhapsRecorded
from streams.entry import Status
from streams.messages.decisions import Acknowledge

READ: Final = ["GET", "HEAD"]
_STALE: Final = "Cette page était ouverte depuis trop longtemps. Rien n'est enregistré : relisez, puis répondez."
_CHANGED: Final = (
    "L'alerte a changé depuis que vous avez ouvert la page. Rien n'est enregistré : relisez, puis répondez."
)
_NUMBER: Final = re.compile(r"[0-9]{1,4}", re.ASCII)
_NO_CHOICE: Final = "Rien n'est enregistré : choisissez d'abord une des quatre réponses."


@dataclass(frozen=True, slots=True)
class _Typed:
    """What the reader typed, to be shown again."""

    decision: str = ""
    reason: str = ""


class _Again(Exception):
    """The page is shown again with what is missing; nothing was journaled."""

    def __init__(self, notice: str, status: HTTPStatus) -> None:
        super().__init__(notice)
        self.notice = notice
        self.status = status


class AnswerRoutes:
    """Serves the answer pages."""

    def __init__(self, gate: Gate, pages: Pages, board: Board, clock: Callable[[], datetime]) -> None:
        self._gate = gate
        self._pages = pages
        self._board = board
        self._clock = clock

    def serve(self, app: FastAPI) -> None:
        """Add the routes."""

        @app.api_route("/r/{token}", methods=READ)
        def show(request: Request, token: str) -> Response:
            self._gate.admit(request, token)
            told = self._gate.told(Scope.ANSWER, token)
            if is_about_several(told.notify):
                return self._listed(told, trimmed(token), request.query_params.get("page", ""))
            return self._shown(opened_by(self._board, told, trimmed(token)))

        @app.api_route("/r/{token}/{alert_id}", methods=READ)
        def show_one(request: Request, token: str, alert_id: str) -> Response:
            self._gate.admit(request, token, alert_id)
            return self._shown(opened_by(self._board, self._gate.told(Scope.ANSWER, token), trimmed(token), alert_id))

        @app.post("/r/{token}")
        async def answer(request: Request, token: str) -> Response:
            self._gate.admit(request, token)
            fields = await form_of(request)
            # Journaling waits for a disk or for brokers: not in the loop that serves everybody.
            return await run_in_threadpool(self._answer, request, token, "", fields)

        @app.post("/r/{token}/{alert_id}")
        async def answer_one(request: Request, token: str, alert_id: str) -> Response:
            self._gate.admit(request, token, alert_id)
            fields = await form_of(request)
            return await run_in_threadpool(self._answer, request, token, alert_id, fields)

    def _listed(self, told: Told, token: str, number: str) -> Response:
        page = message_page(
            self._board,
            told.region,
            told.notify,
            self._clock(),
            int(number) if _NUMBER.fullmatch(number) else 1,
            partial(answer_path, told.notify, token),
        )
        path = signed_link("", Scope.ANSWER, token)
        return self._pages.page("message.html", page=page, path=path, status_path=self._reading(told))

    def _shown(self, opened: Opened, typed: _Typed = _Typed(), again: _Again | None = None) -> Response:
        now, door, told = self._clock(), self._gate.door, opened.told
        answer = answer_page(self._board, opened.alert, told.notify, now)
        return self._pages.form(
            "repondre.html",
            again.status if again else HTTPStatus.OK,
            answer=answer,
            page=answer.page,
            choices=CHOICES,
            longest=LONGEST_REASON,
            typed=typed,
            notice=again.notice if again else "",
            field=form_field(door.keys, opened.key, now, door.nonce(), opened.alert.episode),
            list_path=opened.list_path,
            status_path=self._reading(told),
        )

    def _answer(self, request: Request, token: str, alert_id: str, fields: dict[str, str]) -> Response:
        told = self._gate.told(Scope.ANSWER, token)
        self._gate.own(request, told.notify.id)
        opened = opened_by(self._board, told, trimmed(token), alert_id)
        typed = _Typed(fields.get("decision", ""), plain_text(fields.get("raison", ""), LONGEST_REASON))
        try:
            form = self._checked(opened, fields)
        except _Again as again:
            return self._shown(opened, typed, again)
        return self._recorded(opened, typed, form)

    def _checked(self, opened: Opened, fields: dict[str, str]) -> Form:
        now, notification = self._clock(), opened.told.notify.id
        try:
            form = read_form(self._gate.door.keys, opened.key, fields.get("formulaire", ""), now)
        except StaleForm:
            raise _Again(_STALE, HTTPStatus.CONFLICT) from None
        except LinkRefusal as refusal:
            raise LinkRefusal(refusal.reason, notification) from None
        if not opened.alert.is_open:
            raise LinkRefusal(Refusal.CLOSED, notification)
        if form.version != opened.alert.episode:
            raise _Again(_CHANGED, HTTPStatus.CONFLICT)
        if fields.get("decision") not in LABELS:
            raise _Again(_NO_CHOICE, HTTPStatus.UNPROCESSABLE_ENTITY)
        return form

    def _recorded(self, opened: Opened, typed: _Typed, form: Form) -> Response:
        region, notify = opened.told.region, opened.told.notify
        by = name_of(self._board, region, notify.person)[:200]
        decision = AnswerDecision(typed.decision)
        message = Acknowledge(opened.alert.brief.alert_id, by, "page", decision, typed.reason, notify.person)
        records, status = self._gate.door.records, Status(notify.status)
        try:
            recorded = records.record(region, status, message, f"{notify.id} {form.nonce}")
        except NotRecorded:
            return self._came(opened, typed, "no", HTTPStatus.SERVICE_UNAVAILABLE)
        except PerhapsRecorded:
            return self._came(opened, typed, "perhaps", HTTPStatus.ACCEPTED)
        return self._came(opened, typed, "rejected" if recorded.rejected else "yes", HTTPStatus.OK)

    def _came(self, opened: Opened, typed: _Typed, came: str, status: HTTPStatus) -> Response:
        alert, notify = opened.alert, opened.told.notify
        answered = self._board.alert(alert.brief.alert_id) or alert
        return self._pages.page(
            "reponse.html",
            status,
            came=came,
            answer=answer_page(self._board, answered, notify, self._clock()),
            label=LABELS[typed.decision],
            reason=typed.reason,
            path=opened.path,
            list_path=opened.list_path,
            waiting=waiting_of(self._board, notify),
            status_path=self._reading(opened.told),
        )

    def _reading(self, told: Told) -> str:
        token = reading_token(self._gate.door.keys, told.notify)
        return "/" if token is None else signed_link("", Scope.READ, token)
