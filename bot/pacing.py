"""Pace below a platform's limits. Answers and the outbox share one budget; answers go first."""

from __future__ import annotations

import asyncio
from collections import deque

from bot.limits import TELEGRAM_BULK_PER_SECOND, TELEGRAM_CHAT_PER_SECOND, TELEGRAM_PER_SECOND

WINDOW = 1.0


class Pacer:
    """Counts what went out in the last second. The bulk lane leaves room for answers to people."""

    def __init__(self, per_second: int = TELEGRAM_PER_SECOND) -> None:
        self._per_second = per_second
        self._bulk_per_second = max(per_second * TELEGRAM_BULK_PER_SECOND // TELEGRAM_PER_SECOND, 1)
        self._sent: deque[float] = deque()
        self._chat_free_at: dict[str, float] = {}

    async def answer_turn(self) -> None:
        """Wait until one more answer fits."""
        await self._turn(self._per_second)

    async def bulk_turn(self, chat: str) -> None:
        """Wait until one more message of the outbox fits, overall and in this chat."""
        loop = asyncio.get_running_loop()
        start = max(loop.time(), self._chat_free_at.get(chat, 0.0))
        self._chat_free_at[chat] = start + WINDOW / TELEGRAM_CHAT_PER_SECOND
        await asyncio.sleep(start - loop.time())
        await self._turn(self._bulk_per_second)
        self._forget_free_chats(loop.time())

    async def _turn(self, allowed: int) -> None:
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            while self._sent and self._sent[0] <= now - WINDOW:
                self._sent.popleft()
            if len(self._sent) < allowed:
                self._sent.append(now)
                return
            await asyncio.sleep(self._sent[len(self._sent) - allowed] + WINDOW - now)

    def _forget_free_chats(self, now: float) -> None:
        if len(self._chat_free_at) > 10_000:  # noqa: PLR2004 (a bound on memory, nothing more)
            self._chat_free_at = {c: t for c, t in self._chat_free_at.items() if t > now}
