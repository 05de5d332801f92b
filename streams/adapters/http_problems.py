"""Errors of the HTTP way in: RFC 9457 problem documents, the same strict headers on every answer, no stack trace."""

from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PROBLEM_TYPE: Final = "application/problem+json"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_log = structlog.get_logger()


class Problem(BaseModel):
    """An RFC 9457 problem; `detail` never repeats what was sent."""

    type: str = "about:blank"
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What is wrong and what to do about it.")
    receipt: str | None = Field(None, description="Id of the receipt of a file that could not be read.")


class Refusal(Exception):
    """An answer that is a problem."""

    def __init__(
        self, status: HTTPStatus, detail: str, headers: dict[str, str] | None = None, receipt: str | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers
        self.problem = Problem(title=status.phrase, status=status, detail=detail, receipt=receipt)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the problems an operation may answer."""
    schema = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": schema} for status in statuses}


def answer_problems(app: FastAPI) -> None:
    """Make every error of an application a problem."""

    @app.exception_handler(Refusal)
    def refused(_request: Request, refusal: Refusal) -> Response:
        return answer(refusal)

    @app.exception_handler(HTTPException)
    def unroutable(_request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        return answer(Refusal(status, f"{status.description or status.phrase}.", dict(error.headers or {})))

    @app.exception_handler(RequestValidationError)
    def malformed(_request: Request, error: RequestValidationError) -> Response:
        # Never pydantic's own answer: it repeats what was sent.
        where = ", ".join(sorted({".".join(map(str, each["loc"])) for each in error.errors()}))
        return answer(Refusal(HTTPStatus.BAD_REQUEST, f"malformed request: {where}"))

    app.add_middleware(_Shield)


def answer(refusal: Refusal) -> Response:
    """Return the response of a refusal."""
    body = refusal.problem.model_dump_json(exclude_none=True)
    return Response(body, refusal.status, refusal.headers, PROBLEM_TYPE)


class _Shield:
    """Puts the headers on every answer; a defect is answered with 500 and logged by its kind alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - a traceback in a log would hold what was sent
            _log.error("a request failed: a defect of Vigie, to be reported", error=type(error).__name__)
            if not is_started:
                response = answer(Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "Vigie failed on this request."))
                await response(scope, receive, send_with_headers)
