"""Calls to the Official Account API over plain httpx; its troubles become ours here and nowhere else.

Tokens travel in headers, never in an address; answers are HTTP 200 also for errors, the body decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.channels.tls import trust_for
from bot.channels.zalo_oa.pictures import name_of
from bot.channels.zalo_oa.refusals import refusal
from bot.channels.zalo_oa.tokens import Granted, RenewalRefused
from bot.limits import (
    CONNECT_SECONDS,
    REQUEST_SECONDS,
    ZALO_OA_ACCESS_HOURS,
    ZALO_OA_DOWNLOAD_BYTES,
    ZALO_OA_REST_SECONDS,
)
from bot.loopback import is_loopback
from db.errors import BadInput, ChannelRefused, MessageRefused, RetryAfter, TryLater

CONNECTIONS = 32
OWN_HOST = "openapi.zalo.me"
OAUTH = "https://oauth.zaloapp.com"
RENEWAL_CODES = -14000  # and below: about the renewal itself
WRONG_SECRET = -14004
MEGABYTE = 1024**2


class OaClient:
    """One app at one API server."""

    def __init__(
        self,
        api_base: str,
        app_id: str,
        app_secret: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base = api_base.rstrip("/")
        self._app_id = app_id
        self._app_secret = app_secret
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        times = httpx.Timeout(REQUEST_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        self._http = httpx.AsyncClient(
            timeout=times, limits=limits, transport=transport, verify=trust_for(api_base)
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def post(self, path: str, access: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post JSON; the answer's data."""
        async with _our_errors():
            answer = await self._http.post(self._base + path, json=body, headers={"access_token": access})
        return _data(answer)

    async def account(self, access: str) -> tuple[str, str]:
        """Id and name of the Official Account; both empty where the server does not tell them."""
        try:
            async with _our_errors():
                url = f"{self._base}/v2.0/oa/getoa"
                answer = await self._http.get(url, headers={"access_token": access})
            data = _data(answer)
        except MessageRefused:
            return "", ""
        return str(data.get("oa_id") or ""), str(data.get("name") or "")

    async def upload(self, access: str, picture: bytes) -> str:
        """Upload a picture; the id by which messages show it."""
        files = {"file": (name_of(picture), picture)}
        async with _our_errors(maybe_delivered=False):
            answer = await self._http.post(
                f"{self._base}/v2.0/oa/upload/image", files=files, headers={"access_token": access}
            )
        found = str(_data(answer).get("attachment_id") or "")
        if not found:
            raise MessageRefused("the upload of a picture was answered without an id")
        return found

    async def renew(self, refresh: str) -> Granted:
        """Spend a refresh token. RenewalRefused when it is not accepted."""
        form = {"app_id": self._app_id, "refresh_token": refresh, "grant_type": "refresh_token"}
        async with _our_errors(maybe_delivered=False):
            answer = await self._http.post(
                f"{self._oauth}/v4/oa/access_token", data=form, headers={"secret_key": self._app_secret}
            )
        return _granted(answer)

    async def download(self, address: str) -> bytes:
        """The bytes of a file somebody sent; BadInput when it is gone or too large."""
        if not self._may_fetch(address):
            raise BadInput("error.file_gone")
        data = bytearray()
        try:
            async with self._http.stream("GET", address) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise BadInput("error.file_gone")
                async for chunk in answer.aiter_bytes():
                    data += chunk
                    if len(data) > ZALO_OA_DOWNLOAD_BYTES:
                        raise BadInput("error.file_too_big", megabytes=ZALO_OA_DOWNLOAD_BYTES // MEGABYTE)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise BadInput("error.file_gone") from None
        return bytes(data)

    def _may_fetch(self, address: str) -> bool:
        """Only from the net; from this machine only where the platform is a simulator on it."""
        try:
            parts = urlsplit(address)
            here = is_loopback(address)
        except ValueError:
            return False
        return is_loopback(self._base) if here else parts.scheme == "https" and bool(parts.hostname)

    @property
    def _oauth(self) -> str:
        return OAUTH if urlsplit(self._base).hostname == OWN_HOST else f"{self._base}/oauth"


@asynccontextmanager
async def _our_errors(*, maybe_delivered: bool = True) -> AsyncIterator[None]:
    """Troubles of the way there and back. A connection that was never made delivered nothing.

    httpx counts each read alone: a line that drips would never end without a limit to the whole.
    """
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            yield
    except TimeoutError:
        raise TryLater("no whole answer in time", maybe_delivered=maybe_delivered) from None
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise TryLater(type(error).__name__, maybe_delivered=False) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TryLater(type(error).__name__, maybe_delivered=maybe_delivered) from None


def _data(answer: httpx.Response) -> dict[str, Any]:
    body = _body(answer)
    code = _code(body)
    if code is not None:
        error = refusal(code, str(body.get("message") or ""))
        if error is not None:
            raise error
    elif answer.status_code != HTTPStatus.OK or "data" not in body:
        raise _by_status(answer.status_code)
    data = body.get("data")
    return data if isinstance(data, dict) else {}


def _by_status(status: int) -> TryLater | RetryAfter | ChannelRefused | MessageRefused:
    """An answer that is not in Zalo's form comes from something before it."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RetryAfter(ZALO_OA_REST_SECONDS)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.OK:
        return TryLater(f"HTTP {status} without a body we know", maybe_delivered=True)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ChannelRefused(f"HTTP {status}: is channels.api_base right?")
    return MessageRefused(f"HTTP {status}")


def _granted(answer: httpx.Response) -> Granted:
    body = _body(answer)
    access, refresh = body.get("access_token"), body.get("refresh_token")
    if isinstance(access, str) and isinstance(refresh, str) and access and refresh:
        return Granted(access, refresh, _seconds(body.get("expires_in")))
    code = _code(body) or 0
    if code <= RENEWAL_CODES:
        why = "the app secret is not right" if code == WRONG_SECRET else "the refresh token is not accepted"
        raise RenewalRefused(f"{why} ({code} {_reason(body)})")
    raise refusal(code, _reason(body)) or TryLater(
        f"the renewal was answered with HTTP {answer.status_code}", maybe_delivered=False
    )


def _reason(body: dict[str, Any]) -> str:
    return str(body.get("error_name") or body.get("error_description") or body.get("message") or "")[:120]


def _seconds(given: Any) -> float:
    """`expires_in` comes as text."""
    text = str(given)
    life = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0  # noqa: PLR2004
    return float(life or ZALO_OA_ACCESS_HOURS * 3600)


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: dict[str, Any]) -> int | None:
    try:
        return int(body["error"])
    except (KeyError, TypeError, ValueError):
        return None
