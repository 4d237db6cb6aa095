"""Opening the channel accounts at the start, with patience for a platform that is ill just then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from bot.channels.base import Channel
from db.errors import DeliveryError, RetryAfter, StartRefused, TryLater
from locales.words import Words

log = logging.getLogger(__name__)
OPEN_PATIENCE_SECONDS = 60.0  # [O]
OPEN_AGAIN_SECONDS = 2.0
COMMANDS = ("menu", "lich", "diem_danh", "trac_nghiem", "y_kien", "cua_toi")


async def open_channels(channels: Iterable[Channel]) -> None:
    """Check every account and show its commands. StartRefused says which does not answer."""
    for channel in channels:
        log.info("channel %s is @%s", channel.name, await _patiently_opened(channel))
        await _introduce(channel)


async def _patiently_opened(channel: Channel) -> str:
    """The bot's name. A platform that asks for patience or is ill gets some; what cannot work is refused."""
    waited = 0.0
    while True:
        try:
            return await channel.open()
        except (RetryAfter, TryLater) as error:
            wait = error.seconds if isinstance(error, RetryAfter) else OPEN_AGAIN_SECONDS
            unreachable = isinstance(error, TryLater) and not error.maybe_delivered
            if unreachable or waited + wait > OPEN_PATIENCE_SECONDS:
                raise StartRefused(f"channel {channel.name} does not answer: {error}") from None
            log.warning("channel %s does not answer yet: %s", channel.name, error)
        except DeliveryError as error:
            raise StartRefused(f"channel {channel.name} does not answer: {error}") from None
        waited += wait
        await asyncio.sleep(wait)


async def _introduce(channel: Channel) -> None:
    words = Words()
    try:
        await channel.introduce([(name, words.plain(f"commands.{name}")) for name in COMMANDS])
    except DeliveryError as error:
        log.warning("channel %s does not show the commands: %s", channel.name, error)
