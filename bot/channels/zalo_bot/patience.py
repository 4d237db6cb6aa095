"""Rests after "too many": Zalo names no time, and says the same for a burst and for a used-up month."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.channels.zalo_bot.limits import RESTS_SECONDS
from db.errors import RetryAfter


class Patience:
    """Rests of the whole account grow with refusals in a row; one message that goes through ends them."""

    def __init__(self) -> None:
        self._refused = 0
        self._until = 0.0

    def left(self) -> float:
        """Seconds of rest that are left."""
        return max(self._until - _now(), 0.0)

    @contextmanager
    def heeding(self) -> Iterator[None]:
        """Learn from one call; RetryAfter then says how long. One begun before a rest does not end it."""
        began = _now()
        try:
            yield
        except RetryAfter:
            raise RetryAfter(self._rest()) from None
        else:
            if began >= self._until:
                self._refused, self._until = 0, 0.0

    def _rest(self) -> float:
        """A new rest; calls that were under way together count as one refusal."""
        if self.left() == 0.0:
            self._until = _now() + RESTS_SECONDS[min(self._refused, len(RESTS_SECONDS) - 1)]
            self._refused += 1
        return self.left()


def _now() -> float:
    return asyncio.get_running_loop().time()
