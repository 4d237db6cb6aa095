"""One bot of the Zalo Bot Platform as a channel account."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime

from starlette.routing import BaseRoute

from bot.breaker import Breaker
from bot.channels.base import Channel, Given, TakeIn
from bot.channels.zalo_bot import webhook
from bot.channels.zalo_bot.client import ZaloBotClient
from bot.channels.zalo_bot.incoming import read_update
from bot.channels.zalo_bot.limits import LONGEST_PATIENCE_SECONDS
from bot.channels.zalo_bot.outgoing import Call, calls_of
from bot.channels.zalo_bot.patience import Patience
from bot.channels.zalo_bot.polling import LONGEST_WAIT, poll
from bot.channels.zalo_bot.wire import id_of, text_of
from bot.language import FileIn, Said, Say
from bot.pacing import Pacer
from bot.settings import ChannelAccount
from db.errors import (
    BadInput,
    ChannelRefused,
    DeliveryError,
    MessageRefused,
    RetryAfter,
    Spent,
    StoreError,
    TryLater,
)

log = logging.getLogger(__name__)
BOT_PAGE = "https://bot.zaloplatforms.com/bots/"
PICTURE_NAME = "hinh.png"


def make(account: ChannelAccount, secrets: Mapping[str, str], given: Given, pacer: Pacer) -> Channel:
    """See `bot.groundwork.make_channel`."""
    return ZaloBotChannel(account, secrets["TOKEN"], given, pacer)


class ZaloBotChannel:
    """See `bot.channels.base.Channel`."""

    def __init__(self, account: ChannelAccount, token: str, given: Given, pacer: Pacer) -> None:
        self.name = account.name
        self._webhook = account.mode == "webhook"
        self._path = f"/hook/{account.name}"
        self._link = account.link
        self._given = given
        self._pacer = pacer
        self._breaker = Breaker()
        self._patience = Patience()
        self._client = ZaloBotClient(account.api_base, token)
        self.title = ""

    async def open(self) -> str:
        """See `Channel.open`."""
        me = await self._client.me()
        self.title = text_of(me, "display_name", "account_name")
        self._link = self._link or BOT_PAGE + id_of(me)
        return self.title

    async def introduce(self, commands: list[tuple[str, str]]) -> None:
        """Zalo has no place for commands."""

    async def listen(self, take_in: TakeIn) -> None:
        """See `Channel.listen`."""
        if self._webhook:
            await self._patiently_set_webhook()
        else:
            await poll(self.name, self._client, take_in)

    async def _patiently_set_webhook(self) -> None:
        """Until Zalo has reached our door: it stores an address that it could not reach, too."""
        wait = 1.0
        while True:
            try:
                return await self._client.set_webhook(
                    self._given.public_url + self._path, self._given.webhook_secret
                )
            except (ChannelRefused, MessageRefused) as error:
                raise ChannelRefused(f"channel {self.name}: Zalo takes no webhook here: {error}") from None
            except DeliveryError as error:
                log.error("channel %s: no webhook yet (%s), again in %.0f s", self.name, error, wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)

    def web_routes(self, take_in: TakeIn) -> Sequence[BaseRoute]:
        """See `Channel.web_routes`."""
        if not self._webhook:
            return []
        return [webhook.door(self.name, self._path, self._given.webhook_secret, take_in)]

    def read(self, raw: str, received_at: datetime) -> Said:
        """See `Channel.read`."""
        return read_update(self.name, raw, received_at, self.title)

    def only_replaces(self, said: Said, says: Sequence[Say]) -> bool:
        """See `Channel.only_replaces`: here every message is a new one."""
        return False

    async def answer(self, said: Said, says: Sequence[Say]) -> None:
        """See `Channel.answer`. A short rest is waited for here, so that nothing is said twice."""
        for call in await self._calls(said.chat, says):
            await self._answer(call, said.chat)

    async def _answer(self, call: Call, chat: str) -> None:
        while True:
            if self._patience.left() > LONGEST_PATIENCE_SECONDS:
                raise Spent("no answer: the messages of this bot seem to be used up")
            await asyncio.sleep(self._patience.left())
            probe = await self._breaker.gate()
            await self._pacer.answer_turn(chat)
            if self._patience.left():  # somebody was refused while we waited for our turn
                self._breaker.withdraw(probe=probe)
                continue
            try:
                await self._make(call, chat)
            except RetryAfter:
                continue
            return

    async def send(self, chat: str, say: Say, replaced: str = "") -> str:
        """See `Channel.send`. Zalo replaces nothing: what is new is a message of its own."""
        message = ""
        for call in await self._calls(chat, [say]):
            if self._patience.left():
                raise RetryAfter(self._patience.left())
            probe = await self._breaker.gate()
            await self._pacer.bulk_turn(chat)
            if self._patience.left():
                self._breaker.withdraw(probe=probe)
                raise RetryAfter(self._patience.left())
            message = await self._make(call, chat)
        return message

    def cost(self, says: Sequence[Say]) -> int:
        """See `Channel.cost`."""
        addresses = ["x" if say.picture or say.file else "" for say in says]
        return len(calls_of("", says, addresses))

    async def ready(self) -> None:
        """See `Channel.ready`."""
        await self._breaker.rested()

    def resting(self, chat: str) -> float:
        """See `Channel.resting`: the account rests as a whole."""
        return max(self._pacer.resting(chat), self._patience.left())

    async def _calls(self, chat: str, says: Sequence[Say]) -> list[Call]:
        try:
            addresses = [await self._address(say, chat) for say in says]
        except StoreError as error:
            raise TryLater(f"a picture cannot be kept: {error}", maybe_delivered=False) from None
        return calls_of(chat, says, addresses)

    async def _address(self, say: Say, chat: str) -> str:
        """Where Zalo fetches the picture, or the person the file."""
        if say.file is not None:
            return await self._given.publish(say.file.data, say.file.name, chat)
        return await self._given.publish(say.picture.png, PICTURE_NAME, chat) if say.picture else ""

    async def _make(self, call: Call, chat: str) -> str:
        """A picture may take minutes, so it counts at its turn alone; all else until it is answered."""
        counted = nullcontext() if call.method == "sendPhoto" else self._pacer.sending(chat)
        with self._breaker.watching(), self._patience.heeding(), counted:
            return await self._client.call(call)

    async def fetch(self, file: FileIn) -> bytes:
        """See `Channel.fetch`. Files reach a Zalo bot without content."""
        raise BadInput("error.file_gone")

    def start_link(self, payload: str) -> str:
        """See `Channel.start_link`. Zalo carries no payload: codes are typed."""
        return self._link

    async def close(self) -> None:
        """See `Channel.close`."""
        await self._client.close()
