"""One Telegram bot as a channel account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from bot.breaker import Breaker
from bot.channels.base import TakeIn
from bot.channels.parts import bodies
from bot.channels.telegram.client import TelegramClient
from bot.channels.telegram.incoming import read_update
from bot.channels.telegram.outgoing import Call, answer_calls, only_edits, send_calls
from bot.channels.telegram.polling import poll
from bot.language import FileIn, Said, Say
from bot.limits import TELEGRAM_DOWNLOAD_BYTES
from bot.pacing import Pacer
from bot.settings import ChannelAccount
from db.errors import BadInput

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


Made = TypeVar("Made")


class TelegramChannel:
    """See `bot.channels.base.Channel`."""

    def __init__(
        self, account: ChannelAccount, token: str, public_url: str, secret: str, pacer: Pacer
    ) -> None:
        self.name = account.name
        self._webhook = account.mode == "webhook"
        self._path = f"/hook/{account.name}"
        self._public_url = public_url.rstrip("/")
        self._secret = secret
        self._pacer = pacer
        self._breaker = Breaker()
        self._client = TelegramClient(account.api_base, token)
        self._username = ""
        self.title = ""

    async def open(self) -> str:
        """See `Channel.open`."""
        self._username = self.title = await self._client.open()
        return self._username

    async def introduce(self, commands: list[tuple[str, str]]) -> None:
        """Show the slash commands in the chat's menu."""
        await self._client.set_commands(commands)

    async def listen(self, take_in: TakeIn) -> None:
        """See `Channel.listen`."""
        if self._webhook:
            await self._client.set_webhook(self._public_url + self._path, self._secret)
            return
        await self._client.delete_webhook()
        await poll(self.name, self._client, take_in)

    def web_routes(self, take_in: TakeIn) -> Sequence[BaseRoute]:
        """See `Channel.web_routes`."""
        from bot.channels.telegram import webhook  # with what serves pages

        return [webhook.door(self.name, self._path, self._secret, take_in)] if self._webhook else []

    def read(self, raw: str, received_at: datetime) -> Said:
        """See `Channel.read`."""
        return read_update(self.name, raw, received_at, self._username)

    def only_replaces(self, said: Said, says: Sequence[Say]) -> bool:
        """See `Channel.only_replaces`."""
        return only_edits(said, says)

    async def answer(self, said: Said, says: Sequence[Say]) -> None:
        """See `Channel.answer`."""
        for call in answer_calls(said, says):
            await self._breaker.gate()
            if call.counts:
                await self._pacer.answer_turn(said.chat)
            await self._watched(self._client.call, call, said.chat)

    async def send(self, chat: str, say: Say, replaced: str = "") -> str:
        """See `Channel.send`."""
        message = ""
        for call in send_calls(chat, say, replaced):
            await self._breaker.gate()
            await self._pacer.bulk_turn(chat)
            message = await self._watched(self._client.send, call, chat)
        return message

    def cost(self, says: Sequence[Say]) -> int:
        """See `Channel.cost`."""
        return bodies(says)

    async def ready(self) -> None:
        """See `Channel.ready`."""
        await self._breaker.rested()

    def resting(self, chat: str) -> float:
        """See `Channel.resting`."""
        return self._pacer.resting(chat)

    async def _watched(self, make: Callable[[Call], Awaitable[Made]], call: Call, chat: str) -> Made:
        heeding = self._pacer.sending if call.counts else self._pacer.heeding
        with self._breaker.watching(), heeding(chat):
            return await make(call)

    async def fetch(self, file: FileIn) -> bytes:
        """See `Channel.fetch`."""
        if file.size > TELEGRAM_DOWNLOAD_BYTES:
            raise BadInput("error.file_too_big", megabytes=TELEGRAM_DOWNLOAD_BYTES // 1024**2)
        return await self._client.download(file.ref)

    def start_link(self, payload: str) -> str:
        """See `Channel.start_link`."""
        return f"https://t.me/{self._username}?start={payload}"

    async def close(self) -> None:
        """See `Channel.close`."""
        await self._client.close()
