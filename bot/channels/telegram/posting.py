"""JSON posted over aiohttp's connections, without its session: that takes four fifths of the time of a call.

Connections, TLS, time-outs of connecting and the reading of answers are aiohttp's; the head of the request,
always the same, is ours.
"""

from __future__ import annotations

import asyncio
from functools import cache

import aiohttp
from yarl import URL

INFORMATIONAL = range(100, 200)


class Poster:
    """Posts to any server through one pool of connections."""

    def __init__(self, connector: aiohttp.TCPConnector, connecting: aiohttp.ClientTimeout) -> None:
        self._connector = connector
        self._connecting = connecting
        self._to = cache(_Target)

    async def post(self, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Status and body of the answer; `seconds` for the whole call, since a line may drip."""
        target = self._to(url)
        async with asyncio.timeout(seconds):
            connection = await self._connect(target)
            try:
                status, answer = await _exchange(connection, target.head_of(body) + body)
            except BaseException:
                connection.close()
                raise
            connection.release()
            return status, answer

    async def _connect(self, target: _Target) -> aiohttp.connector.Connection:
        try:
            return await self._connector.connect(target.asked, [], self._connecting)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("no connection in time") from error


class _Target:
    """One address: what the pool wants to know of it, and the head of each request to it."""

    def __init__(self, url: str) -> None:
        at = URL(url)
        self.asked = aiohttp.ClientRequest("POST", at, loop=asyncio.get_running_loop())
        self._head = (
            f"POST {at.raw_path_qs} HTTP/1.1\r\nHost: {at.host_port_subcomponent}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    def head_of(self, body: bytes) -> bytes:
        """Request line and headers."""
        return self._head + b"%d\r\n\r\n" % len(body)


async def _exchange(connection: aiohttp.connector.Connection, request: bytes) -> tuple[int, bytes]:
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None:
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(read_until_eof=True)
    transport.write(request)
    message, payload = await protocol.read()
    while message.code in INFORMATIONAL:
        message, payload = await protocol.read()
    return message.code, await payload.read()
