"""Long polling: store first, raise the offset after."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from typing import Any

from bot.channels.base import TakeIn
from bot.channels.telegram.client import TelegramClient
from bot.channels.telegram.wire import NO_LANE, lane_of
from db.errors import ChannelRefused, DeliveryError, RetryAfter, StoreError
from db.inbox import Arrival

log = logging.getLogger(__name__)
LONGEST_WAIT = 30.0
CONFLICT_WAIT = 10.0


async def poll(name: str, client: TelegramClient, take_in: TakeIn) -> None:
    """Poll until cancelled. An unknown token ends it with ChannelRefused."""
    offset: int | None = None
    wait = 0.5
    while True:
        try:
            raw_updates = await client.updates(offset)
            await take_in(name, [arrival_of(update) for update in raw_updates])
        except ChannelRefused as error:
            if "token" in str(error) and "process" not in str(error):
                raise
            log.error("channel %s: %s", name, error)
            await asyncio.sleep(CONFLICT_WAIT)
        except RetryAfter as error:
            await asyncio.sleep(error.seconds)
        except (DeliveryError, StoreError) as error:
            log.warning("channel %s: no updates now (%s), again in %.1f s", name, error, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        else:
            offset, wait = _next_offset(raw_updates, offset), 0.5


def arrival_of(update: Any) -> Arrival:
    """A raw update as it is stored; one without a usable number gets a fingerprint instead."""
    raw = _as_text(update)
    number = update.get("update_id") if isinstance(update, dict) else None
    if isinstance(number, int) and not isinstance(number, bool):
        return Arrival(str(number), lane_of(raw), raw)
    return Arrival("x" + hashlib.sha256(raw.encode()).hexdigest()[:32], NO_LANE, raw)


def _as_text(update: Any) -> str:
    try:
        return json.dumps(update, separators=(",", ":"))
    except RecursionError:
        return '"nested too deep"'


def _next_offset(updates: list[Any], before: int | None) -> int | None:
    numbers = [u["update_id"] for u in updates if isinstance(u, dict) and isinstance(u.get("update_id"), int)]
    return max(numbers) + 1 if numbers else before
