"""The one place where everything is put together. A test builds it whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot import faults
from bot.channels.base import Channel
from bot.channels.telegram.channel import TelegramChannel
from bot.clock import Clock, FollowedClock, SystemClock
from bot.context import Home
from bot.delivery import Sender
from bot.dialogue import Dialogue
from bot.pacing import Pacer
from bot.router import Router
from bot.settings import ChannelAccount, Settings, token_of
from bot.worker import Worker
from db import migrate
from db.engine import FolderLock
from db.errors import StartRefused
from db.installation import own_secret
from db.store import SqliteStore
from handlers import FEATURES, GATES

SQLITE = "sqlite:///"


@dataclass(slots=True)
class Installation:
    """Everything that runs, ready to be started."""

    settings: Settings
    clock: Clock
    home: Home
    router: Router
    channels: dict[str, Channel]
    worker: Worker
    senders: list[Sender]
    lock: FolderLock

    async def close(self) -> None:
        """Let go of connections, files and the folder."""
        for channel in self.channels.values():
            await channel.close()
        await self.home.store.close()
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

    def web(self, path: str) -> str:
        """See `bot.context.Links.web`."""
        return self._public_url + path


async def compose(settings: Settings, environ: Mapping[str, str] = os.environ) -> Installation:
    """Open the store (migrated), make channels, worker and senders. StartRefused says why not."""
    if not settings.channels:
        raise StartRefused("no channel is configured: add one under 'channels:' in config.yaml")
    faults.arm((account.api_base for account in settings.channels), environ)
    tokens = {account.name: token_of(account, environ) for account in settings.channels}
    path = database_file(settings)
    lock, store = open_folder(path)
    channels: dict[str, Channel] = {}
    for account in settings.channels:
        secret = await store.write(own_secret, f"webhook:{account.name}")
        channels[account.name] = make_channel(account, tokens[account.name], settings, secret)
    pepper = bytes.fromhex(await store.write(own_secret, "join-code-pepper"))
    home = Home(store, settings, InstalledLinks(channels, settings.web.public_url), pepper)
    router = Router(FEATURES)
    clock: Clock = FollowedClock(settings.clock.follow) if settings.clock.follow else SystemClock()
    worker = Worker(store, clock, Dialogue(home, router, GATES), channels)
    senders = [Sender(home, router, clock, channel) for channel in channels.values()]
    return Installation(settings, clock, home, router, channels, worker, senders, lock)


def database_file(settings: Settings) -> Path:
    """The SQLite file."""
    if not settings.database.url.startswith(SQLITE):
        raise StartRefused(f"database.url must begin with {SQLITE}")
    return Path(settings.database.url.removeprefix(SQLITE))


def open_folder(path: Path) -> tuple[FolderLock, SqliteStore]:
    """The lock on the data folder and the store in it; nothing stays locked when it is refused."""
    lock = FolderLock(path.parent)
    try:
        return lock, open_store(path)
    except BaseException:
        lock.release()
        raise


def open_store(path: Path) -> SqliteStore:
    """The store on this file, found whole and with its schema brought up to date. StartRefused else."""
    migrate.make_ready(path)
    return SqliteStore(path)


def make_channel(account: ChannelAccount, token: str, settings: Settings, secret: str) -> Channel:
    """The channel account by its kind."""
    return TelegramChannel(account, token, settings.web.public_url, secret, Pacer(account.per_second))
