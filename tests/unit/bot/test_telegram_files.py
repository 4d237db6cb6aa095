"""Files people send: fetched from the platform, read from a local server's disk, or gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from bot.channels.telegram.client import TelegramClient
from db.errors import BadInput, ChannelRefused, TryLater

TOKEN = "7:SECRET"


class Server:
    """A Bot API server that answers what it is told to, call by call."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[tuple[int, bytes]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.split()[1].decode())
        status, body = self.answers.pop(0)
        writer.write(
            b"HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body
        )
        writer.close()

    def has(self, file_path: str | None) -> None:
        """Answers the next getFile."""
        file = {"file_id": "f", "file_unique_id": "u", **({"file_path": file_path} if file_path else {})}
        self.answers.append((200, json.dumps({"ok": True, "result": file}).encode()))

    def refuses(self, code: int, why: str) -> None:
        """Answers the next call."""
        refusal = {"ok": False, "error_code": code, "description": why}
        self.answers.append((code, json.dumps(refusal).encode()))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    one = Server()
    listening = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = listening.sockets[0].getsockname()[1]
    yield one
    listening.close()
    await listening.wait_closed()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[TelegramClient]:
    one = TelegramClient(f"http://127.0.0.1:{server.port}", TOKEN)
    yield one
    await one.close()


async def test_a_file_is_fetched_from_the_platform(server: Server, client: TelegramClient) -> None:
    server.has("documents/danh sách.xlsx")
    server.answers.append((200, b"\x00bytes"))
    assert await client.download("f") == b"\x00bytes"
    assert [unquote(path) for path in server.asked] == [
        f"/bot{TOKEN}/getFile",
        f"/file/bot{TOKEN}/documents/danh sách.xlsx",
    ]


async def test_a_local_server_names_a_file_on_the_same_disk(
    server: Server, client: TelegramClient, tmp_path: Path
) -> None:
    kept = tmp_path / "danh-sach.xlsx"
    kept.write_bytes(b"on the disk")
    server.has(str(kept))
    assert await client.download("f") == b"on the disk"


async def test_a_file_that_is_gone(server: Server, client: TelegramClient) -> None:
    server.refuses(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    server.has(None)
    server.has("documents/1")
    server.answers.append((404, b""))
    for _ in range(3):
        with pytest.raises(BadInput, match="file_gone"):
            await client.download("f")


async def test_a_platform_that_is_ill_or_refuses_us(server: Server, client: TelegramClient) -> None:
    server.refuses(502, "Bad Gateway")
    with pytest.raises(TryLater):
        await client.download("f")
    server.refuses(401, "Unauthorized")
    with pytest.raises(ChannelRefused):
        await client.download("f")
    server.answers.append((200, b'{"ok":true,"result":["no file"]}'))
    with pytest.raises(TryLater):
        await client.download("f")
