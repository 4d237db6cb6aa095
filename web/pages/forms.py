"""Forms as they arrive: from our own page, no longer than they can be."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from db.errors import BadInput

FORM_BYTES = 64 * 1024  # an opinion of 2,000 letters is some 18 kB when encoded
READ_AWAY_BYTES = 32 * 1024 * 1024  # of what is too long: a browser shows no answer before it has sent all
FIELDS = 20
E = TypeVar("E", bound=StrEnum)


class TooLong(Exception):
    """More was sent than the page takes."""


def is_from_elsewhere(request: Request, public_url: str) -> bool:
    """Whether another site's page sent this form.

    Our pages send no referrer, so browsers name their origin "null"; what they say beside it decides then.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("origin", "null")
    ours = {urlsplit(public_url).netloc, request.headers.get("host", "")}
    return origin != "null" and urlsplit(origin).netloc not in ours


async def form_of(request: Request, most: int = FORM_BYTES) -> FormData:
    """The fields, to be closed after use. TooLong beyond `most` bytes, BadInput when it is no form."""
    body = await _body(request, most)

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        return await Request(request.scope, receive).form(max_files=1, max_fields=FIELDS, max_part_size=most)
    except HTTPException:
        raise BadInput("pages.old_form") from None


async def _body(request: Request, most: int) -> bytes:
    """All of it; what is too long is read away first and kept nowhere."""
    body, seen = bytearray(), 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen <= most:
            body += chunk
        if seen > READ_AWAY_BYTES:
            break
    if seen > most:
        raise TooLong
    return bytes(body)


def text_in(form: FormData, name: str) -> str:
    """A field as text; "" when it is missing or a file."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def number_in(form: FormData, name: str) -> int:
    """A field as a number of at most nine digits; BadInput when it is none."""
    text = text_in(form, name)
    if not (text.isascii() and text.isdigit() and len(text) <= 9):  # noqa: PLR2004
        raise BadInput("pages.old_form")
    return int(text)


def one_of(kind: type[E], text: str) -> E | None:
    """The member of an enumeration that a button carries; None for anything else."""
    return next((member for member in kind if member.value == text), None)
