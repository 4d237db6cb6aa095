"""The one place where everything is put together. A test builds it whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from bot import faults
from bot.channels.base import Channel, Given
from bot.clock import Clock, clock_of
from bot.context import Home
from bot.delivery import Sender
from bot.dialogue import Dialogue
from bot.groundwork import InstalledLinks, code_key, make_channel, open_place
from bot.metrics import Metrics
from bot.publishing import Publisher
from bot.router import Router
from bot.settings import ChannelAccount, Settings, secrets_of
from bot.shares import ALONE, Alone, shares_of
from bot.tally import Tally
from bot.worker import Worker
from db.engine import FolderLock
from db.errors import StartRefused
from db.installation import claim, fact, let_go, own_secret, remember
from db.places import place_of
from db.store import Mailed, Store
from handlers import FEATURES, GATES

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
    store.mailed = _waking(senders)
    return Installation(
        settings, clock, home, router, channels, worker, senders, lock, metrics, shares=shares
    )


def _waking(senders: Sequence[Sender]) -> Mailed:
    by_account = {sender.account: sender for sender in senders}

    def wake(accounts: Collection[str]) -> None:
        for name in by_account.keys() & accounts:
            by_account[name].wake()

    return wake


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
