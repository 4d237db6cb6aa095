"""The connections under the calls to the Bot API: kept, closed, secured, given up."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.telegram import posting
from bot.channels.telegram.posting import NeverReached, Poster, Unreadable

CERTIFICATE = Path(__file__).parents[2] / "data" / "localhost.pem"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request with what it is told to, and counts connections."""

    def __init__(self) -> None:
        self.connections = 0
        self.open = 0
        self.heads: list[str] = []
        self.answer = FINE
        self.hold = asyncio.Event()
        self.hold.set()
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server

    async def listen(self, secured: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=secured)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self._writers.append(writer)
        try:
            while True:
                self.heads.append((await reader.readuntil(b"{}")).decode())
                await self.hold.wait()
                writer.write(self.answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.open -= 1
            writer.close()

    async def until_open(self, connections: int) -> None:
        async with asyncio.timeout(60):
            while self.open != connections:
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    one = Server()
    yield one
    await one.close()


@pytest.fixture
async def poster() -> AsyncIterator[Poster]:
    one = Poster()
    yield one
    one.close()


async def test_calls_one_after_the_other_share_a_connection(server: Server, poster: Poster) -> None:
    await server.listen()
    url = f"http://127.0.0.1:{server.port}/bot7:SECRET/sendMessage"
    for _ in range(3):
        assert await poster.post(url, b"{}", 60) == (200, b"ok")
    assert server.connections == 1
    assert server.heads[0].splitlines()[:2] == [
        "POST /bot7:SECRET/sendMessage HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
    ]
    await asyncio.gather(*(poster.post(url, b"{}", 60) for _ in range(2)))
    assert server.connections == 2


async def test_a_connection_long_idle_is_not_trusted(
    server: Server, poster: Poster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.listen()
    url = f"http://127.0.0.1:{server.port}/"
    await poster.post(url, b"{}", 60)
    monkeypatch.setattr(posting, "IDLE_SECONDS", 0)
    await poster.post(url, b"{}", 60)
    assert server.connections == 2
    await server.until_open(1)


async def test_who_no_longer_waits_leaves_no_answer_to_the_next(server: Server, poster: Poster) -> None:
    await server.listen()
    url = f"http://127.0.0.1:{server.port}/"
    server.hold.clear()
    waiting = asyncio.create_task(poster.post(url, b"{}", 60))
    while not server.heads:
        await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    server.hold.set()
    await server.until_open(0)
    server.answer = FINE.replace(b"ok", b"no")
    assert await poster.post(url, b"{}", 60) == (200, b"no")


@pytest.mark.parametrize(
    "answer",
    [
        FINE + FINE,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + b"x" * 101,
    ],
    ids=["two at once", "another language", "too long"],
)
async def test_what_no_server_answers(
    server: Server, poster: Poster, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    """The connection is not used again, whatever it brought."""
    monkeypatch.setattr(posting, "LONGEST_ANSWER", 100)
    await server.listen()
    server.answer = answer
    url = f"http://127.0.0.1:{server.port}/"
    try:
        assert await poster.post(url, b"{}", 60) == (200, b"ok")
    except Unreadable:
        assert answer != FINE + FINE
    server.answer = FINE
    assert await poster.post(url, b"{}", 60) == (200, b"ok")
    assert server.connections == 2


async def test_a_secured_line_and_one_that_nobody_vouches_for(
    server: Server, poster: Poster, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(CERTIFICATE)
    await server.listen(own)
    url = f"https://localhost:{server.port}/bot7:SECRET/getMe"
    with pytest.raises(NeverReached):
        await poster.post(url, b"{}", 60)
    trust = ssl.create_default_context(cafile=CERTIFICATE)
    monkeypatch.setattr(posting, "trust_for", lambda _address: trust)
    assert await poster.post(url, b"{}", 60) == (200, b"ok")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:99999/",
        "http:///",
        "ftp://127.0.0.1/",
        f"http://{'a' * 300}/",
        "http://thị-xã.vn\n/",
    ],
)
async def test_an_address_that_is_none(poster: Poster, url: str) -> None:
    with pytest.raises(NeverReached):
        await poster.post(url, b"{}", 60)
