"""A line that is there but brings next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx


class Drip(httpx.AsyncBaseTransport, httpx.AsyncByteStream):
    """An answer that comes byte by byte and never ends."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(1)
            yield b" "
