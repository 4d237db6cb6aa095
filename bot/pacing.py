"""Pace below a platform's limits. Answers and the outbox share one budget; answers go first.

The outbox is spaced evenly and makes room for each answer. A message counts until a second after the
platform has answered it, so that nothing on the way makes the receiving side count more in any second.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import AbstractContextManager
from types import TracebackType
from weakref import WeakValueDictionary

from bot.limits import TELEGRAM_BULK_PER_SECOND, TELEGRAM_CHAT_PER_SECOND, TELEGRAM_PER_SECOND
from db.errors import RetryAfter

WINDOW = 1.0
COUNTED = WINDOW + 0.002  # a loop's clock may show its last waking, in whole milliseconds
CATCH_UP = 0.1  # seconds the bulk lane may make up for when the loop was busy
LOOK_AGAIN = 0.01  # seconds, while everything that counts is still on its way
LEAST_WAIT = 0.001  # seconds; less may be nothing beside a clock's own digits
REMEMBERED_CHATS = 10_000


class Pacer:
    """Counts what went out in the last second, and which chats rest because the platform said so."""

    def __init__(self, per_second: int = TELEGRAM_PER_SECOND) -> None:
        self._per_second = per_second
        self._bulk_gap = TELEGRAM_PER_SECOND / (TELEGRAM_BULK_PER_SECOND * per_second)
        self._bulk_free_at = 0.0
        self._sent: deque[float] = deque()
        self._under_way = 0
        self._chat_free_at: dict[str, float] = {}
        self._rests_until: dict[str, float] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def answer_turn(self, chat: str) -> None:
        """Wait until one more answer to this chat fits."""
        if rest := self.resting(chat):
            await asyncio.sleep(rest)
        now = await self._turn()
        self._bulk_free_at += self._bulk_gap
        self._chat_free_at[chat] = now + WINDOW / TELEGRAM_CHAT_PER_SECOND

    async def bulk_turn(self, chat: str) -> None:
        """Wait until one more message of the outbox fits, overall and in this chat."""
        async with self._locks.setdefault(chat, asyncio.Lock()):
            await _sleep(max(self._chat_free_at.get(chat, 0.0) - _now(), self.resting(chat)))
            now = _now()
            mine = max(self._bulk_free_at, now - CATCH_UP)
            self._bulk_free_at = mine + self._bulk_gap
            await _sleep(mine - now)
            self._chat_free_at[chat] = await self._turn() + WINDOW / TELEGRAM_CHAT_PER_SECOND
        self._forget_free_chats()

    def resting(self, chat: str) -> float:
        """Seconds this chat is still to be left alone."""
        until = self._rests_until.get(chat)
        return 0.0 if until is None else max(until - _now(), 0.0)

    def heeding(self, chat: str) -> AbstractContextManager[None]:
        """When the platform asks for patience in this chat, remember it."""
        return _Heeding(self, chat)

    def sending(self, chat: str) -> AbstractContextManager[None]:
        """Entered at once after a turn, left when the platform has answered; patience is heeded."""
        return _Sending(self, chat)

    def heed(self, chat: str, error: BaseException | None) -> None:
        """How a call ended."""
        if isinstance(error, RetryAfter):
            self._rests_until[chat] = _now() + error.seconds

    def set_out(self) -> None:
        """What had its turn is on its way."""
        self._sent.pop()
        self._under_way += 1

    def arrived(self) -> None:
        """The platform has answered, or never will."""
        self._under_way -= 1
        self._sent.append(_now())

    async def _turn(self) -> float:
        """When it came."""
        while True:
            now = _now()
            while self._sent and self._sent[0] <= now - COUNTED:
                self._sent.popleft()
            if len(self._sent) + self._under_way < self._per_second:
                self._sent.append(now)
                return now
            wait = self._sent[0] + COUNTED - now if self._sent else LOOK_AGAIN
            await asyncio.sleep(max(wait, LEAST_WAIT))

    def _forget_free_chats(self) -> None:
        if len(self._chat_free_at) > REMEMBERED_CHATS:
            now = _now()
            self._chat_free_at = {chat: t for chat, t in self._chat_free_at.items() if t > now}
            self._rests_until = {chat: t for chat, t in self._rests_until.items() if t > now}


class _Heeding(AbstractContextManager[None]):
    """Around one call to a chat."""

    def __init__(self, pacer: Pacer, chat: str) -> None:
        self._pacer = pacer
        self._chat = chat

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._pacer.heed(self._chat, error)


class _Sending(_Heeding):
    """Around one call that counts."""

    def __enter__(self) -> None:
        self._pacer.set_out()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._pacer.arrived()
        super().__exit__(kind, error, at)


async def _sleep(seconds: float) -> None:
    """Go on at once where there is nothing to wait for."""
    if seconds > 0:
        await asyncio.sleep(seconds)


def _now() -> float:
    return asyncio.get_running_loop().time()
