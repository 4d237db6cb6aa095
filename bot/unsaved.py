"""Telling people that nothing can be stored just now: once in ten minutes a chat, and as well as can be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from bot.channels.base import Channel
from bot.language import Said, Say
from bot.limits import NOT_SAVED_EVERY_SECONDS
from db.errors import DeliveryError
from locales.text import join
from locales.words import Words

log = logging.getLogger(__name__)


class Unsaved:
    """Speaks directly through the channels, since the outbox is what cannot be written."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        self._told: dict[tuple[str, str], float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, channel: str, raws: Iterable[str]) -> None:
        """Tell whoever sent these updates, without waiting for it."""
        for said in self._private(channel, raws):
            if self._is_turn(channel, said.chat):
                task = asyncio.create_task(self._say(said))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait until everybody is told."""
        await asyncio.gather(*self._tasks)

    def _private(self, channel: str, raws: Iterable[str]) -> Iterable[Said]:
        for raw in raws:
            try:
                said = self._channels[channel].read(raw, datetime.now(UTC))
            except ValueError:
                continue
            if said.private:
                yield said

    def _is_turn(self, channel: str, chat: str) -> bool:
        now = asyncio.get_running_loop().time()
        self._told = {key: at for key, at in self._told.items() if now - at < NOT_SAVED_EVERY_SECONDS}
        return self._told.setdefault((channel, chat), now) == now

    async def _say(self, said: Said) -> None:
        words = Words(said.language)
        note = Say(join([words("away.not_saved"), words("away.not_saved_wait")]))
        try:
            await self._channels[said.channel].answer(said, [note])
        except DeliveryError as error:
            log.warning("somebody could not be told that nothing is stored: %s", error)
