"""The answer pages, under ``/r/<token>``: a GET shows, whoever follows it; a POST answers, once, and says what came."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from alerts.answers import AnswerDecision
from alerts.links import LinkRefusal, Refusal, Scope, reading_token
from alerts.sms_wording import signed_link
from dashboards.adapters.form_body import form_of, plain_text
from dashboards.adapters.gate import Gate, Told, trimmed
from dashboards.adapters.pages import Pages
from dashboards.alert_view import AlertView
from dashboards.answering import CHOICES, LABELS, LONGEST_REASON, answer_page, name_of
from dashboards.board import Board
from dashboards.forms import Form, StaleForm, form_field, read_form
from dashboards.recording import NotRecorded, PerhapsRecorded
from streams.entry import Status
from streams.messages.decisions import Acknowledge

READ: Final = ["GET", "HEAD"]
_STALE: Final = "Cette page était ouverte depuis trop longtemps. Rien n'est enregistré : relisez, puis répondez."
_CHANGED: Final = (
    "L'alerte a changé depuis que vous avez ouvert la page. Rien n'est enregistré : relisez, puis répondez."
)
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
            return self._shown(told, trimmed(token), self._alert(told))

        @app.post("/r/{token}")
        async def answer(request: Request, token: str) -> Response:
            self._gate.admit(request, token)
            fields = await form_of(request)
            # Journaling waits for a disk or for brokers: not in the loop that serves everybody.
            return await run_in_threadpool(self._answer, request, trimmed(token), fields)

    def _alert(self, told: Told) -> AlertView:
        alert = self._board.alert(told.notify.brief.alert_id)
        if alert is None:  # closed so long ago that it is not shown any more
            raise LinkRefusal(Refusal.CLOSED, told.notify.id)
        return alert

    def _shown(
        self, told: Told, token: str, alert: AlertView, typed: _Typed = _Typed(), again: _Again | None = None
    ) -> Response:
        now, door = self._clock(), self._gate.door
        answer = answer_page(self._board, alert, told.notify, now)
        return self._pages.form(
            "repondre.html",
            again.status if again else HTTPStatus.OK,
            answer=answer,
            page=answer.page,
            choices=CHOICES,
            longest=LONGEST_REASON,
            typed=typed,
            notice=again.notice if again else "",
            field=form_field(door.keys, token, now, door.nonce(), alert.episode),
            status_path=self._reading(told),
        )

    def _answer(self, request: Request, token: str, fields: dict[str, str]) -> Response:
        told = self._gate.told(Scope.ANSWER, token)
        self._gate.own(request, told.notify.id)
        alert = self._alert(told)
        typed = _Typed(fields.get("decision", ""), plain_text(fields.get("raison", ""), LONGEST_REASON))
        try:
            form = self._checked(told, alert, token, fields)
        except _Again as again:
            return self._shown(told, token, alert, typed, again)
        return self._recorded(told, token, alert, typed, form)

    def _checked(self, told: Told, alert: AlertView, token: str, fields: dict[str, str]) -> Form:
        now = self._clock()
        try:
            form = read_form(self._gate.door.keys, token, fields.get("formulaire", ""), now)
        except StaleForm:
            raise _Again(_STALE, HTTPStatus.CONFLICT) from None
        except LinkRefusal as refusal:
            raise LinkRefusal(refusal.reason, told.notify.id) from None
        if not alert.is_open:
            raise LinkRefusal(Refusal.CLOSED, told.notify.id)
        if form.version != alert.episode:
            raise _Again(_CHANGED, HTTPStatus.CONFLICT)
        if fields.get("decision") not in LABELS:
            raise _Again(_NO_CHOICE, HTTPStatus.UNPROCESSABLE_ENTITY)
        return form

    def _recorded(self, told: Told, token: str, alert: AlertView, typed: _Typed, form: Form) -> Response:
        notify = told.notify
        by = name_of(self._board, told.region, notify.person)[:200]
        decision = AnswerDecision(typed.decision)
        message = Acknowledge(notify.brief.alert_id, by, "page", decision, typed.reason, notify.person)
        records, status = self._gate.door.records, Status(notify.status)
        try:
            recorded = records.record(told.region, status, message, f"{notify.id} {form.nonce}")
        except NotRecorded:
            return self._came(told, token, alert, typed, "no", HTTPStatus.SERVICE_UNAVAILABLE)
        except PerhapsRecorded:
            return self._came(told, token, alert, typed, "perhaps", HTTPStatus.ACCEPTED)
        return self._came(told, token, alert, typed, "rejected" if recorded.rejected else "yes", HTTPStatus.OK)

    def _came(self, told: Told, token: str, alert: AlertView, typed: _Typed, came: str, status: HTTPStatus) -> Response:
        now = self._clock()
        return self._pages.page(
            "reponse.html",
            status,
            came=came,
            answer=answer_page(self._board, self._board.alert(alert.brief.alert_id) or alert, told.notify, now),
            label=LABELS[typed.decision],
            reason=typed.reason,
            path=signed_link("", Scope.ANSWER, token),
            status_path=self._reading(told),
        )

    def _reading(self, told: Told) -> str:
        token = reading_token(self._gate.door.keys, told.notify)
        return "/" if token is None else signed_link("", Scope.READ, token)
