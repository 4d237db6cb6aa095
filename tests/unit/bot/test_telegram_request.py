"""What can go wrong on the way to the Bot API."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from bot.channels.telegram import request
from bot.channels.telegram.request import Request
from db.errors import TryLater


class Dripping:
    """A server whose answer comes byte by byte and never ends."""

    def __init__(self) -> None:
        self.over = asyncio.Event()

    async def answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        self.over.set()


async def test_a_line_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "REQUEST_SECONDS", 0.5)
    dripping = Dripping()
    server = await asyncio.start_server(dripping.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    asked = Request()
    with pytest.raises(TryLater) as caught:
        await asked.ask(f"http://127.0.0.1:{port}/bot/getMe", {})
    assert caught.value.maybe_delivered
    await asked.close()
    await dripping.over.wait()
    server.close()
    await server.wait_closed()


FINE = b'{"ok":true,"result":7}'
ANSWERS = {
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 22\r\n\r\n" + FINE: b"7",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 22\r\n\r\n"
    + FINE: b"7",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n16\r\n"
    + FINE
    + b"\r\n0\r\n\r\n": b"7",
    b"HTTP/1.0 200 OK\r\n\r\n" + FINE: b"7",  # until the connection ends
    b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n": None,
    b"HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n" + FINE: None,
    b"this is no HTTP\r\n\r\n": None,
    b"": None,
}


async def test_an_answer_is_read_however_it_is_framed_or_is_in_doubt() -> None:
    """Each on a connection that is given up after it."""
    waiting = list(ANSWERS)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(waiting.pop(0))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    asked = Request()
    for result in ANSWERS.values():
        try:
            assert bytes(await asked.ask(f"http://127.0.0.1:{port}/bot/x", {})) == result
        except TryLater as error:
            assert result is None
            assert error.maybe_delivered
    server.close()
    await server.wait_closed()
    with pytest.raises(TryLater) as caught:
        await asked.ask(f"http://127.0.0.1:{port}/bot/x", {})
    assert not caught.value.maybe_delivered
    await asked.close()
