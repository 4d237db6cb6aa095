"""`/zalo-bot/bot<token>/<method>`: the Bot Platform as a bot sees it."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from simulator.damage import Damage, Target
from simulator.telegram.answers import Done
from simulator.telegram.arguments import Arguments
from simulator.telegram.errors import Refusal, bad
from simulator.telegram.requests import read_arguments
from simulator.telegram.wire import Wire
from simulator.zalo.bot_account import ZaloBot
from simulator.zalo.bot_methods import METHODS, Call
from simulator.zalo.calls import Line, answer, hangs_up, outage

PREFIX = "/zalo-bot/bot"
DEFAULT_TIMEOUT = 30  # seconds
MAX_TIMEOUT = 60.0
_NO_UPDATE = Refusal(408, "Request timeout")
_POLL = "getUpdates"
_CALM = {_POLL: 408, "getWebhookInfo": 404}  # normal answers, though not ok

_encode = msgspec.json.encode


class BotDoor:
    """`accounts` by token."""

    def __init__(self, accounts: Mapping[str, ZaloBot], wire: Wire) -> None:
        self._accounts = accounts
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token, _, method = scope["path"].removeprefix(PREFIX).partition("/")
        account = self._accounts.get(token)
        if account is None:
            await answer(failure(Refusal(401, "Unauthorized")), self._wire, scope, receive, send)
            return
        done = await self._received(account, method, Request(scope, receive), receive)
        double = account.switches.duplicate_server
        await answer(done or hangs_up(), self._wire, scope, receive, send, double_server=double)

    async def _received(
        self, account: ZaloBot, method: str, request: Request, receive: Receive
    ) -> Done | None:
        line = Line(account.world, account.bot.username, method)
        try:
            args = await read_arguments(request)
        except Refusal as refusal:
            return line.note(failure(refusal), {})
        except HTTPException as problem:
            return line.note(failure(bad(str(problem.detail))), {})
        except ClientDisconnect:
            return None
        damage = outage(account.switches.outage) or account.world.faults.strike(
            _target(account, method, args)
        )
        if damage is not None and damage.silent:
            return None
        done = await self._done(account, method, args, damage, receive)
        if account.world.faults.offline(account.bot.username):
            return None
        done.damage = damage
        return line.note(done, _without_secret(args), calm=_CALM.get(method) == done.status)

    async def _done(
        self, account: ZaloBot, method: str, args: Arguments, damage: Damage | None, receive: Receive
    ) -> Done:
        try:
            if damage is not None and damage.code:
                raise Refusal(damage.code, damage.description)
            if damage is not None and damage.wire and not damage.accepted:
                return Done(0, b"", "not carried out")
            if method == _POLL:
                return await _poll(account, args, receive)
            known = METHODS.get(method)
            if known is None:
                raise Refusal(account.switches.unknown_method, "Unknown API name")
            return success(await known(Call(account, args)))
        except Refusal as refusal:
            return failure(refusal)


def success(result: Any) -> Done:
    told = {} if result is None else {"result": result}
    return Done(200, _encode({"ok": True, **told, "error_code": 0}))


def failure(refusal: Refusal) -> Done:
    """Never more than a description and a code: Zalo does not say when to try again."""
    body = {"ok": False, "description": refusal.description, "error_code": refusal.code}
    return Done(refusal.code, _encode(body), refusal.description)


def _without_secret(args: Arguments) -> dict[str, Any]:
    return {name: value for name, value in args.for_journal().items() if name != "secret_token"}


async def _poll(account: ZaloBot, args: Arguments, receive: Receive) -> Done:
    bot = account.bot
    gone = asyncio.ensure_future(_disconnected(receive))
    seconds = min(float(max(args.number("timeout", DEFAULT_TIMEOUT), 0)), MAX_TIMEOUT)
    try:
        update = None
        if not bot.webhook.url:
            update = await account.poller.next(seconds, gone, lambda: not bot.webhook.url)
        if update is None and bot.webhook.url:
            raise bad("can't use getUpdates while webhook is set, delete the webhook first")
    finally:
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone
    if update is not None:
        return Done(200, b'{"ok":true,"result":%b,"error_code":0}' % update.body)
    if account.switches.empty_poll == "empty":
        return success({})
    raise _NO_UPDATE


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _target(account: ZaloBot, method: str, args: Arguments) -> Target:
    """As a fault sees it: chats go by the person's own number."""
    person = account.ids.person(args.text("chat_id").strip())
    marked = bool(args.values.get("parse_mode") or args.values.get("text_styles"))
    return Target(account.bot.username, method.lower(), str(person.id) if person else "", marked)
