"""The calls to the Bot API: the few that we make again and again, by hand; files through a library."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any

import msgspec

from bot.channels.telegram.outgoing import Call
from bot.channels.telegram.request import Request
from bot.channels.telegram.wire import ALLOWED_UPDATES
from bot.limits import TELEGRAM_BATCH, TELEGRAM_POLL_SECONDS
from db.errors import MessageRefused, TryLater

if TYPE_CHECKING:
    from bot.channels.telegram.files import Files


class _Made(msgspec.Struct):
    message_id: int | None = None


class _Me(msgspec.Struct):
    username: str


_DECODE_MADE = msgspec.json.Decoder(_Made).decode
_DECODE_ME = msgspec.json.Decoder(_Me).decode
_DECODE_UPDATES = msgspec.json.Decoder(list[msgspec.Raw]).decode


class TelegramClient:
    """Calls to one Bot API server with one token."""

    def __init__(self, api_base: str, token: str) -> None:
        base = api_base.rstrip("/")
        self._url = f"{base}/bot{token}/"
        self._base, self._token = base, token
        self._request = Request()

    async def open(self) -> str:
        """Check the token; the bot's user name."""
        found = await self._request.ask(self._url + "getMe", {})
        with _UNDERSTOOD:
            return _DECODE_ME(found).username

    async def close(self) -> None:
        """Let go of connections."""
        await self._request.close()

    async def updates(self, offset: int | None) -> list[bytes]:
        """Raw updates above the offset; waits for the first one."""
        parameters: dict[str, Any] = {
            "timeout": TELEGRAM_POLL_SECONDS,
            "limit": TELEGRAM_BATCH,
            "allowed_updates": ALLOWED_UPDATES,
        }
        if offset is not None:
            parameters["offset"] = offset
        url, patience = self._url + "getUpdates", TELEGRAM_POLL_SECONDS + 10
        found = await self._request.ask(url, parameters, wait=patience)
        with _UNDERSTOOD:
            return [bytes(update) for update in _DECODE_UPDATES(found)]

    async def call(self, call: Call) -> msgspec.Raw | None:
        """Make one call; what it made, None when nothing had to be made.

        The message to edit being gone or unchanged is no error, nor is a tap that is too old to answer.
        """
        try:
            return await self._request.ask(self._url + call.method, call.parameters, call.upload)
        except MessageRefused as error:
            if _already_so(str(error), call):
                return None
            if call.otherwise is None:
                raise
            return await self.call(call.otherwise)

    async def send(self, call: Call) -> str:
        """Make one call; the id of the message that it made or was to change, "" when there is none."""
        made = await self.call(call)
        if made is None:
            return str(call.parameters.get("message_id", ""))
        if not bytes(made).startswith(b"{"):
            return ""
        with _UNDERSTOOD:
            number = _DECODE_MADE(made).message_id
        return "" if number is None else str(number)

    async def download(self, ref: str) -> bytes:
        """The bytes of a file somebody sent; BadInput when the platform no longer has it."""
        return await self._files.fetch(ref)

    @cached_property
    def _files(self) -> Files:
        from bot.channels.telegram.files import Files

        return Files(self._base, self._token, self._request)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Ask for updates at `url` with `secret` in the header."""
        wanted = {"url": url, "secret_token": secret, "allowed_updates": ALLOWED_UPDATES}
        await self._request.ask(self._url + "setWebhook", wanted)

    async def delete_webhook(self) -> None:
        """Back to polling; nothing that waits is dropped."""
        await self._request.ask(self._url + "deleteWebhook", {"drop_pending_updates": False})

    async def set_commands(self, commands: list[tuple[str, str]]) -> None:
        """The menu of slash commands."""
        shown = [{"command": name, "description": text} for name, text in commands]
        await self._request.ask(self._url + "setMyCommands", {"commands": shown})


def _already_so(text: str, call: Call) -> bool:
    lowered = text.lower()
    if call.method == "answerCallbackQuery":
        return "query is too old" in lowered or "query id is invalid" in lowered
    return "message is not modified" in lowered


class _Understood(AbstractContextManager[None]):
    """TryLater for an answer that is not what was asked for."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if isinstance(error, (msgspec.DecodeError, UnicodeDecodeError)):
            raise TryLater("an answer we cannot read", maybe_delivered=True) from None
        if isinstance(error, RecursionError):
            raise TryLater("an answer nested too deep", maybe_delivered=True) from None


_UNDERSTOOD = _Understood()
