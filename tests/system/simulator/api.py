"""A bare bot for the contract suite: every call and every answer is held against the schema."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.bot_api_schema import bot_api

Json = dict[str, Any]
Reply = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Failed:
    """An answer with ok=false."""

    status: int
    code: int
    description: str
    parameters: Json
    headers: httpx.Headers


class Api:
    """One bot's token and the platform's door."""

    def __init__(self, base_url: str, token: str, username: str) -> None:
        self.base_url, self.token, self.username = base_url, token, username
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.http = httpx.AsyncClient(
            base_url=f"{base_url}/bot{token}/", timeout=60, trust_env=False, verify=context
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def call(self, method: str, **arguments: Any) -> Any:
        """A call that keeps to the manual and must succeed."""
        assert bot_api().problems_of_call(method, arguments) == []
        answer = (await self.http.post(method, json=arguments)).json()
        assert answer["ok"] is True, answer
        assert bot_api().problems_of_result(method, answer["result"]) == []
        return answer["result"]

    async def upload(self, method: str, files: dict[str, tuple[str, bytes]], **fields: str) -> Any:
        answer = (await self.http.post(method, data=fields, files=files)).json()
        assert answer["ok"] is True, answer
        assert bot_api().problems_of_result(method, answer["result"]) == []
        return answer["result"]

    async def refused(self, method: str, **arguments: Any) -> Failed:
        """A call that must fail; it may break the manual."""
        return failed(await self.http.post(method, json=arguments))

    async def updates(self, **arguments: Any) -> list[Json]:
        found: list[Json] = await self.call("getUpdates", **arguments)
        return found

    async def fresh(self) -> list[Json]:
        """What waits now; everything before it is confirmed."""
        waiting = await self.updates()
        if waiting:
            await self.updates(offset=waiting[-1]["update_id"] + 1)
        return waiting


def failed(answer: httpx.Response) -> Failed:
    body = answer.json()
    assert body["ok"] is False, body
    assert set(body) <= {"ok", "error_code", "description", "parameters"}
    assert answer.status_code == body["error_code"]
    parameters = body.get("parameters", {})
    assert bot_api().problems("ResponseParameters", parameters) == []
    return Failed(answer.status_code, body["error_code"], body["description"], parameters, answer.headers)


@dataclass
class Receiver:
    """A bot's webhook: keeps what comes and answers as told (by default 200)."""

    answer: Callable[[Json], Reply] = lambda _update: (200, {}, b"")
    got: list[tuple[dict[str, str], Json]] = field(default_factory=list)
    open: int = 0
    most_open: int = 0
    hold: asyncio.Event | None = None
    url: str = ""
    serving: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving[task] = writer
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await self._one(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        del self.serving[task]

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head if line)
        }
        body = await reader.readexactly(int(headers["content-length"]))
        update = httpx.Response(200, content=body).json()
        self.got.append((headers, update))
        self._arrived.set()
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        if self.hold is not None:
            await self.hold.wait()
        self.open -= 1
        status, extra, content = self.answer(update)
        lines = [
            f"HTTP/1.1 {status} X",
            f"content-length: {len(content)}",
            *(f"{n}: {v}" for n, v in extra.items()),
        ]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        await writer.drain()

    async def stop(self) -> None:
        """Close what is open, also what is just being accepted."""
        for _ in range(5):
            await asyncio.sleep(0)
            for writer in self.serving.values():
                writer.close()
            await asyncio.gather(*self.serving)

    async def wait(self, count: int) -> list[Json]:
        """The updates so far, once there are `count`."""
        async with asyncio.timeout(10):
            while len(self.got) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return [update for _, update in self.got]


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
        await receiver.stop()
