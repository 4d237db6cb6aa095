"""`/zalo-oa/…`: tokens and calls of the Official Account API, all hosts under one prefix."""

import re
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from simulator.damage import Damage, Target
from simulator.telegram.answers import Done
from simulator.telegram.arguments import Arguments
from simulator.telegram.errors import Refusal
from simulator.telegram.requests import read_arguments
from simulator.telegram.wire import Wire
from simulator.zalo.calls import Line, answer, hangs_up, outage
from simulator.zalo.oa_account import ZaloOa
from simulator.zalo.oa_calls import GETS, POSTS, OaCall
from simulator.zalo.oa_errors import OaRefusal

PREFIX = "/zalo-oa/"
_TOKEN = "oauth/access_token"  # noqa: S105 - a method's name
_TOKEN_PATHS = {"oauth/v4/oa/access_token", "v4/oa/access_token"}
_VERSION = re.compile(r"^v[23]\.0/")
_MINUTE = 60.0
_SERVER_ERROR = 500
_AS_OA = {429: -32, 403: -213, 400: -201, 401: -216}

_encode = msgspec.json.encode


class OaDoor:
    """`accounts` by name."""

    def __init__(self, accounts: Mapping[str, ZaloOa], wire: Wire) -> None:
        self._accounts = accounts
        self._wire = wire
        self._calls: dict[str, deque[float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["path"].removeprefix(PREFIX)
        try:
            args = await read_arguments(request)
        except (Refusal, HTTPException):
            args = Arguments({})
        except ClientDisconnect:
            return
        method = _TOKEN if path in _TOKEN_PATHS else _VERSION.sub("", path)
        try:
            account = self._account(request, method, args)
        except OaRefusal as refusal:
            await answer(failure(refusal), self._wire, scope, receive, send)
            return
        done = await self._run(account, request, method, args)
        double = account.switches.duplicate_server
        headers = {} if method == _TOKEN else self._limits(account)
        await answer(done, self._wire, scope, receive, send, double_server=double, headers=headers)

    def _account(self, request: Request, method: str, args: Arguments) -> ZaloOa:
        """By app id where tokens are given out, by access token elsewhere. Raises OaRefusal."""
        if method == _TOKEN:
            found = [a for a in self._accounts.values() if a.keys.app_id == args.text("app_id")]
            if not found or request.headers.get("secret_key") != found[0].keys.app_secret:
                raise OaRefusal(-14004)
            # One app may serve several accounts; the refresh token says which.
            given = args.text("refresh_token")
            own = (a for a in found if given == a.state.refresh or given in a.state.used)
            return next(own, found[0])
        access = request.headers.get("access_token", "")
        for account in self._accounts.values():
            if access in account.state.access:
                return account
        raise OaRefusal(-216)

    async def _run(self, account: ZaloOa, request: Request, method: str, args: Arguments) -> Done:
        line = Line(account.world, account.bot.username, method)
        damage = outage(account.switches.outage) or account.world.faults.strike(
            _target(account, method, args)
        )
        if damage is not None and damage.silent:
            return hangs_up()
        code = 0
        try:
            done = await self._done(account, request, method, args, damage)
        except OaRefusal as refusal:
            done, code = failure(refusal), refusal.code
        done.damage = damage
        return line.note(done, _without_tokens(args), error=code)

    async def _done(
        self, account: ZaloOa, request: Request, method: str, args: Arguments, damage: Damage | None
    ) -> Done:
        broken = damage.code if damage is not None else 0
        if broken >= _SERVER_ERROR:
            return Done(broken, b"", "gateway trouble")
        if broken:
            raise OaRefusal(_AS_OA.get(broken, -200))
        if damage is not None and damage.wire and not damage.accepted:
            return Done(0, b"", "not carried out")
        if method == _TOKEN:
            return Done(200, _encode(_renewed(account, args)))
        self._admit(account, request.headers["access_token"])
        known = (POSTS if request.method == "POST" else GETS).get(method)
        if known is None:
            return Done(404, _encode({"error": 404, "message": "empty api"}), "no such call")
        data = await known(OaCall(account, args))
        return Done(200, _encode({"error": 0, "message": "Success", "data": data}))

    def _admit(self, account: ZaloOa, access: str) -> None:
        """Raises OaRefusal for a token of yesterday, and for too many calls a minute."""
        if account.state.access[access] <= account.world.clock.now():
            raise OaRefusal(-220)
        calls = self._recent(account)
        if len(calls) >= account.switches.calls_a_minute:
            raise OaRefusal(-32)
        calls.append(time.monotonic())

    def _recent(self, account: ZaloOa) -> deque[float]:
        calls = self._calls.setdefault(account.keys.app_id, deque())
        while calls and calls[0] < time.monotonic() - _MINUTE:
            calls.popleft()
        return calls

    def _limits(self, account: ZaloOa) -> dict[str, str]:
        top = account.switches.calls_a_minute
        left = max(0, top - len(self._recent(account)))
        return {"X-RateLimit-Limit": str(top), "X-RateLimit-Remain": str(left)}


def _renewed(account: ZaloOa, args: Arguments) -> dict[str, str]:
    if args.text("grant_type") != "refresh_token":
        raise OaRefusal(-14003, "the simulator renews tokens only")
    return account.renewed(args.text("refresh_token"))


def failure(refusal: OaRefusal) -> Done:
    """HTTP 200 with a number below zero."""
    said = {"error": refusal.code, "message": str(refusal)}
    if refusal.code in {-14003, -14004, -14020}:
        said = {"error": refusal.code, "error_name": str(refusal), "error_description": str(refusal)}
    return Done(200, _encode(said), str(refusal))


def _without_tokens(args: Arguments) -> dict[str, Any]:
    hidden = {"refresh_token", "code", "code_verifier"}
    return {k: v for k, v in args.for_journal().items() if k not in hidden}


def _target(account: ZaloOa, method: str, args: Arguments) -> Target:
    """As a fault sees it: chats go by the person's own number."""
    recipient = args.values.get("recipient")
    user_id = recipient.get("user_id") if isinstance(recipient, dict) else None
    person = account.ids.person(user_id) if isinstance(user_id, str) else None
    return Target(account.bot.username, method.lower(), str(person.id) if person else "")
