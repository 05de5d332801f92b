"""The HTTP way in: `POST /v1/{feed}` takes a file from a source that holds an API key, and answers with its receipt.

The request is judged from its headers before its body is read. The body stays in memory, goes to the one thread that
writes the journal or to the raw topics (`Deliveries`), and is forgotten.
"""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from pathlib import Path as FilePath
from typing import Annotated, Any, Final, Protocol
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, Path, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from streams.adapters.api_key_store import ApiKeyStore
from streams.adapters.handoff import HandedOver, Handoff, HandoffFailed
from streams.adapters.http_problems import Problem, Refusal, answer_problems, described
from streams.collecting.api_keys import FEEDS, ApiKey, NotItsSource, authenticate
from streams.collecting.delivering import Delivery, IdempotencyConflict, NotTaken, Taken, format_of, is_of
from streams.collecting.rate_limit import RateLimit

MOUNTED_AT: Final = "/v1"
LARGEST_BODY: Final = 16 * 1024 * 1024
"""Bytes of a body: several times the week of the largest emergency department. Vigie's own choice; a larger file goes
through the drop directory, which reads it in constant memory."""
BODY_SECONDS: Final = 60.0
WAIT_SECONDS: Final = 20.0
"""How long a body may take to arrive, then to be taken. Vigie's own choices."""
MOST_BODIES: Final = 8
"""Bodies being received at once: with `LARGEST_BODY` and those waiting, what memory they may take."""

CONTENT_TYPES: Final = (
    "application/octet-stream", "application/xml", "text/xml", "application/json", "application/fhir+json", "text/csv",
)  # fmt: skip
_HEAD_BYTES: Final = 8192
_RETRY: Final = {"Retry-After": "5"}
_MEDIA_TYPE: Final = re.compile(r"[^;,]+")


class ReceiptView(BaseModel):
    """What became of a delivery: received = accepted + duplicates + quarantined, all 0 while it is pending."""

    id: str
    feed: str
    source: str
    format: str
    received_at: datetime
    extracted_at: datetime | None
    sha256: str
    received: int = Field(ge=0)
    accepted: int = Field(ge=0, description="Records added or corrected.")
    duplicates: int = Field(ge=0, description="Records already journaled, or older than what is.")
    quarantined: int = Field(ge=0, description="Records that could not be read and are kept aside.")
    journaled: int = Field(ge=0, description="Entries appended to the journal: accepted, and visits removed.")
    corrected: int = Field(ge=0)
    removed: int = Field(ge=0)
    elsewhere: int = Field(ge=0, description="Records of other régions, left out.")
    is_older: bool = Field(description="A newer file had already been collected: this one changed nothing.")
    refused: str = Field(description="Why nothing could be read; empty otherwise.")
    is_pending: bool = Field(description="The file is kept and not collected yet: ask for the receipt again.")


class Deliveries(Protocol):
    """Where deliveries go. Both methods may raise NotTaken."""

    async def take(self, delivery: Delivery) -> Taken:
        """Take a delivery, or find it again; it is kept when this returns. IdempotencyConflict, NotItsSource."""
        ...

    def find(self, receipt_id: str) -> Taken | None:
        """Return what is known of a delivery that was taken."""
        ...


@dataclass(frozen=True, slots=True)
class Intake:
    """What the way in needs: keys, where deliveries go, how a format is recognised."""

    keys: ApiKeyStore
    deliveries: Deliveries
    recognise: Callable[[bytes], str | None]
    rate: RateLimit = field(default_factory=RateLimit)
    clock: Callable[[], float] = time.monotonic
    largest_body: int = LARGEST_BODY
    body_seconds: float = BODY_SECONDS
    wait_seconds: float = WAIT_SECONDS


Bearer = Annotated[
    HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False, description="An API key of a source."))
]
Feed = Annotated[str, Path(description="The feed.", json_schema_extra={"enum": list(FEEDS)})]
Tag = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,255}$",
        description="Chosen by the sender for one delivery: sent again with the same body, it gets the same receipt.",
    ),
]
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": f"The file as it is, at most {LARGEST_BODY} bytes, not compressed.",
        "content": {each: {"schema": {"type": "string", "format": "binary"}} for each in CONTENT_TYPES},
    }
}


def build_intake(intake: Intake) -> FastAPI:
    """Return the application to mount at `MOUNTED_AT`; its OpenAPI is ``/v1/openapi.json``."""
    app = FastAPI(
        title="Vigie: sending feeds",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": MOUNTED_AT}],
        root_path_in_servers=False,
    )
    answer_problems(app)
    _take_deliveries(app, intake)
    _give_receipts(app, intake)
    _describe(app)
    return app


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of the way in: the same wherever it runs, and whatever keys there are."""
    nobody = ApiKeyStore(FilePath("no-keys"))
    nowhere = HandedOver(Handoff(lambda: None), lambda _: None)
    return build_intake(Intake(nobody, nowhere, lambda _: None)).openapi()


def _take_deliveries(app: FastAPI, intake: Intake) -> None:
    reading = asyncio.Semaphore(MOST_BODIES)

    @app.post(
        "/{feed}",
        status_code=HTTPStatus.ACCEPTED,
        responses=described(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503),
        openapi_extra=_BODY,
    )
    async def deliver(request: Request, response: Response, feed: Feed, bearer: Bearer, tag: Tag = None) -> ReceiptView:
        """Take a file; it is kept when the answer is 202, and its records are journaled unless it is pending."""
        key = _sender(intake, bearer)
        _check_feed(key, feed)
        _check_headers(request, intake)
        if reading.locked():
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many deliveries at once: send it again later", _RETRY)
        async with reading:
            body = await _body(request, intake)
            taken = await _handed_over(intake, _delivery(intake, key, feed, tag, body))
        receipt = taken.receipt
        if receipt.refused:
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, receipt.refused, receipt=receipt.id)
        response.headers["Location"] = f"{MOUNTED_AT}/receipts/{receipt.id}"
        return _view(taken)


def _give_receipts(app: FastAPI, intake: Intake) -> None:
    @app.get("/receipts/{receipt_id}", responses=described(400, 401, 404, 422, 429, 500, 503))
    def receipt(receipt_id: str, bearer: Bearer) -> ReceiptView:
        """Give the receipt of a delivery made with the same API key."""
        key = _sender(intake, bearer)
        try:
            found = intake.deliveries.find(receipt_id)
        except NotTaken as error:
            raise _not_now(error) from None
        if found is None or not is_of(found.receipt, key):
            raise Refusal(HTTPStatus.NOT_FOUND, "there is no such receipt for this API key")
        return _view(found)


def _view(taken: Taken) -> ReceiptView:
    known = {name: getattr(taken.receipt, name) for name in ReceiptView.model_fields if name != "is_pending"}
    return ReceiptView(**known, is_pending=taken.is_pending)


def _describe(app: FastAPI) -> None:
    # FastAPI only describes the models that routes return.
    make = app.openapi

    def openapi() -> dict[str, Any]:
        schema = make()
        schema["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        return schema

    app.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend it


def _sender(intake: Intake, bearer: HTTPAuthorizationCredentials | None) -> ApiKey:
    key = None if bearer is None else authenticate(intake.keys.all(), bearer.credentials)
    if key is None:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "an API key in force is needed: Authorization: Bearer vigie_…",
            {"WWW-Authenticate": "Bearer"},
        )
    seconds = intake.rate.take(key.id, intake.clock())
    if seconds:
        raise Refusal(
            HTTPStatus.TOO_MANY_REQUESTS, f"too many requests: ask again in {seconds} s", {"Retry-After": str(seconds)}
        )
    return key


def _check_feed(key: ApiKey, feed: str) -> None:
    if feed not in FEEDS:
        raise Refusal(HTTPStatus.NOT_FOUND, f"unknown feed: expected one of {', '.join(FEEDS)}")
    if feed not in key.feeds:
        raise Refusal(HTTPStatus.FORBIDDEN, f"this API key opens {', '.join(key.feeds)}")


def _check_headers(request: Request, intake: Intake) -> None:
    given = _MEDIA_TYPE.match(request.headers.get("content-type", CONTENT_TYPES[0]))
    if given is None or given[0].strip().lower() not in CONTENT_TYPES:
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"expected one of {', '.join(CONTENT_TYPES)}")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the file as it is, not compressed")
    length = request.headers.get("content-length", "")
    is_number = length.isascii() and length.isdigit()
    if is_number and (len(length), length) > (len(str(intake.largest_body)), str(intake.largest_body)):
        raise _too_large(intake)


async def _body(request: Request, intake: Intake) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(intake.body_seconds):
            async for some in request.stream():
                body += some
                if len(body) > intake.largest_body:
                    raise _too_large(intake)
    except TimeoutError:
        detail = f"the body did not arrive within {intake.body_seconds:g} s"
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, detail, {"Connection": "close"}) from None
    except ClientDisconnect:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the connection ended before the body") from None
    if not body:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "the body is empty: send the file itself")
    return bytes(body)


def _too_large(intake: Intake) -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"a body holds at most {intake.largest_body} bytes: a larger file goes through the drop directory",
        {"Connection": "close"},
    )


def _delivery(intake: Intake, key: ApiKey, feed: str, tag: str | None, body: bytes) -> Delivery:
    format_ = format_of(feed, body[:_HEAD_BYTES], intake.recognise)
    if format_ is None:
        expected = ", ".join(FEEDS[feed])
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"not a file of this feed: expected one of {expected}")
    return Delivery(key, feed, format_, tag or str(uuid4()), body)


async def _handed_over(intake: Intake, delivery: Delivery) -> Taken:
    try:
        return await asyncio.wait_for(intake.deliveries.take(delivery), intake.wait_seconds)
    except IdempotencyConflict:
        detail = "this Idempotency-Key was used for another body: choose a new one for each delivery"
        raise Refusal(HTTPStatus.CONFLICT, detail) from None
    except NotItsSource as error:
        raise Refusal(HTTPStatus.FORBIDDEN, f"{error}: nothing of this file was kept") from None
    except TimeoutError:
        detail = "the journal is busy: send it again with the same Idempotency-Key, nothing is counted twice"
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, _RETRY) from None
    except NotTaken as error:
        raise _not_now(error) from None
    except HandoffFailed:
        detail = "Vigie failed on this file, nothing of it was kept: tell whoever runs it"
        raise Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, detail) from None


def _not_now(why: NotTaken) -> Refusal:
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, f"{why}: ask again later", _RETRY)
