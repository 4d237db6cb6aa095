"""`/bot<token>/<method>` and `/file/bot<token>/<path>`: the only way a bot sees this world."""

import re
import time
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulator.clock import iso
from simulator.damage import CLOSE, Damage, Target
from simulator.models import Bot, Pending
from simulator.telegram.answers import Done, failure, respond, success, updates_body
from simulator.telegram.arguments import Arguments
from simulator.telegram.call import Call
from simulator.telegram.errors import Refusal
from simulator.telegram.methods import METHODS, NAMES
from simulator.telegram.platform import Telegram
from simulator.telegram.poster import Answer
from simulator.telegram.requests import read_arguments
from simulator.telegram.webhooks import method_in
from simulator.verdict import Heard

_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{3,80}")
_NOT_IN_ANSWERS = re.compile(r"get|setwebhook|deletewebhook|close|logout")

_OK = 200
_FILES = ("photo", "document", "voice", "media")
_HUNG_UP = Damage(wire=CLOSE)
_MARKS = ("parse_mode", "entities", "caption_entities")


class Door:
    """Finds the bot, reads the call, carries it out, notes it in the journal."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._world = telegram.world
        self._wire = telegram.wire

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
            done = Done(0, b"", damage=_HUNG_UP)
        if done.damage is not None and done.damage.wire:
            await self._wire.spoil(done, done.damage, scope, receive, send)
        else:
            await respond(done)(scope, receive, send)

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
        """Carry out one call; None when the line is dead."""
        began = time.perf_counter()
        damage = self._world.faults.strike(_target(bot, method, args))
        if damage is not None and damage.silent:
            return None
        done = await self._done(bot, method, args, damage)
        if self._world.faults.offline(bot.username):  # the line went dead while a poll waited
            return None
        return self._note(bot, method, args, done, began, via)

    async def _done(self, bot: Bot, method: str, args: Arguments, damage: Damage | None) -> Done:
        try:
            if damage is not None and damage.code:
                done = failure(_refusal(damage))
            elif damage is not None and damage.wire and not damage.accepted:
                done = Done(0, b"", "not carried out")
            else:
                done = await self._result(bot, method, args)
        except Refusal as refusal:
            done = failure(refusal)
        done.damage = damage
        return done

    async def _result(self, bot: Bot, method: str, args: Arguments) -> Done:
        if method == "getupdates":
            return updates_body(await self._telegram.pollers[bot.username].get(args))
        known = METHODS.get(method)
        if known is None:
            raise Refusal(404, "Not Found: method not found")
        return success(known(Call(self._telegram, bot, args)))

    def _note(self, bot: Bot, method: str, args: Arguments, done: Done, began: float, via: str) -> Done:
        ok = done.status == _OK
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
            **_struck(done.damage),
        )
        self._judge(line["n"], bot, method, args, done)
        self._world.events.tell("call", **{("call_n" if k == "n" else k): v for k, v in line.items()})
        return done

    def _judge(self, number: int, bot: Bot, method: str, args: Arguments, done: Done) -> None:
        if method != "getupdates":
            heard = Heard(
                n=number,
                bot=bot.username,
                method=NAMES.get(method, method[:64]),
                chat=args.text("chat_id").strip(),
                text=_words(args),
                now=self._world.clock.now(),
                ok=done.status == _OK,
                retry_after=done.retry_after,
                code=done.status,
                wire=done.damage.wire if done.damage is not None else "",
            )
            self._world.verdict.hear(heard, time.monotonic())

    def file(self, path: str) -> Response:
        """`bot<token>/<file_path>`: the bytes, or 404."""
        head, _, wanted = path.partition("/")
        bot = self._world.by_token.get(head.removeprefix("bot"))
        if bot is None:
            return respond(failure(_stranger(head)))
        file = self._world.files.at_path(bot.username, wanted)
        if file is None:
            return respond(failure(Refusal(404, "Not Found")))
        return Response(self._world.files.read(file), media_type="application/octet-stream")


def _stranger(head: str) -> Refusal:
    if _TOKEN.fullmatch(head.removeprefix("bot")):
        return Refusal(401, "Unauthorized")
    return Refusal(404, "Not Found")


def _refusal(damage: Damage) -> Refusal:
    return Refusal(damage.code, damage.description, damage.retry_after, damage.migrate_to)


def _target(bot: Bot, method: str, args: Arguments) -> Target:
    marked = any(args.values.get(name) for name in _MARKS)
    return Target(bot.username, method, args.text("chat_id").strip(), marked)


def _words(args: Arguments) -> str:
    """What makes two messages the same: the text, or a file's caption and name."""
    text = args.text("text")
    if text:
        return text
    files = [upload.name for upload in args.uploads.values()]
    named = [args.text(name) for name in _FILES]
    return "\n".join(part for part in (args.text("caption"), *files, *named) if part)


def _struck(damage: Damage | None) -> dict[str, str]:
    """What the journal says about a spoilt call: the fault's name, and how the answer was spoilt."""
    if damage is None:
        return {}
    return {"fault": damage.fault} | ({"wire": damage.wire} if damage.wire else {})
