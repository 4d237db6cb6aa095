"""JSON posted over connections that are kept: an HTTP client for the one kind of call that we make all day.

Answers are parsed by httptools, connecting to a name with several addresses is aiohappyeyeballs', TLS and
sockets are asyncio's. A general client takes most of the time of a call, and a fifth of that of a start.
"""

from __future__ import annotations

import asyncio
import socket
from functools import cache
from typing import cast
from urllib.parse import quote, urlsplit

from aiohappyeyeballs import start_connection
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from bot.channels.tls import trust_for
from bot.limits import CONNECT_SECONDS, CONNECTIONS, IDLE_SECONDS, LONGEST_ANSWER, SECOND_ADDRESS_SECONDS

PORTS = {"http": 80, "https": 443}
INFORMATIONAL = range(100, 200)
LENGTHS = {b"content-length", b"transfer-encoding"}


class NeverReached(OSError):
    """There was no connection: nothing can have arrived."""


class Unreadable(OSError):
    """What came back is no HTTP, or far too long."""


class Poster:
    """Posts to any server. Idle connections are kept a while; above CONNECTIONS at once, calls wait."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._to = cache(_Target)
        self._idle: dict[_Origin, list[_Connection]] = {}

    async def post(self, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Status and body of the answer; `seconds` for all of it once connected, since a line may drip.

        NeverReached, TimeoutError, Unreadable, or another OSError when the line broke.
        """
        target = self._target(url)
        async with self._places:
            connection = self._kept(target.origin) or await self._opened(target.origin)
            answer = await connection.ask(target.head_of(body) + body, seconds)
            if connection.is_open:
                self._idle.setdefault(target.origin, []).append(connection)
            return answer

    def close(self) -> None:
        """Let go of what is idle."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    def _kept(self, origin: _Origin) -> _Connection | None:
        """The connection that was in use last; those that have been idle for long are closed."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if not connection.is_open:
                continue
            if connection.idle_seconds < IDLE_SECONDS:
                return connection
            connection.close()
        return None

    def _target(self, url: str) -> _Target:
        try:
            return self._to(url)
        except (ValueError, KeyError) as error:
            raise NeverReached(f"no address: {error}") from error

    async def _opened(self, origin: _Origin) -> _Connection:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await origin.connect()
        except (OSError, ValueError) as error:  # ValueError: no name of a host
            raise NeverReached(f"no connection: {error}") from error


class _Target:
    """One address: where it is, and the head of each request to it."""

    def __init__(self, url: str) -> None:
        at = urlsplit(url)
        self.origin = _origin(at.scheme, at.hostname or "", at.port or PORTS[at.scheme])
        asked = quote(at.path, safe="/:@") + (f"?{quote(at.query, safe='=&/:@%')}" if at.query else "")
        self._head = (
            f"POST {asked} HTTP/1.1\r\nHost: {at.netloc.rpartition('@')[2]}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode("ascii")

    def head_of(self, body: bytes) -> bytes:
        """Request line and headers."""
        return self._head + b"%d\r\n\r\n" % len(body)


class _Origin:
    """A server."""

    def __init__(self, scheme: str, host: str, port: int) -> None:
        self._scheme, self._host, self._port = scheme, host, port

    async def connect(self) -> _Connection:
        """A new connection; where one of its addresses does not answer, the next is tried beside it."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        stream = await start_connection(
            found, happy_eyeballs_delay=SECOND_ADDRESS_SECONDS, interleave=1, loop=loop
        )
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        trust, name = (trust_for("https:"), self._host) if self._scheme == "https" else (None, None)
        _, connection = await loop.create_connection(
            _Connection, sock=stream, ssl=trust, server_hostname=name
        )
        return connection


_origin = cache(_Origin)


class _Connection(asyncio.Protocol):
    """One request at a time; httptools' parser tells of its answer piece by piece (`on_…`)."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser = HttpResponseParser(self)
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._until_the_end = False  # of the connection: no header said how long the body is
        self._idle_since = 0.0
        self.is_open = False

    @property
    def idle_seconds(self) -> float:
        """Since the last answer."""
        return self._loop.time() - self._idle_since

    async def ask(self, request: bytes, seconds: float) -> tuple[int, bytes]:
        """Status and body. After an error, or when nobody waits any more, the connection is closed."""
        answer: asyncio.Future[tuple[int, bytes]] = self._loop.create_future()
        self._answer = answer
        alarm = self._loop.call_later(seconds, self._fail, TimeoutError("no whole answer in time"))
        self._transport.write(request)
        try:
            return await answer
        except BaseException:
            self.close()
            raise
        finally:
            alarm.cancel()
            self._answer = None
            self._idle_since = self._loop.time()

    def close(self) -> None:
        """At once."""
        self.is_open = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.close()  # nothing was asked
            return
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._fail(Unreadable(f"an answer that cannot be read: {error}"))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._until_the_end:
            self._succeed()
        self._fail(exc or ConnectionResetError("the line broke"))

    def on_message_begin(self) -> None:
        if self._answer is None or self._answer.done():
            raise ValueError("a second answer")
        self._pieces, self._size = [], 0
        self._until_the_end = True

    def on_header(self, name: bytes, _value: bytes) -> None:
        if name.lower() in LENGTHS:
            self._until_the_end = False

    def on_body(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > LONGEST_ANSWER:
            raise ValueError("too long")
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() not in INFORMATIONAL:
            if not self._parser.should_keep_alive():
                self.is_open = False
                self._transport.close()
            self._succeed()

    def _succeed(self) -> None:
        self._until_the_end = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), b"".join(self._pieces)))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
