"""The one place where everything is put together. A test builds it whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct, field

from bot import faults
from bot.channels.base import Channel, Given
from bot.clock import Clock, clock_of
from bot.context import Home
from bot.delivery import Sender
from bot.dialogue import Dialogue
from bot.metrics import Metrics
from bot.pacing import Pacer
from bot.publishing import Publisher
from bot.router import Router
from bot.settings import ChannelAccount, Settings, secrets_of
from bot.shares import ALONE, Alone, shares_of
from bot.tally import Tally
from bot.worker import Worker
from db import migrate
from db.engine import FolderLock
from db.errors import StartRefused
from db.installation import claim, fact, let_go, own_secret, remember
from db.places import Place, place_of
from db.store import BatchingStore, Store
from handlers import FEATURES, GATES
from members.join_codes import PLAYED_WORK, WORK, CodeKey

if TYPE_CHECKING:
    from bot.fair_shares import FairShares


class Installation(Struct):
    """Everything that runs, ready to be started."""

    settings: Settings
    clock: Clock
    home: Home
    router: Router
    channels: dict[str, Channel]
    worker: Worker
    senders: list[Sender]
    lock: FolderLock | None  # of the data folder, on SQLite
    metrics: Metrics = field(default_factory=Metrics)
    shares: Alone | FairShares = ALONE

    async def close(self) -> None:
        """Let go of connections, files and the folder."""
        for channel in self.channels.values():
            await channel.close()
        await self.home.store.close()
        if self.lock is not None:
            self.lock.release()


class InstalledLinks:
    """Addresses people can open: bots by their own name, pages under the public address."""

    def __init__(self, channels: Mapping[str, Channel], public_url: str) -> None:
        self._channels = channels
        self._public_url = public_url.rstrip("/")

    def start(self, channel: str, payload: str) -> str:
        """See `bot.context.Links.start`; an unknown channel falls back to the first."""
        found = self._channels.get(channel) or next(iter(self._channels.values()))
        return found.start_link(payload)

    def name(self, channel: str) -> str:
        """See `bot.context.Links.name`; the account's own name where the platform tells none."""
        found = self._channels.get(channel)
        return (found.title if found else "") or channel

    def web(self, path: str) -> str:
        """See `bot.context.Links.web`."""
        return self._public_url + path


async def compose(settings: Settings, environ: Mapping[str, str] = os.environ) -> Installation:
    """Open the store (migrated), make channels, worker and senders. StartRefused says why not."""
    if not settings.channels:
        raise StartRefused("no channel is configured: add one under 'channels:' in config.yaml")
    faults.arm((account.api_base for account in settings.channels), environ)
    keys = {account.name: secrets_of(account, environ) for account in settings.channels}
    place = place_of(settings.database.url)
    lock, store = open_place(place)
    clock = await clock_of(settings.clock.follow)
    channels: dict[str, Channel] = {}
    for account in settings.channels:
        given = await _given(account, settings, store, clock)
        channels[account.name] = make_channel(account, keys[account.name], given)
    key = await code_key(store, settings)
    home = Home(store, settings, InstalledLinks(channels, settings.web.public_url), key)
    router, metrics = Router(FEATURES), Metrics()
    store.committed = metrics.committed
    tally, shares = Tally(settings.bots, settings.zone), shares_of(place, list(channels))
    worker = Worker(store, clock, Dialogue(home, router, GATES), channels, metrics, tally, shares)
    senders = [Sender(home, router, clock, channel, metrics, shares) for channel in channels.values()]
    return Installation(
        settings, clock, home, router, channels, worker, senders, lock, metrics, shares=shares
    )


def open_place(place: Place) -> tuple[FolderLock | None, BatchingStore]:
    """The lock on a SQLite file's folder and the store; nothing stays locked when it is refused."""
    lock = place.claim()
    try:
        return lock, open_store(place)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def open_store(place: Place) -> BatchingStore:
    """The store there, found whole and with its schema brought up to date. StartRefused else."""
    migrate.make_ready(place)
    return place.store()


async def code_key(store: Store, settings: Settings) -> CodeKey:
    """What this installation hashes join codes with."""
    pepper = bytes.fromhex(await store.write(own_secret, "join-code-pepper"))
    return CodeKey(pepper, PLAYED_WORK if settings.played else WORK)


async def _given(account: ChannelAccount, settings: Settings, store: Store, clock: Clock) -> Given:
    """What this installation gives to a channel account. Its facts are kept under its own name."""

    async def recall(name: str) -> str | None:
        return await store.read(fact, f"{account.name}:{name}")

    async def keep(name: str, value: str) -> None:
        await store.write(remember, f"{account.name}:{name}", value)

    me = secrets.token_hex(8)

    async def claim_it(name: str, seconds: float) -> bool:
        now = clock.now()
        until = now + timedelta(seconds=seconds)
        return await store.write(claim, f"{account.name}:{name}:claim", me, now, until)

    async def let_it_go(name: str) -> None:
        await store.write(let_go, f"{account.name}:{name}:claim", me)

    secret = await store.write(own_secret, f"webhook:{account.name}")
    public_url = settings.web.public_url.rstrip("/")
    publish = Publisher(store, clock, account.name, public_url)
    return Given(public_url, secret, publish, recall, keep, claim_it, let_it_go, now=clock.now)


def only_looking(settings: Settings) -> Given:
    """What a channel account is given that is only asked for its name: nothing is stored or used up."""

    async def recall(_name: str) -> None:
        return None

    async def refuse(*_what: object) -> NoReturn:
        raise StartRefused("nothing may be changed by looking")

    public_url = settings.web.public_url.rstrip("/")
    return Given(public_url, "", refuse, recall, refuse, refuse, refuse, only_looking=True)


def make_channel(account: ChannelAccount, secrets: Mapping[str, str], given: Given) -> Channel:
    """The channel account by its kind; `secrets`: what `bot.settings.SECRETS` names for it.

    A platform's library is loaded where that platform is configured.
    """
    pacer = Pacer(account.per_second)
    if account.kind == "telegram":
        from bot.channels.telegram.channel import TelegramChannel

        return TelegramChannel(account, secrets["TOKEN"], given.public_url, given.webhook_secret, pacer)
    if account.kind == "zalo_bot":
        from bot.channels.zalo_bot import channel as zalo_bot

        return zalo_bot.make(account, secrets, given, pacer)
    from bot.channels.zalo_oa import channel as zalo_oa

    return zalo_oa.make(account, secrets, given, pacer)
