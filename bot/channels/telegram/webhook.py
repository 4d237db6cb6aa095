"""The webhook door: secret first, then the body, stored before 200. Nothing of the body is logged."""

from __future__ import annotations

import hmac
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import TakeIn
from bot.channels.body import body_within_limit
from bot.channels.telegram.polling import arrival_of
from bot.channels.telegram.wire import is_json
from db.errors import StoreError
from db.inbox import Arrival

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (a header's name)


def door(name: str, path: str, secret: str, take_in: TakeIn) -> Route:
    """The route of one channel account."""

    async def receive(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()):
            return Response(status_code=HTTPStatus.UNAUTHORIZED)
        try:
            body = await body_within_limit(request)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it
        if body is None:
            return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not is_json(body):
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        return await _store(arrival_of(body))

    async def _store(arrival: Arrival) -> Response:
        try:
            await take_in(name, [arrival])
        except StoreError:
            return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)
        return Response(status_code=HTTPStatus.OK)

    return Route(path, receive, methods=["POST"])
