"""One Zalo Official Account as a channel account. Its events come by webhook only."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import httpx
from msgspec.structs import replace
from starlette.routing import BaseRoute

from bot.breaker import Breaker
from bot.channels.base import Given, TakeIn
from bot.channels.parts import bodies
from bot.channels.zalo_oa import webhook
from bot.channels.zalo_oa.client import OaClient
from bot.channels.zalo_oa.incoming import read_event
from bot.channels.zalo_oa.outgoing import Message, body_of, messages_of, path_to
from bot.channels.zalo_oa.pictures import fitting
from bot.channels.zalo_oa.refusals import AttachmentGone, TokenRefused
from bot.channels.zalo_oa.tokens import LONGEST_RENEWAL_SECONDS, Kept, TokenKeeper
from bot.channels.zalo_oa.webhook import Seal
from bot.language import FileIn, Picture, Said, Say
from bot.limits import ZALO_OA_DOWNLOAD_BYTES
from bot.pacing import Pacer
from bot.settings import ChannelAccount
from db.errors import BadInput, DeliveryError, MessageRefused, StoreError, TryLater
from locales.text import as_text, join

log = logging.getLogger(__name__)
PAIR = "tokens"  # the fact under which the pair of tokens is kept
FRESH_EVERY_SECONDS = 600.0
PICTURES_REMEMBERED = 64
T = TypeVar("T")


def make(
    account: ChannelAccount,
    secrets: Mapping[str, str],
    given: Given,
    pacer: Pacer,
    transport: httpx.AsyncBaseTransport | None = None,
) -> OaChannel:
    """The account with the secrets of `bot.settings.SECRETS`. `transport` stands in for the network."""
    client = OaClient(account.api_base, secrets["APP_ID"], secrets["APP_SECRET"], transport)
    kept = Kept(
        partial(given.recall, PAIR),
        partial(given.keep, PAIR),
        partial(given.claim, PAIR, LONGEST_RENEWAL_SECONDS),
        partial(given.let_go, PAIR),
    )
    keeper = TokenKeeper(account.name, secrets["REFRESH_TOKEN"], kept, client.renew, given.now)
    return OaChannel(account, Seal(secrets["APP_ID"], secrets["OA_SECRET"]), given, client, keeper, pacer)


class OaChannel:
    """See `bot.channels.base.Channel`."""

    def __init__(
        self,
        account: ChannelAccount,
        seal: Seal,
        given: Given,
        client: OaClient,
        keeper: TokenKeeper,
        pacer: Pacer,
    ) -> None:
        self.name = account.name
        self.title = ""
        self._link = account.link
        self._seal = seal
        self._given = given
        self._client = client
        self._keeper = keeper
        self._pacer = pacer
        self._breaker = Breaker()
        self._uploaded: dict[str, str] = {}

    async def open(self) -> str:
        """See `Channel.open`. Who only looks leaves the tokens to the running process."""
        if self._given.only_looking:
            return f"{self._link or self.name} (settings only: its tokens are left to the running process)"
        number, name = await self._with_token(self._client.account)
        if number and not self._link:
            self._link = f"https://zalo.me/{number}"
        self.title = name or self.name
        return self.title

    async def introduce(self, commands: list[tuple[str, str]]) -> None:
        """The menu of an Official Account is made at oa.zalo.me."""

    async def listen(self, take_in: TakeIn) -> None:
        """Events come to the door; the tokens are kept fresh also when nobody writes for months."""
        while True:
            await asyncio.sleep(FRESH_EVERY_SECONDS)
            try:
                await self._keeper.access()
            except DeliveryError as error:
                log.error("%s", error)

    def web_routes(self, take_in: TakeIn) -> Sequence[BaseRoute]:
        """See `Channel.web_routes`."""
        return [webhook.door(self.name, f"/hook/{self.name}", self._seal, take_in, self._now)]

    def read(self, raw: str, received_at: datetime) -> Said:
        """See `Channel.read`."""
        return read_event(self.name, raw, received_at)

    def only_replaces(self, said: Said, says: Sequence[Say]) -> bool:
        """See `Channel.only_replaces`: here every message is a new one."""
        return False

    async def answer(self, said: Said, says: Sequence[Say]) -> None:
        """See `Channel.answer`."""
        for message in await self._messages(says, said.chat):
            await self._breaker.gate()
            await self._pacer.answer_turn(said.chat)
            await self._make(message, said.chat)

    async def send(self, chat: str, say: Say, replaced: str = "") -> str:
        """See `Channel.send`; nothing can be replaced here."""
        made = ""
        for message in await self._messages([say], chat):
            await self._breaker.gate()
            await self._pacer.bulk_turn(chat)
            made = await self._make(message, chat)
        return made

    def cost(self, says: Sequence[Say]) -> int:
        """See `Channel.cost`."""
        return bodies(says)

    async def ready(self) -> None:
        """See `Channel.ready`."""
        await self._breaker.rested()

    def resting(self, chat: str) -> float:
        """See `Channel.resting`."""
        return self._pacer.resting(chat)

    async def fetch(self, file: FileIn) -> bytes:
        """See `Channel.fetch`."""
        if file.size > ZALO_OA_DOWNLOAD_BYTES:
            raise BadInput("error.file_too_big", megabytes=ZALO_OA_DOWNLOAD_BYTES // 1024**2)
        return await self._client.download(file.ref)

    def start_link(self, payload: str) -> str:
        """Opens the chat; Zalo carries no payload, people type their code."""
        return self._link or "https://zalo.me"

    async def close(self) -> None:
        """See `Channel.close`; a renewal under way is finished first."""
        await self._keeper.close()
        await self._client.close()

    def _now(self) -> datetime:
        return self._given.now()

    async def _messages(self, says: Sequence[Say], chat: str) -> list[Message]:
        return messages_of([await self._with_link(say, chat) for say in says], chat)

    async def _with_link(self, say: Say, chat: str) -> Say:
        """A file becomes a link: the platform takes few kinds."""
        if say.file is None:
            return say
        try:
            address = await self._given.publish(say.file.data, say.file.name, chat)
        except StoreError as error:
            raise TryLater(f"a file cannot be kept now: {error}", maybe_delivered=False) from None
        line = as_text(f"{say.file.name}: {address}")
        return replace(say, text=join([say.text, line]) if say.text else line, file=None)

    async def _make(self, message: Message, chat: str) -> str:
        with self._breaker.watching(), self._pacer.heeding(chat):
            try:
                return await self._post(message, chat)
            except AttachmentGone:
                self._uploaded.clear()
                return await self._post(message, chat)

    async def _post(self, message: Message, chat: str) -> str:
        attachment = await self._attachment(message.picture) if message.picture else ""
        if not (message.text or attachment):
            return ""
        body = body_of(chat, message, attachment)
        data = await self._with_token(lambda access: self._client.post(path_to(chat), access, body))
        return str(data.get("message_id") or "")

    async def _attachment(self, picture: Picture) -> str:
        """The id of the uploaded picture; "" when Zalo does not take it: its words go without it."""
        mark = hashlib.sha256(picture.png).hexdigest()
        if mark not in self._uploaded:
            try:
                data = await asyncio.to_thread(fitting, picture.png)
                made = await self._with_token(lambda access: self._client.upload(access, data))
            except MessageRefused as error:
                log.error("channel %s: a picture goes out as words: %s", self.name, error)
                return ""
            self._remember(mark, made)
        return self._uploaded[mark]

    def _remember(self, mark: str, attachment: str) -> None:
        if len(self._uploaded) >= PICTURES_REMEMBERED:
            self._uploaded.pop(next(iter(self._uploaded)))
        self._uploaded[mark] = attachment

    async def _with_token(self, call: Callable[[str], Awaitable[T]]) -> T:
        """Make a call; a refused token is renewed once and the call made once more."""
        access = await self._keeper.access()
        try:
            return await call(access)
        except TokenRefused:
            return await call(await self._keeper.another(access))
