"""A small HTTP/1.1 client for webhooks: POST with kept connections, to this machine only."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_MAX_BODY = 1 << 20


class NotDelivered(Exception):
    """No whole answer came; the text is what getWebhookInfo will say."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Poster:
    """Posts to one address; connections that were answered whole are used again."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    _idle: list[_Connection] = field(default_factory=list)

    async def post(self, body: bytes, timeout: float) -> Answer:  # noqa: ASYNC109 - a plain limit
        """Raises NotDelivered."""
        try:
            async with asyncio.timeout(timeout):
                return await self._post(body)
        except TimeoutError:
            raise NotDelivered("Read timeout expired") from None
        except (ConnectionError, asyncio.IncompleteReadError, OSError, ValueError) as problem:
            refused = isinstance(problem, ConnectionRefusedError)
            raise NotDelivered("Connection refused" if refused else "Connection closed") from None

    async def _post(self, body: bytes) -> Answer:
        while self._idle:
            connection = self._idle.pop()
            try:
                return await self._exchange(connection, body)
            except (ConnectionError, asyncio.IncompleteReadError):
                continue
        return await self._exchange(await self._connect(), body)

    async def _connect(self) -> _Connection:
        parts = urlsplit(self.url)
        context = None
        if parts.scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        port = parts.port or (443 if context else 80)
        return await asyncio.open_connection(parts.hostname, port, ssl=context)

    async def _exchange(self, connection: _Connection, body: bytes) -> Answer:
        reader, writer = connection
        kept = False
        try:
            writer.write(self._head(len(body)) + body)
            await writer.drain()
            answer = await _read_answer(reader)
            kept = answer.headers.get("connection", "").lower() != "close"
            return answer
        finally:
            if kept:
                self._idle.append(connection)
            else:
                writer.close()

    def _head(self, length: int) -> bytes:
        parts = urlsplit(self.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Content-Type: application/json",
            f"Content-Length: {length}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def close(self) -> None:
        for _, writer in self._idle:
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()
        self._idle.clear()


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Answer(status, headers, await _read_body(reader, headers))


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader)
    if "content-length" in headers:
        return await reader.readexactly(min(int(headers["content-length"]), _MAX_BODY))
    if headers.get("connection", "").lower() == "close":
        return await reader.read(_MAX_BODY)
    return b""


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()
    return body
