"""Bots of the load server: their updates go out by webhook or polling, their calls are heard."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from bench.load.http import Poster, Respond, serve

WEBHOOKS_AT_ONCE = 40  # setWebhook.max_connections, as Telegram has it by default
TRUE = b'{"ok":true,"result":true}'
EMPTY = b'{"ok":true,"result":[]}'
_encode = msgspec.json.encode
_decode = msgspec.json.decode
Json = dict[str, Any]


@dataclass
class LoadBot:
    """One bot. `heard` is told every call: method and parameters, texts of JSON not yet read."""

    token: str
    heard: Callable[[str, Json], None] = lambda _method, _parameters: None
    poster: Poster | None = None
    refused: int = 0  # webhook posts that were not answered with 200
    _last: int = 0
    _waiting: deque[tuple[int, bytes]] = field(default_factory=deque)
    _poll: tuple[Respond, int, asyncio.TimerHandle] | None = None

    def update(self, kind: str, content: Json) -> None:
        """Send one update to the bot."""
        self._last += 1
        body = _encode({"update_id": self._last, kind: content})
        if self.poster is not None:
            self.poster.post(body, self._posted)
            return
        self._waiting.append((self._last, body))
        if self._poll is not None:
            respond, limit, timer = self._poll
            self._poll = None
            timer.cancel()
            # what comes in the same turn of the loop goes out together
            asyncio.get_running_loop().call_soon(self._hand_over, respond, limit)

    def post_to(self, poster: Poster) -> None:
        """From now on by webhook, what waits first."""
        self.poster = poster
        while self._waiting:
            poster.post(self._waiting.popleft()[1], self._posted)

    def poll(self, parameters: Json, respond: Respond) -> None:
        """getUpdates."""
        offset, limit = int(parameters.get("offset") or 0), int(parameters.get("limit") or 100)
        while self._waiting and self._waiting[0][0] < offset:
            self._waiting.popleft()
        wait = float(parameters.get("timeout") or 0)
        if self._waiting or not wait:
            self._hand_over(respond, limit)
            return
        timer = asyncio.get_running_loop().call_later(wait, self._give_up)
        self._poll = (respond, limit, timer)

    def _give_up(self) -> None:
        if self._poll is not None:
            respond, self._poll = self._poll[0], None
            respond(EMPTY)

    def _hand_over(self, respond: Respond, limit: int) -> None:
        bodies = [body for _, body in list(self._waiting)[:limit]]
        respond(b'{"ok":true,"result":[' + b",".join(bodies) + b"]}")

    def _posted(self, status: int, body: bytes) -> None:
        if status != 200:
            self.refused += 1
        elif body.startswith(b"{"):
            call = _decode(body)
            if "method" in call:
                self.heard(call["method"], call)


class Platform:
    """The server with its bots."""

    def __init__(self) -> None:
        self._bots: dict[str, LoadBot] = {}
        self._server: asyncio.Server | None = None
        self.url = ""

    async def open(self) -> None:
        """Listen."""
        self._server, port = await serve(self._called)
        self.url = f"http://127.0.0.1:{port}"

    async def close(self) -> None:
        """Stop listening."""
        for bot in self._bots.values():
            if bot.poster:
                bot.poster.close()
        if self._server is not None:
            self._server.close()

    def add(self, token: str) -> LoadBot:
        """A bot by its token."""
        return self._bots.setdefault(token, LoadBot(token))

    def _called(self, path: str, body: bytes, respond: Respond) -> None:
        token, _, method = path.removeprefix("/bot").partition("/")
        bot = self._bots[token]
        parameters = _parameters(body)
        if method == "getUpdates":
            bot.poll(parameters, respond)
        elif method == "getMe":
            respond(_encode({"ok": True, "result": _me(token)}))
        else:
            if method == "setWebhook" and parameters.get("url"):
                secret = parameters.get("secret_token", "")
                bot.post_to(Poster(parameters["url"], secret, WEBHOOKS_AT_ONCE))
            bot.heard(method, parameters)  # first: who is answered may send the next one at once
            respond(_message(parameters) if method in MESSAGES else TRUE)


MESSAGES = {"sendMessage", "editMessageText"}


def _parameters(body: bytes) -> Json:
    """JSON, or a form as most clients send it."""
    if not body:
        return {}
    if body.startswith(b"{"):
        return dict(_decode(body))
    return dict(parse_qsl(body.decode()))


def _message(parameters: Json) -> bytes:
    chat = int(parameters["chat_id"])
    made = {
        "message_id": int(parameters.get("message_id") or 1),
        "date": 1_790_000_000,
        "chat": {"id": chat, "type": "private", "first_name": "Người"},
        "from": _me(""),
        "text": parameters["text"],
    }
    if markup := markup_of(parameters):
        made["reply_markup"] = markup
    return _encode({"ok": True, "result": made})


def markup_of(parameters: Json) -> Json | None:
    """The keyboard of a message, however it was written."""
    markup = parameters.get("reply_markup")
    return _decode(markup) if isinstance(markup, str) else markup


def _me(token: str) -> Json:
    number = int(token.partition(":")[0] or 1)
    return {"id": number, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
