"""What the running process and the commands both stand on: store, secrets, channel accounts, addresses.

No conversation is loaded for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import bot.tables  # noqa: F401 (the store refuses a database that lacks a table)
from bot.channels.base import Channel, Given
from bot.pacing import Pacer
from bot.settings import ChannelAccount, Settings
from db import migrate
from db.engine import FolderLock
from db.errors import StartRefused
from db.installation import own_secret
from db.places import Place
from db.store import BatchingStore, Store
from members.join_codes import PLAYED_WORK, WORK, CodeKey


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
