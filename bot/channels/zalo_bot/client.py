"""Calls to the Zalo Bot Platform over plain httpx (its edge repeats a `Server` header that aiohttp refuses).

Its errors become ours here and nowhere else: codes decide, texts are no contract. The token is part of the
address, so no error of the HTTP library is let through, and what the platform says is cleaned of it.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import httpx

from bot.channels.tls import trust_for
from bot.channels.zalo_bot.limits import PHOTO_SECONDS, POLL_SECONDS
from bot.channels.zalo_bot.outgoing import Call
from bot.channels.zalo_bot.wire import id_of
from bot.limits import CONNECT_SECONDS, REQUEST_SECONDS
from db.errors import ChannelRefused, DeliveryError, MessageRefused, RetryAfter, TryLater, Unreachable

CONNECTIONS = 20
NOT_SAID = 0.0  # the platform never says how long to wait
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TIMED_OUT, _TOO_MANY = 400, 401, 403, 404, 408, 429
_SERVER_ERRORS = 500
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class _Answered(Exception):
    """The platform's no: its code and description."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code


class ZaloBotClient:
    """Calls to one server with one token. `transport`: plain httpx's own, unless a test gives another."""

    def __init__(self, api_base: str, token: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._token = token
        self._url = f"{api_base.rstrip('/')}/bot{quote(token, safe=':')}/"
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        own = transport or httpx.AsyncHTTPTransport(verify=trust_for(api_base), limits=limits)
        self._http = httpx.AsyncClient(transport=own)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def me(self) -> dict[str, Any]:
        """Who we are: `id`, `display_name`, `account_name`, as far as told."""
        found = await self._get("getMe", {})
        return found if isinstance(found, dict) else {}

    async def updates(self) -> list[Any]:
        """The next raw update; none when none came while we waited (that is no fault)."""
        try:
            found = await self._ask("getUpdates", {"timeout": POLL_SECONDS}, POLL_SECONDS + REQUEST_SECONDS)
        except _Answered as no:
            if no.code == _TIMED_OUT:
                return []
            raise self._ours(no) from None
        return [update for update in (found if isinstance(found, list) else [found]) if update]

    async def call(self, call: Call) -> str:
        """Make one call; the id of the message it made, or ""."""
        seconds = PHOTO_SECONDS if call.method == "sendPhoto" else REQUEST_SECONDS
        try:
            made = await self._ask(call.method, call.parameters, seconds)
        except _Answered as no:
            error = self._ours(no, sending=True)
            if call.otherwise is None or not isinstance(error, MessageRefused):
                raise error from None
            return await self.call(call.otherwise)
        return id_of(made, "message_id")

    async def set_webhook(self, url: str, secret: str) -> None:
        """Ask for updates at `url`. TryLater when Zalo cannot reach it (it is set all the same)."""
        made = await self._get("setWebhook", {"url": url, "secret_token": secret})
        checked = made.get("verification") if isinstance(made, dict) else None
        if isinstance(checked, dict) and checked.get("ok") is False:
            why = self._clean(f"{checked.get('outcome', '')} {checked.get('hint', '')}")
            raise TryLater(f"Zalo cannot reach {url}: {why.strip()}", maybe_delivered=False)

    async def delete_webhook(self) -> None:
        """Back to polling."""
        await self._get("deleteWebhook", {})

    async def _get(self, method: str, parameters: dict[str, Any]) -> Any:
        try:
            return await self._ask(method, parameters, REQUEST_SECONDS)
        except _Answered as no:
            raise self._ours(no) from None

    async def _ask(self, method: str, parameters: dict[str, Any], seconds: float) -> Any:
        """The `result` of one call. `_Answered` for a no, TryLater when there was no answer in time.

        httpx counts each read alone: a line that drips would never end without a limit to the whole.
        """
        try:
            async with asyncio.timeout(seconds):
                answer = await self._http.post(
                    self._url + method,
                    content=json.dumps(parameters),
                    headers={"Content-Type": "application/json"},
                    timeout=httpx.Timeout(seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
                )
        except httpx.InvalidURL:
            raise ChannelRefused("the address or the token holds letters it cannot have") from None
        except TimeoutError:
            raise TryLater(f"no whole answer in {seconds:.0f} s", maybe_delivered=True) from None
        except httpx.HTTPError as error:
            maybe = not isinstance(error, _BEFORE_SENDING)
            raise TryLater(type(error).__name__, maybe_delivered=maybe) from None
        return self._result(answer.status_code, answer.content)

    def _result(self, status: int, body: bytes) -> Any:
        """The body decides, the status only where the body is none of ours."""
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or "ok" not in told:
            if status < _BAD_REQUEST:
                raise TryLater("an answer that cannot be read", maybe_delivered=True)
            raise _Answered(status, f"HTTP {status}")
        if told["ok"] is True:
            return told.get("result")
        code = told.get("error_code")
        if not isinstance(code, int) or code < _BAD_REQUEST:
            code = max(status, _BAD_REQUEST)
        raise _Answered(code, self._clean(str(told.get("description", ""))))

    def _ours(self, no: _Answered, *, sending: bool = False) -> DeliveryError:
        """One of our errors for a code. 403 and 404 to a chat: this person cannot be written to."""
        text = f"{no.code} {no}".strip()
        if no.code == _UNAUTHORIZED:
            return ChannelRefused("Zalo does not know this token")
        if no.code == _TOO_MANY:
            return RetryAfter(NOT_SAID)
        if no.code == _TIMED_OUT or no.code >= _SERVER_ERRORS:
            return TryLater(text, maybe_delivered=True)
        if sending and no.code in {_FORBIDDEN, _NOT_FOUND}:
            return Unreachable(text)
        return MessageRefused(text)

    def _clean(self, text: str) -> str:
        return (text.replace(self._token, "[token]") if self._token else text)[:200]
