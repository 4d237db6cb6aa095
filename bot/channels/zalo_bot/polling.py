"""Long polling, one update a call, at most once a second.

Whether an update that was read comes again or never is disputed: each is stored before the next poll, however
long the store is busy, and one that comes again is known by its message's id.
"""

from __future__ import annotations

import asyncio
import logging

from bot.channels.base import TakeIn
from bot.channels.zalo_bot.client import ZaloBotClient
from bot.channels.zalo_bot.limits import BETWEEN_POLLS_SECONDS
from bot.channels.zalo_bot.wire import arrival_of
from db.errors import ChannelRefused, DeliveryError, MessageRefused, StoreError
from db.inbox import Arrival

log = logging.getLogger(__name__)
LONGEST_WAIT = 30.0


async def poll(name: str, client: ZaloBotClient, take_in: TakeIn) -> None:
    """Poll until cancelled. An unknown token ends it with ChannelRefused."""
    wait = BETWEEN_POLLS_SECONDS
    while True:
        began = asyncio.get_running_loop().time()
        try:
            updates = await _updates(client)
        except ChannelRefused:
            raise
        except DeliveryError as error:
            log.warning("channel %s: no updates now (%s), again in %.1f s", name, error, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        else:
            await _store(name, [arrival_of(update) for update in updates], take_in)
            wait = BETWEEN_POLLS_SECONDS
            await asyncio.sleep(began + BETWEEN_POLLS_SECONDS - asyncio.get_running_loop().time())


async def _updates(client: ZaloBotClient) -> list[object]:
    """What came. The platform refuses while a webhook is set: then it is taken away first."""
    try:
        return await client.updates()
    except MessageRefused:
        await client.delete_webhook()
        raise


async def _store(name: str, arrivals: list[Arrival], take_in: TakeIn) -> None:
    """Store them, however long it takes: they may never come again."""
    wait = BETWEEN_POLLS_SECONDS
    while True:
        try:
            return await take_in(name, arrivals)
        except StoreError as error:
            log.warning("channel %s: updates wait for the store (%s), again in %.1f s", name, error, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
