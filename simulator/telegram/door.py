"""`/bot<token>/<method>` and `/file/bot<token>/<path>`: the only way a bot sees this world."""

import re
import time
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulator.clock import iso
from simulator.faults import Damage
from simulator.models import Bot, Pending
from simulator.telegram.arguments import Arguments
from simulator.telegram.call import Call
from simulator.telegram.errors import Refusal
from simulator.telegram.methods import METHODS, NAMES
from simulator.telegram.platform import Telegram
from simulator.telegram.poster import Answer
from simulator.telegram.requests import read_arguments
from simulator.telegram.webhooks import method_in

_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{3,80}")
_NOT_IN_ANSWERS = re.compile(r"get|setwebhook|deletewebhook|close|logout")

_encode = msgspec.json.encode


class Done(msgspec.Struct):
    """A finished call: status, JSON body and what the journal says about it."""

    status: int
    body: bytes
    description: str = ""
    retry_after: int | None = None


def success(result: Any) -> Done:
    description = ""
    if isinstance(result, tuple):
        result, description = result
    told = {"description": description} if description else {}
    return Done(200, _encode({"ok": True, "result": result, **told}))


def failure(refusal: Refusal) -> Done:
    body: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.retry_after is not None:
        body["parameters"] = {"retry_after": refusal.retry_after}
    return Done(refusal.code, _encode(body), refusal.description, refusal.retry_after)


def updates_body(batch: list[Pending]) -> Done:
    return Done(200, b'{"ok":true,"result":[' + b",".join(update.body for update in batch) + b"]}")


class Door:
    """Finds the bot, reads the call, carries it out, notes it in the journal."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._world = telegram.world

    def open_webhooks(self) -> None:
        """Take up delivery where it was; needs a running loop."""
        for username, deliverer in self._telegram.deliverers.items():
            self.serve_webhook(username)
            deliverer.restart()

    def serve_webhook(self, username: str) -> None:
        bot = self._world.bots[username]

        async def execute(_update: Pending, answer: Answer) -> None:
            values = method_in(answer)
            if values is not None:
                await self._answered(bot, values)

        self._telegram.deliverers[username].execute = execute

    async def _answered(self, bot: Bot, values: dict[str, Any]) -> None:
        """A method in a webhook's answer: its result and its error are lost."""
        method = str(values.pop("method")).lower()
        if not _NOT_IN_ANSWERS.match(method):
            await self.run(bot, method, Arguments(values), via="webhook")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _, head, *rest = scope["path"].split("/", 2)
        bot = self._world.by_token.get(head.removeprefix("bot"))
        name = rest[0] if rest else ""
        done: Done | None = failure(_stranger(head))
        if bot is not None:
            done = await self._receive(bot, name, Request(scope, receive))
        if done is None:
            _hang_up(receive)
            done = Done(502, b"", "Bad Gateway")
        await _respond(done)(scope, receive, send)

    async def _receive(self, bot: Bot, name: str, request: Request) -> Done | None:
        try:
            args = await read_arguments(request)
        except Refusal as refusal:
            return self._note(bot, name.lower(), Arguments({}), failure(refusal), time.perf_counter(), "http")
        except HTTPException as problem:
            return failure(Refusal(400, f"Bad Request: {problem.detail}"))
        except ClientDisconnect:
            return None
        return await self.run(bot, name.lower(), args)

    async def run(self, bot: Bot, method: str, args: Arguments, via: str = "http") -> Done | None:
        """Carry out one call; None when a fault says that nobody answers."""
        began = time.perf_counter()
        damage = self._world.faults.strike(method, args.text("chat_id"))
        if damage is not None and damage.code == 0:
            return None
        try:
            done = failure(_refusal(damage)) if damage else await self._result(bot, method, args)
        except Refusal as refusal:
            done = failure(refusal)
        if self._world.faults.offline():  # the line went dead while a poll waited
            return None
        return self._note(bot, method, args, done, began, via)

    async def _result(self, bot: Bot, method: str, args: Arguments) -> Done:
        if method == "getupdates":
            return updates_body(await self._telegram.pollers[bot.username].get(args))
        known = METHODS.get(method)
        if known is None:
            raise Refusal(404, "Not Found: method not found")
        return success(known(Call(self._telegram, bot, args)))

    def _note(self, bot: Bot, method: str, args: Arguments, done: Done, began: float, via: str) -> Done:
        ok = done.status == 200  # noqa: PLR2004 - HTTP's own number
        line = self._world.journal.note(
            at=iso(self._world.clock.now()),
            bot=bot.username,
            method=NAMES.get(method, method[:64]),
            args=args.for_journal(),
            ok=ok,
            error_code=None if ok else done.status,
            description=done.description or None,
            ms=round((time.perf_counter() - began) * 1000, 2),
            via=via,
        )
        self._world.events.tell("call", **{("call_n" if k == "n" else k): v for k, v in line.items()})
        return done

    def file(self, path: str) -> Response:
        """`bot<token>/<file_path>`: the bytes, or 404."""
        head, _, wanted = path.partition("/")
        bot = self._world.by_token.get(head.removeprefix("bot"))
        if bot is None:
            return _respond(failure(_stranger(head)))
        file = self._world.files.at_path(bot.username, wanted)
        if file is None:
            return _respond(failure(Refusal(404, "Not Found")))
        return Response(self._world.files.read(file), media_type="application/octet-stream")


def _stranger(head: str) -> Refusal:
    if _TOKEN.fullmatch(head.removeprefix("bot")):
        return Refusal(401, "Unauthorized")
    return Refusal(404, "Not Found")


def _refusal(damage: Damage) -> Refusal:
    return Refusal(damage.code, damage.description, damage.retry_after)


def _respond(done: Done) -> Response:
    headers = {} if done.retry_after is None else {"Retry-After": str(done.retry_after)}
    return Response(done.body, done.status, headers, "application/json")


def _hang_up(receive: Receive) -> None:
    """Close the connection without an answer, as a dead line would."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
