"""The Bot API over aiohttp: every call is one POST, its answer read no further than we use it.

Telegram's refusals become our errors here and nowhere else (texts are no contract: codes and parameters
come first).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
import msgspec

from bot.channels.telegram.outgoing import Call, Upload
from bot.channels.telegram.wire import ALLOWED_UPDATES
from bot.limits import (
    CONNECT_SECONDS,
    CONNECTIONS,
    REQUEST_SECONDS,
    TELEGRAM_BATCH,
    TELEGRAM_POLL_SECONDS,
)
from db.errors import (
    BadInput,
    ChannelRefused,
    ChatMoved,
    DeliveryError,
    MessageRefused,
    RetryAfter,
    TryLater,
    Unreachable,
)

NEVER_REACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_JSON = {"Content-Type": "application/json"}


class _Parameters(msgspec.Struct):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class _Answer(msgspec.Struct):
    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    error_code: int = 0
    description: str = ""
    parameters: _Parameters | None = None


class _Made(msgspec.Struct):
    message_id: int | None = None


class _Me(msgspec.Struct):
    username: str = ""


class _File(msgspec.Struct):
    file_path: str | None = None


_ENCODE = msgspec.json.Encoder().encode
_DECODE_ANSWER = msgspec.json.Decoder(_Answer).decode
_DECODE_MADE = msgspec.json.Decoder(_Made).decode
_DECODE_UPDATES = msgspec.json.Decoder(list[msgspec.Raw]).decode


class TelegramClient:
    """Calls to one Bot API server with one token."""

    def __init__(self, api_base: str, token: str) -> None:
        base = api_base.rstrip("/")
        self._url = f"{base}/bot{token}/"
        self._files = f"{base}/file/bot{token}/"
        self._opened: aiohttp.ClientSession | None = None

    async def open(self) -> str:
        """Check the token; the bot's user name."""
        found = await self._post("getMe", {})
        with _understood():
            return msgspec.json.decode(found, type=_Me).username

    async def close(self) -> None:
        """Let go of connections."""
        if self._opened is not None:
            await self._opened.close()

    async def updates(self, offset: int | None) -> list[bytes]:
        """Raw updates above the offset; waits for the first one."""
        parameters: dict[str, Any] = {
            "timeout": TELEGRAM_POLL_SECONDS,
            "limit": TELEGRAM_BATCH,
            "allowed_updates": ALLOWED_UPDATES,
        }
        if offset is not None:
            parameters["offset"] = offset
        found = await self._post("getUpdates", parameters, wait=TELEGRAM_POLL_SECONDS + 10)
        with _understood():
            return [bytes(update) for update in _DECODE_UPDATES(found)]

    async def call(self, call: Call) -> str:
        """Make one call; the id of the message it made, or "".

        The message to edit being gone or unchanged is no error, nor is a tap that is too old to answer.
        """
        try:
            made = await self._post(call.method, call.parameters, call.upload)
        except MessageRefused as error:
            if _already_so(str(error), call):
                return str(call.parameters.get("message_id", ""))
            if call.otherwise is None:
                raise
            return await self.call(call.otherwise)
        if not bytes(made).startswith(b"{"):
            return ""
        with _understood():
            number = _DECODE_MADE(made).message_id
        return "" if number is None else str(number)

    async def download(self, ref: str) -> bytes:
        """The bytes of a file somebody sent; BadInput when the platform no longer has it."""
        try:
            found = await self._post("getFile", {"file_id": ref})
        except MessageRefused:
            raise BadInput("error.file_gone") from None
        with _understood():
            path = msgspec.json.decode(found, type=_File).file_path
        if path is None:
            raise BadInput("error.file_gone")
        with _our_errors():
            async with self._session.get(self._files + path, allow_redirects=False) as answer:
                data = await answer.read()
        if answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}:
            raise BadInput("error.file_gone")
        if answer.status != HTTPStatus.OK:
            raise TryLater(f"file: {answer.status}", maybe_delivered=False)
        return data

    async def set_webhook(self, url: str, secret: str) -> None:
        """Ask for updates at `url` with `secret` in the header."""
        wanted = {"url": url, "secret_token": secret, "allowed_updates": ALLOWED_UPDATES}
        await self._post("setWebhook", wanted)

    async def delete_webhook(self) -> None:
        """Back to polling; nothing that waits is dropped."""
        await self._post("deleteWebhook", {"drop_pending_updates": False})

    async def set_commands(self, commands: list[tuple[str, str]]) -> None:
        """The menu of slash commands."""
        listed = [{"command": name, "description": text} for name, text in commands]
        await self._post("setMyCommands", {"commands": listed})

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=_patience(REQUEST_SECONDS),
                skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
            )
        return self._opened

    async def _post(
        self,
        method: str,
        parameters: Mapping[str, Any],
        upload: Upload | None = None,
        wait: float = 0.0,
    ) -> msgspec.Raw:
        """The result of a call, or one of our errors."""
        body: Any = _ENCODE(parameters) if upload is None else _form(parameters, upload)
        with _our_errors():
            async with self._session.post(
                self._url + method,
                data=body,
                headers=_JSON if upload is None else None,
                allow_redirects=False,
                timeout=_patience(wait) if wait else self._session.timeout,
            ) as response:
                data = await response.read()
        return _result(response.status, data)


def _patience(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=None, connect=REQUEST_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=seconds
    )


def _form(parameters: Mapping[str, Any], upload: Upload) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in parameters.items():
        form.add_field(name, value if isinstance(value, str) else _ENCODE(value).decode())
    form.add_field(upload.parameter, upload.data, filename=upload.name)
    return form


def _already_so(text: str, call: Call) -> bool:
    lowered = text.lower()
    if call.method == "answerCallbackQuery":
        return "query is too old" in lowered or "query id is invalid" in lowered
    return "message is not modified" in lowered


@contextmanager
def _our_errors() -> Iterator[None]:
    """What can happen on the way, as ours."""
    try:
        yield
    except NEVER_REACHED:
        raise TryLater("no connection", maybe_delivered=False) from None
    except TimeoutError:
        raise TryLater("time-out", maybe_delivered=True) from None
    except (aiohttp.ClientError, OSError) as error:
        raise TryLater(type(error).__name__, maybe_delivered=True) from None


@contextmanager
def _understood() -> Iterator[None]:
    """An answer that is not what was asked for."""
    try:
        yield
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise TryLater("an answer we cannot read", maybe_delivered=True) from None
    except RecursionError:
        raise TryLater("an answer nested too deep", maybe_delivered=True) from None


def _result(status: int, data: bytes) -> msgspec.Raw:
    try:
        answer = _DECODE_ANSWER(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        answer = _Answer(ok=False, error_code=status)
    if answer.ok and status == HTTPStatus.OK:
        return answer.result
    raise _refusal(answer, answer.error_code or status)


def _refusal(answer: _Answer, code: int) -> DeliveryError:  # noqa: PLR0911 (one line a cause)
    asked, text = answer.parameters, answer.description
    if asked is not None and asked.migrate_to_chat_id is not None:
        return ChatMoved(str(asked.migrate_to_chat_id))
    if asked is not None and asked.retry_after is not None:
        return RetryAfter(asked.retry_after)
    if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
        return ChannelRefused("Telegram does not know this token")
    if code == HTTPStatus.CONFLICT:
        return ChannelRefused("another process polls with this token, or a webhook is set")
    if code == HTTPStatus.FORBIDDEN or "chat not found" in text.lower():
        return Unreachable(text)
    if code == HTTPStatus.BAD_REQUEST:
        return MessageRefused(text)
    return TryLater(f"an answer with {code}", maybe_delivered=True)
