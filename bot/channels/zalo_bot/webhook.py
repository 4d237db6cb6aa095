"""The webhook door, one path a bot: secret first, stored before 200. Nothing of the body is logged.

Zalo tries the door with a body that is no update, perhaps empty: it must hear 200.
"""

from __future__ import annotations

import hmac
import json
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import TakeIn
from bot.channels.body import body_within_limit
from bot.channels.zalo_bot.wire import arrival_of, is_update
from db.errors import StoreError
from db.inbox import Arrival

SECRET_HEADER = "X-Bot-Api-Secret-Token"  # noqa: S105 (a header's name)


def door(name: str, path: str, secret: str, take_in: TakeIn) -> Route:
    """The route of one channel account."""

    async def receive(request: Request) -> Response:
        try:
            body = await body_within_limit(request)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it
        if body is None:
            return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        arrival = _arrival_in(body)
        if arrival is None:
            return Response(status_code=HTTPStatus.OK)
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()):
            return Response(status_code=HTTPStatus.UNAUTHORIZED)
        try:
            await take_in(name, [arrival])
        except StoreError:
            return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)
        return Response(status_code=HTTPStatus.OK)

    return Route(path, receive, methods=["POST"])


def _arrival_in(body: bytes) -> Arrival | None:
    """The update to store; None for a probe and for what is nested beyond reading or writing."""
    try:
        update = json.loads(body)
        return arrival_of(update) if is_update(update) else None
    except (ValueError, RecursionError):
        return None
