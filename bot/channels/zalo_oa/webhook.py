"""The webhook door of an Official Account: signature over the raw body, stored before 200.

Zalo repeats an event that was not answered with 200 after 30 s, 5, 15, 30 min and 1 h. Its check of the
address is an unsigned call that needs 200: what is unsigned is answered so and looked at no further.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import TakeIn
from bot.channels.body import body_within_limit
from bot.channels.zalo_oa.wire import arrival_of, timestamp_in
from bot.limits import ZALO_OA_LATE_HOURS
from db.errors import StoreError

log = logging.getLogger(__name__)
SIGNATURE_HEADER = "X-ZEvent-Signature"


class Seal(Struct, frozen=True):
    """What an event must be signed with: the app's id and the Official Account's own secret key."""

    app_id: str
    oa_secret: str

    def of(self, body: bytes, timestamp: str) -> str:
        """SHA-256 of app id, raw body, timestamp and key, one after the other, as hexadecimal text."""
        letters = (self.app_id.encode(), body, timestamp.encode("utf-8", "replace"), self.oa_secret.encode())
        return hashlib.sha256(b"".join(letters)).hexdigest()

    def is_good(self, header: str, body: bytes, timestamp: str) -> bool:
        """Whether the header's signature is ours, compared in constant time."""
        given = header.strip().removeprefix("mac=").lower()
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.of(body, timestamp).encode())


def door(name: str, path: str, seal: Seal, take_in: TakeIn, now: Callable[[], datetime]) -> Route:
    """The route of one channel account."""

    async def receive(request: Request) -> Response:
        try:
            body = await body_within_limit(request)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it
        if body is None:
            return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        header = request.headers.get(SIGNATURE_HEADER)
        if header is None:
            log.warning("channel %s: an unsigned call of %s bytes was passed over", name, len(body))
            return Response(status_code=HTTPStatus.OK)
        timestamp = timestamp_in(body)
        if not seal.is_good(header, body, timestamp):
            return Response(status_code=HTTPStatus.UNAUTHORIZED)
        if is_stale(timestamp, now()):
            log.warning("channel %s: a signed event is older than %s hours", name, ZALO_OA_LATE_HOURS)
            return Response(status_code=HTTPStatus.FORBIDDEN)
        return await _store(body)

    async def _store(body: bytes) -> Response:
        arrival = arrival_of(body.decode("utf-8", "replace"))
        try:
            await take_in(name, [arrival] if arrival else [])
        except StoreError:
            return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)
        return Response(status_code=HTTPStatus.OK)

    return Route(path, receive, methods=["POST"])


def is_stale(timestamp: str, now: datetime) -> bool:
    """Whether an event was made too long ago to be a late delivery; one without a time never is."""
    if not (timestamp.isascii() and timestamp.isdigit()):
        return False
    return int(timestamp[:18]) / 1000 < (now - timedelta(hours=ZALO_OA_LATE_HOURS)).timestamp()
