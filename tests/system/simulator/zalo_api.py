"""Bare Zalo programs for the contract suite: plain httpx, and a place on the web for pictures."""

import asyncio
import contextlib
import itertools
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from simulator.client import SimClient

Json = dict[str, Any]

_numbers = itertools.count(1)


def _http(base_url: str) -> httpx.AsyncClient:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(base_url=base_url, timeout=60, trust_env=False, verify=context)


@dataclass
class BotApi:
    """One bot of the Bot Platform."""

    http: httpx.AsyncClient
    sim: SimClient
    token: str
    username: str

    async def answer(self, method: str, **arguments: Any) -> httpx.Response:
        return await self.http.post(method, json=arguments)

    async def call(self, method: str, **arguments: Any) -> Any:
        answer = await self.answer(method, **arguments)
        body = answer.json()
        assert (answer.status_code, body["ok"], body["error_code"]) == (200, True, 0), body
        return body.get("result")

    async def refused(self, method: str, **arguments: Any) -> int:
        """The code of a call that must fail; it is also the status, and nothing else is told."""
        answer = await self.answer(method, **arguments)
        body = answer.json()
        assert set(body) == {"ok", "description", "error_code"}
        assert body["ok"] is False
        assert answer.status_code == body["error_code"]
        return int(body["error_code"])

    async def update(self) -> Json:
        """What waits now; there must be something."""
        found: Json = await self.call("getUpdates", timeout=0)
        return found

    async def hears(self, person: int, text: str) -> Json:
        """Somebody says something; the message of the update that comes of it."""
        await self.sim.say(person, text, bot=self.username)
        message: Json = (await self.update())["message"]
        return message

    async def known(self, name: str = "Nguyễn Văn An") -> tuple[int, str]:
        """Somebody who has written to the bot: the person's number and the chat's id."""
        person = await self.sim.add_person(name)
        return person, (await self.hears(person, "chào"))["chat"]["id"]

    async def turn(self, **switches: Any) -> Json:
        return await self.sim.zalo(self.username, **switches)


@contextlib.asynccontextmanager
async def zalo_bot(sim: SimClient) -> AsyncIterator[BotApi]:
    number = next(_numbers)
    token, username = f"{6000000000000000000 + number}:zalo-contract-{number}", f"zalo_{number}_bot"
    await sim.add_bot(token, username, "Bot Chi bộ", platform="zalo_bot")
    async with _http(f"{sim.base_url}/zalo-bot/bot{token}/") as http:
        yield BotApi(http, sim, token, username)
        await http.post("deleteWebhook")


@dataclass
class OaApi:
    """One Official Account, with an access token once `renew` was called."""

    http: httpx.AsyncClient
    sim: SimClient
    username: str
    oa_id: str
    app_id: str
    refresh: str
    access: str = ""
    app_secret: str = "app-secret"
    oa_secret: str = "oa-secret"

    async def renew(self, refresh: str | None = None, **other: str) -> Json:
        form = {"app_id": self.app_id, "grant_type": "refresh_token"}
        form |= {"refresh_token": refresh or self.refresh, **other}
        answer = await self.http.post(
            "oauth/v4/oa/access_token", data=form, headers={"secret_key": self.app_secret}
        )
        assert answer.status_code == 200
        body: Json = answer.json()
        if "access_token" in body:
            self.access, self.refresh = body["access_token"], body["refresh_token"]
        return body

    async def call(self, path: str, body: Json | None = None, **more: Any) -> Json:
        """The whole answer, HTTP 200 whatever is in it (zalo.md 3.2)."""
        verb = "GET" if "params" in more else "POST"
        values = more if body is None else {"json": body, **more}
        answer = await self.http.request(verb, path, headers={"access_token": self.access}, **values)
        assert answer.status_code == 200
        found: Json = answer.json()
        return found

    async def send(self, user_id: str, message: Json) -> Json:
        body = {"recipient": {"user_id": user_id}, "message": message}
        return await self.call("v3.0/oa/message/cs", body)

    async def turn(self, **switches: Any) -> Json:
        return await self.sim.zalo(self.username, **switches)


@contextlib.asynccontextmanager
async def zalo_oa(sim: SimClient) -> AsyncIterator[OaApi]:
    number = next(_numbers)
    oa_id, app_id, refresh = str(579_000_000 + number), str(360_000_000 + number), f"first-{number}"
    username = f"zalo_{number}_oa"
    token = f"{oa_id}:{app_id}:app-secret:oa-secret:{refresh}"
    await sim.add_bot(token, username, "Đảng ủy phường", platform="zalo_oa")
    async with _http(f"{sim.base_url}/zalo-oa/") as http:
        made = OaApi(http, sim, username, oa_id, app_id, refresh)
        await made.renew()
        yield made
        await sim.zalo(username, webhook="")


@dataclass
class Gallery:
    """A web server with one picture, which may vanish after some visits."""

    data: bytes
    lasts: int | None = None
    url: str = ""
    visits: int = 0
    _visited: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.visits += 1
        there = self.lasts is None or self.visits <= self.lasts
        head = f"HTTP/1.1 {'200 OK' if there else '404 Gone'}\r\nContent-Length: "
        content = self.data if there else b""
        writer.write(head.encode() + b"%d\r\nConnection: close\r\n\r\n" % len(content) + content)
        await writer.drain()
        writer.close()
        self._visited.set()

    async def wait(self, visits: int) -> None:
        async with asyncio.timeout(10):
            while self.visits < visits:
                self._visited.clear()
                await self._visited.wait()


@contextlib.asynccontextmanager
async def gallery(data: bytes, lasts: int | None = None) -> AsyncIterator[Gallery]:
    made = Gallery(data, lasts)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/bang.png"
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class RawHook:
    """A webhook that keeps bodies as they came, and answers 200 or as told."""

    status: int = 200
    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        self._arrived.set()

    async def wait(self, count: int) -> list[Json]:
        """The bodies so far as objects, once there are `count`."""
        async with asyncio.timeout(10):
            while len(self.got) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return [json.loads(body) for _, body in self.got]


@contextlib.asynccontextmanager
async def raw_hook() -> AsyncIterator[RawHook]:
    made = RawHook()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/zalo"
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()
