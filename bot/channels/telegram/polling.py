"""Long polling: store first, raise the offset after."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Sequence

from bot.channels.base import TakeIn
from bot.channels.telegram.client import TelegramClient
from bot.channels.telegram.wire import NO_LANE, number_and_lane
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
            arrivals = [arrival_of(raw) for raw in await client.updates(offset)]
            await take_in(name, arrivals)
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
            offset, wait = _next_offset(arrivals, offset), 0.5


def arrival_of(raw: bytes) -> Arrival:
    """A raw update as it is stored; one without a usable number gets a fingerprint instead."""
    text = raw.decode("utf-8", "replace")
    try:
        number, lane = number_and_lane(raw)
    except ValueError:
        number, lane = _odd_number(text), NO_LANE
    if number is None:
        return Arrival("x" + hashlib.sha256(raw).hexdigest()[:32], NO_LANE, text)
    return Arrival(str(number), lane, text)


def _odd_number(text: str) -> int | None:
    """The number of an update in which something is not as it should be, possibly the number itself."""
    try:
        update = json.loads(text)
    except (ValueError, RecursionError):
        return None
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _next_offset(arrivals: Sequence[Arrival], before: int | None) -> int | None:
    numbers = [int(arrival.update_id) for arrival in arrivals if not arrival.update_id.startswith("x")]
    return max(numbers) + 1 if numbers else before
