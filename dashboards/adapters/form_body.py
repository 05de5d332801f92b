"""Reading the small form of a page: bounded in bytes and time, never more than a few fields."""

import asyncio
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.requests import ClientDisconnect

LARGEST_FORM: Final = 8192
"""Bytes of a form: a reason and a few hidden fields. Vigie's own choice."""
FORM_SECONDS: Final = 20.0
_MOST_FIELDS: Final = 10
_TYPE: Final = "application/x-www-form-urlencoded"


class FormRefused(Exception):
    """The body is not one of our forms."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of each name; FormRefused."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise FormRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = bytearray()
    try:
        async with asyncio.timeout(FORM_SECONDS):
            async for some in request.stream():
                body += some
                if len(body) > LARGEST_FORM:
                    raise FormRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except (TimeoutError, ClientDisconnect):
        raise FormRefused(HTTPStatus.REQUEST_TIMEOUT) from None
    return _fields(bytes(body))


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace")
    except (ValueError, UnicodeDecodeError):
        raise FormRefused(HTTPStatus.BAD_REQUEST) from None
    return dict(pairs)


def plain_text(text: str, longest: int) -> str:
    """Return what a person typed on one line, without control characters, cut at ``longest`` characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]
