"""The body of a call to a webhook door, read no further than an update can be long."""

from __future__ import annotations

from starlette.requests import Request

from bot.limits import WEBHOOK_BODY_BYTES


async def body_within_limit(request: Request) -> bytes | None:
    """The body's bytes, None when it is longer than the limit. ClientDisconnect when the caller hangs up."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > WEBHOOK_BODY_BYTES:
            return None
    return bytes(body)
