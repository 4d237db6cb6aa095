"""python-telegram-bot as our client: its request layer for the hot calls, its `Bot` for the rest.

Its errors become ours here and nowhere else (texts are no contract: codes and parameters come first).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

os.environ.setdefault("PTB_TIMEDELTA", "true")  # retry_after as timedelta, without a warning

import httpx
from httpx_aiohttp import AiohttpTransport
from telegram import Bot, InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    TelegramError,
    TimedOut,
)
from telegram.error import RetryAfter as TelegramRetryAfter
from telegram.request import HTTPXRequest, RequestData
from telegram.request._requestparameter import RequestParameter  # RequestData takes nothing else

from bot.channels.telegram.outgoing import Call, Upload
from bot.channels.telegram.wire import ALLOWED_UPDATES
from bot.limits import REQUEST_SECONDS, TELEGRAM_BATCH, TELEGRAM_POLL_SECONDS
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

CONNECTIONS = 64
NEVER_REACHED = (httpx.ConnectTimeout, httpx.ConnectError, httpx.PoolTimeout)


class TelegramClient:
    """Calls to one Bot API server with one token."""

    def __init__(self, api_base: str, token: str) -> None:
        base = api_base.rstrip("/")
        self._url = f"{base}/bot{token}/"
        self._request = _request(REQUEST_SECONDS)
        self._polling = _request(TELEGRAM_POLL_SECONDS + 10)
        self.bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._request,
            get_updates_request=self._polling,
        )

    async def open(self) -> str:
        """Check the token; the bot's user name."""
        with our_errors():
            await self.bot.initialize()
        return self.bot.username

    async def close(self) -> None:
        """Let go of connections."""
        await self.bot.shutdown()
        await self._request.shutdown()
        await self._polling.shutdown()

    async def updates(self, offset: int | None) -> list[Any]:
        """Raw updates above the offset; waits for the first one."""
        parameters: dict[str, Any] = {
            "timeout": TELEGRAM_POLL_SECONDS,
            "limit": TELEGRAM_BATCH,
            "allowed_updates": ALLOWED_UPDATES,
        }
        if offset is not None:
            parameters["offset"] = offset
        with our_errors():
            found = await self._polling.post(self._url + "getUpdates", _data(parameters, None))
        return found if isinstance(found, list) else []

    async def call(self, call: Call) -> str:
        """Make one call; the id of the message it made, or "".

        The message to edit being gone or unchanged is no error, nor is a tap that is too old to answer.
        """
        try:
            with our_errors():
                made = await self._request.post(self._url + call.method, _data(call.parameters, call.upload))
        except MessageRefused as error:
            if _already_so(str(error), call):
                return str(call.parameters.get("message_id", ""))
            if call.otherwise is None:
                raise
            return await self.call(call.otherwise)
        return str(made["message_id"]) if isinstance(made, dict) and "message_id" in made else ""

    async def download(self, ref: str) -> bytes:
        """The bytes of a file somebody sent; BadInput when the platform no longer has it."""
        try:
            with our_errors():
                file = await self.bot.get_file(ref)
                return bytes(await file.download_as_bytearray())
        except MessageRefused:
            raise BadInput("error.file_gone") from None

    async def set_webhook(self, url: str, secret: str) -> None:
        """Ask for updates at `url` with `secret` in the header."""
        with our_errors():
            await self.bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)

    async def delete_webhook(self) -> None:
        """Back to polling; nothing that waits is dropped."""
        with our_errors():
            await self.bot.delete_webhook(drop_pending_updates=False)

    async def set_commands(self, commands: list[tuple[str, str]]) -> None:
        """The menu of slash commands."""
        with our_errors():
            await self.bot.set_my_commands(commands)


def _request(read_seconds: float) -> HTTPXRequest:
    transport = AiohttpTransport()
    return HTTPXRequest(
        connection_pool_size=CONNECTIONS,
        read_timeout=read_seconds,
        write_timeout=REQUEST_SECONDS,
        pool_timeout=REQUEST_SECONDS,
        httpx_kwargs={"transport": transport},
    )


def _data(parameters: dict[str, Any], upload: Upload | None) -> RequestData:
    values = dict(parameters)
    if upload is not None:
        values[upload.parameter] = InputFile(upload.data, filename=upload.name)
    return RequestData([RequestParameter.from_input(name, value) for name, value in values.items()])


def _already_so(text: str, call: Call) -> bool:
    lowered = text.lower()
    if call.method == "answerCallbackQuery":
        return "query is too old" in lowered or "query id is invalid" in lowered
    return "message is not modified" in lowered


@contextmanager
def our_errors() -> Iterator[None]:
    """Telegram's errors as ours."""
    try:
        yield
    except TelegramError as error:
        raise _ours(error) from None
    except RecursionError:
        raise TryLater("an answer nested too deep", maybe_delivered=True) from None


def _ours(error: TelegramError) -> DeliveryError:  # noqa: PLR0911 (one line a cause)
    text = error.message
    if isinstance(error, TelegramRetryAfter):
        wait = error.retry_after
        return RetryAfter(wait.total_seconds() if isinstance(wait, timedelta) else wait)
    if isinstance(error, ChatMigrated):
        return ChatMoved(str(error.new_chat_id))
    if isinstance(error, InvalidToken):
        return ChannelRefused("Telegram does not know this token")
    if isinstance(error, Conflict):
        return ChannelRefused("another process polls with this token, or a webhook is set")
    if isinstance(error, Forbidden) or "chat not found" in text.lower():
        return Unreachable(text)
    if isinstance(error, BadRequest):
        return MessageRefused(text)
    if isinstance(error.__cause__, NEVER_REACHED):
        return TryLater("no connection", maybe_delivered=False)
    return TryLater("time-out" if isinstance(error, TimedOut) else type(error).__name__, maybe_delivered=True)
