"""A breaker for an ill platform: after some failures in a row nobody calls but one probe at a time."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AbstractContextManager
from types import TracebackType

from db.errors import TryLater

OPENS_AFTER = 5  # failures in a row
FIRST_REST = 1.0  # seconds; doubles with each failed probe
LONGEST_REST = 30.0
SHORTEST_WAIT = 0.05


class Breaker:
    """Closed: all may call. Open: all wait. Half open: one probe decides."""

    def __init__(self) -> None:
        self._failures = 0
        self._rest = FIRST_REST
        self._closed = asyncio.Event()
        self._closed.set()
        self._open_until = 0.0
        self._probing = False
        self._watch = _Watch(self)

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        return not self._closed.is_set()

    async def rested(self) -> None:
        """Wait until a call, or a probe, may be tried."""
        loop = asyncio.get_running_loop()
        while self.is_open and loop.time() < self._open_until:
            await self._wait(self._open_until - loop.time())

    async def gate(self) -> bool:
        """Wait until one may call; whether it is the probe, as the first to come after a rest is."""
        while self.is_open:
            now = asyncio.get_running_loop().time()
            if not self._probing and now >= self._open_until:
                self._probing = True
                return True
            await self._wait(self._open_until - now)
        return False

    def withdraw(self, *, probe: bool) -> None:
        """The call that came through the gate is not made: somebody else may probe."""
        if probe:
            self._probing = False

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, SHORTEST_WAIT)):
                await self._closed.wait()

    def watching(self) -> AbstractContextManager[None]:
        """Learn from one call: only an ill platform counts as a failure."""
        return self._watch

    def learn(self, error: BaseException | None) -> None:
        """How a call ended."""
        if isinstance(error, TryLater):
            self._failed()
        elif isinstance(error, asyncio.CancelledError):
            self._probing = False
        elif error is None or isinstance(error, Exception):
            self._succeeded()

    def _failed(self) -> None:
        self._failures += 1
        if self._failures < OPENS_AFTER:
            return
        if self.is_open and self._probing:
            self._rest = min(self._rest * 2, LONGEST_REST)
        self._probing = False
        self._closed.clear()
        self._open_until = asyncio.get_running_loop().time() + self._rest

    def _succeeded(self) -> None:
        if self._failures:
            self._failures, self._rest, self._probing = 0, FIRST_REST, False
            self._closed.set()


class _Watch(AbstractContextManager[None]):
    """Around one call; any number at once."""

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._breaker.learn(error)
