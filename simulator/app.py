"""All doors of the simulator in one ASGI application."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from simulator.doors.control import Control
from simulator.doors.page import Page
from simulator.doors.people import People
from simulator.doors.zalo import ZaloLevers
from simulator.errors import Refused
from simulator.security import Guard
from simulator.show import Show
from simulator.telegram.door import Door
from simulator.telegram.platform import Telegram
from simulator.zalo.bot_door import PREFIX as ZALO_BOT
from simulator.zalo.bot_door import BotDoor
from simulator.zalo.oa_door import PREFIX as ZALO_OA
from simulator.zalo.oa_door import OaDoor
from simulator.zalo.platform import CDN, Zalo

Answer = Callable[[Request], Awaitable[dict[str, Any] | Response]]

_NO_KEY = Refused("the key is missing or wrong", 403)


def _json(value: dict[str, Any], status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(msgspec.json.encode(value), status, headers, "application/json")


class App:
    """Routes by the first part of the path; the platform's door goes first, being the busiest."""

    def __init__(self, telegram: Telegram, guard: Guard) -> None:
        self.telegram = telegram
        self.door = Door(telegram)
        self._guard = guard
        self.zalo = Zalo(telegram.world, f"http://127.0.0.1:{guard.port}", telegram.wire)
        self.zalo_bots = BotDoor(self.zalo.tokens, telegram.wire)
        self.zalo_oas = OaDoor(self.zalo.oas, telegram.wire)
        self.show = Show(telegram.world, guard)
        self._router = Router(self._routes())

    def _routes(self) -> list[Route]:
        people, page = People(self.telegram, self.zalo), Page(self._guard)
        control, zalo = Control(self.telegram, self.door, self.zalo), ZaloLevers(self.zalo)
        acts = ("say", "start", "scan", "tap", "block", "edit", "file", "read")
        return [
            *(self._route(f"/sim/{name}", getattr(people, name), "POST") for name in acts),
            self._route("/sim/state", self.show.with_story(control.state)),
            self._route("/sim/story", self.show.change, "POST"),
            self._route("/sim/people", people.add, "POST"),
            self._route("/sim/people/crowd", people.add_crowd, "POST"),
            self._route("/sim/received", people.received),
            self._route("/sim/people/{person:int}", people.change, "PATCH"),
            self._route("/sim/bots", control.add_bot, "POST"),
            self._route("/sim/chats/{person:int}", people.chat),
            self._route("/sim/files/{file_id}", people.bytes_of),
            self._route("/sim/files/{file_id}/link", people.link_in),
            self._route("/sim/clock", control.follow_clock, key=False),
            self._route("/sim/clock", control.set_clock, "POST"),
            self._route("/sim/journal", control.journal),
            self._route("/sim/counters", control.counters),
            self._route("/sim/fault", control.fault, "POST"),
            self._route("/sim/fault/{name}", control.end_fault, "DELETE"),
            self._route("/sim/faults", control.faults),
            self._route("/sim/faults/schedule", control.schedule, "POST"),
            self._route("/sim/verdict", control.verdict),
            self._route("/sim/verdict/reset", control.reset_verdict, "POST"),
            self._route("/sim/raw", control.raw, "POST"),
            self._route("/sim/events", control.events),
            self._route("/sim/zalo", zalo.view),
            self._route("/sim/zalo", zalo.change, "POST"),
            self._route("/sim/zalo/met", zalo.meet, "POST"),
            self._route("/sim/zalo/group", zalo.group, "POST"),
            self._route("/sim/zalo/group/say", zalo.say_in_group, "POST"),
            Route(CDN + "/{file_id}", zalo.file),
            Route("/", page.root),
            Route("/page/{path:path}", page.file),
            Route("/favicon.ico", page.icon),
        ]

    def _route(self, path: str, answer: Answer, method: str = "GET", *, key: bool = True) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                if key and not self._guard.may_enter(request):
                    raise _NO_KEY
                given = await answer(request)
            except Refused as refused:
                return _json({"error": refused.sentence}, refused.status)
            except HTTPException as problem:
                return _json({"error": problem.detail}, problem.status_code)
            return given if isinstance(given, Response) else _json(given)

        return Route(path, endpoint, methods=[method])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        refusal = self._refusal(headers)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif scope["path"].startswith("/bot"):
            await self.door(scope, receive, send)
        elif scope["path"].startswith(ZALO_BOT):
            await self.zalo_bots(scope, receive, send)
        elif scope["path"].startswith(ZALO_OA):
            await self.zalo_oas(scope, receive, send)
        elif scope["path"].startswith("/file/bot"):
            await self.door.file(scope["path"].removeprefix("/file/"))(scope, receive, send)
        else:
            await self._router(scope, receive, send)

    def open(self) -> None:
        """Take up what goes out to bots; needs a running loop."""
        self.door.open_webhooks()
        self.zalo.open()

    async def close(self) -> None:
        self.telegram.world.events.close()
        await self.zalo.close()
        await self.telegram.close()

    def _refusal(self, headers: dict[bytes, bytes]) -> Response | None:
        if not self._guard.host_allowed(headers.get(b"host", b"").decode("latin-1")):
            return PlainTextResponse("unknown Host\n", 421)
        origin = headers.get(b"origin")
        if not self._guard.origin_allowed(None if origin is None else origin.decode("latin-1")):
            return PlainTextResponse("foreign Origin\n", 403)
        return None
