"""Answers spoilt on their way: held, cut, reset, dripped (reliability.md A4, A5)."""

import asyncio
import contextlib
import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulator import damage
from simulator.damage import Damage
from simulator.telegram.answers import Done, respond

_PAGE = b"""<html>\r\n<head><title>%d</title></head>\r\n<body>\r\n<center><h1>%d</h1></center>\r\n\
<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"""
_LET_IT_ARRIVE = 0.05  # seconds between half an answer and the reset
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class Wire:
    """Writes spoilt answers past the HTTP server, straight into the connection."""

    def __init__(self) -> None:
        self._open: set[Any] = set()

    async def spoil(self, done: Done, how: Damage, scope: Scope, receive: Receive, send: Send) -> None:
        if how.wire == damage.HTML:
            await _page(int(how.amount))(scope, receive, send)
        elif how.wire == damage.TRUNCATED:
            await respond(Done(done.status, done.body[: len(done.body) // 2]))(scope, receive, send)
        else:
            await self._raw(done, how, receive)

    async def _raw(self, done: Done, how: Damage, receive: Receive) -> None:
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            return
        gone = asyncio.ensure_future(_gone(receive))
        self._open.add(transport)
        try:
            await self._play(done, how, transport, gone)
        finally:
            transport.close()
            self._open.discard(transport)
            await gone

    async def _play(self, done: Done, how: Damage, transport: Any, gone: "asyncio.Future[None]") -> None:
        if how.wire == damage.HOLD:
            await asyncio.wait({gone}, timeout=how.amount or None)
        elif how.wire == damage.RESET:
            transport.write(_head(done, len(done.body)) + done.body[: len(done.body) // 2])
            await asyncio.sleep(_LET_IT_ARRIVE)
            _reset(transport)
        elif how.wire == damage.LENGTH:
            transport.write(_head(done, max(0, len(done.body) + int(how.amount))) + done.body)
        elif how.wire == damage.SLOW:
            await _drip(_head(done, len(done.body)) + done.body, how.amount, transport, gone)

    def close(self) -> None:
        """Let go of every connection that is held, so that the server can stop."""
        for transport in list(self._open):
            transport.abort()


def _page(status: int) -> Response:
    return Response(_PAGE % (status, status), status, media_type="text/html")


def _head(done: Done, length: int) -> bytes:
    return (
        b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        % (done.status, length)
    )


def _reset(transport: Any) -> None:
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()


async def _drip(content: bytes, rate: float, transport: Any, gone: "asyncio.Future[None]") -> None:
    for at in range(len(content)):
        transport.write(content[at : at + 1])
        await asyncio.wait({gone}, timeout=1 / rate)
        if gone.done():
            return


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
