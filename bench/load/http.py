"""HTTP/1.1 with a length given, over asyncio's protocols: a server, and a client for one address."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

HEAD_END = b"\r\n\r\n"
Respond = Callable[[bytes], None]
Handle = Callable[[str, bytes, Respond], None]
"""(path, body, respond): `respond` is called once, now or later."""


class _Messages(asyncio.Protocol):
    """Cuts what arrives into heads and bodies."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(HEAD_END)) >= 0:
            head = bytes(self._buffer[:end])
            size = end + 4 + _length(head)
            if len(self._buffer) < size:
                return
            body = bytes(self._buffer[end + 4 : size])
            del self._buffer[:size]
            self.received(head, body)

    def received(self, head: bytes, body: bytes) -> None:
        """One whole message."""
        raise NotImplementedError


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    if at < 0:
        return 0
    end = lowered.find(b"\r\n", at)
    return int(lowered[at + 15 : end if end > 0 else None])


class _Served(_Messages):
    def __init__(self, handle: Handle) -> None:
        super().__init__()
        self._handle = handle

    def received(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].decode("latin-1")
        self._handle(path, body, self._respond)

    def _respond(self, body: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (len(body), body)
            )


async def serve(handle: Handle) -> tuple[asyncio.Server, int]:
    """Listen on a free port; the server and its port."""
    server = await asyncio.get_running_loop().create_server(
        lambda: _Served(handle), "127.0.0.1", 0, backlog=1024
    )
    return server, int(server.sockets[0].getsockname()[1])


class _Asked(_Messages):
    """A connection that carries one request at a time."""

    def __init__(self, free: Callable[[_Asked], None]) -> None:
        super().__init__()
        self._free = free
        self._answered: Callable[[int, bytes], None] | None = None

    def ask(self, request: bytes, answered: Callable[[int, bytes], None]) -> None:
        """Send; `answered` gets status and body, 0 when the connection ended first."""
        self._answered = answered
        self.transport.write(request)

    def received(self, head: bytes, body: bytes) -> None:
        answered, self._answered = self._answered, None
        if answered:
            answered(int(head[9:12]), body)
        self._free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        answered, self._answered = self._answered, None
        if answered:
            answered(0, b"")


class Poster:
    """POSTs to one address, at most so many at once, the rest in order."""

    def __init__(self, url: str, secret: str, at_once: int) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: "
        ).encode()
        self._left = at_once
        self._free: list[_Asked] = []
        self._waiting: deque[tuple[bytes, Callable[[int, bytes], None]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    def post(self, body: bytes, answered: Callable[[int, bytes], None]) -> None:
        """Queue one request."""
        self._waiting.append((self._head + b"%d\r\n\r\n%b" % (len(body), body), answered))
        self._go_on()

    def close(self) -> None:
        """Drop what waits and all connections."""
        self._waiting.clear()
        for connection in self._free:
            connection.transport.close()

    def _go_on(self) -> None:
        while self._waiting and self._free:
            connection = self._free.pop()
            if not connection.transport.is_closing():
                connection.ask(*self._waiting.popleft())
            else:
                self._left += 1
        if self._waiting and self._left:
            self._left -= 1
            task = asyncio.ensure_future(self._open())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: _Asked(self._again), self._host, self._port)
        self._again(connection)

    def _again(self, connection: _Asked) -> None:
        self._free.append(connection)
        self._go_on()
