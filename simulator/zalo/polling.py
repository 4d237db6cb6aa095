"""getUpdates: one object at a time; each goes to one of those who poll (zalo.md 2.4)."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from simulator.models import Pending
from simulator.world import World
from simulator.zalo.switches import BotSwitches
from simulator.zalo.waiting import Waiting

AWAY_AFTER = 5.0  # seconds after the last poll; where the border lies is not known


class Poller:
    """The polls of one bot. `gone` of a poll is done when its connection has ended."""

    def __init__(self, world: World, waiting: Waiting, switches: Callable[[], BotSwitches]) -> None:
        self._world = world
        self._waiting = waiting
        self._switches = switches
        self._sleepers: deque[asyncio.Future[None]] = deque()
        self._again: deque[tuple[Pending, float]] = deque()
        self._copies: deque[Pending] = deque()  # what a fault wants delivered once more
        self._polls = 0
        self._last = -1e9
        self._ended = False

    def here(self, within: float = AWAY_AFTER) -> bool:
        """Whether somebody polls, or did so not long ago."""
        return self._polls > 0 or time.monotonic() - self._last < within

    def wake(self) -> None:
        """Let one poll look."""
        while self._sleepers:
            sleeper = self._sleepers.popleft()
            if not sleeper.done():
                sleeper.set_result(None)
                return

    def end(self, *, for_good: bool = False) -> None:
        """Let every poll come back."""
        self._ended = for_good
        while self._sleepers:
            self.wake()

    async def next(
        self, seconds: float, gone: "asyncio.Future[None]", wanted: Callable[[], bool]
    ) -> Pending | None:
        """The next update, or None after `seconds`, when `gone`, or when no longer `wanted`."""
        until = time.monotonic() + seconds
        self._polls += 1
        try:
            while wanted() and not gone.done() and not self._ended:
                found = self._take()
                left = until - time.monotonic()
                if found is not None or left <= 0:
                    return found
                await self._sleep(left, gone)
            return None
        finally:
            self._polls -= 1
            self._last = time.monotonic()

    async def _sleep(self, seconds: float, gone: "asyncio.Future[None]") -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append(sleeper)
        await asyncio.wait({sleeper, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if gone.done() and sleeper.done():
            self.wake()
        elif not sleeper.done():
            self._sleepers.remove(sleeper)

    def _take(self) -> Pending | None:
        faults, bot = self._world.faults, self._waiting.bot
        if faults.offline(bot):
            return None
        shuffling = faults.of_kind("disorder", bot)
        fresh = self._waiting.take(None if shuffling is None else shuffling.random)
        if fresh is None:
            return self._copies.popleft() if self._copies else self._replayed()
        self._again.append((fresh, time.monotonic()))
        self._waiting.delivered(fresh)
        again = faults.of_kind("duplicates", bot)
        self._copies.extend([fresh] * (int(again.settings.get("times", 2)) - 1 if again else 0))
        return fresh

    def _replayed(self) -> Pending | None:
        """What was read already, in turn, until its time is over."""
        switches = self._switches()
        oldest = time.monotonic() - switches.replay_seconds * self._world.pause_scale
        if switches.ack != "replay":
            self._again.clear()
        while self._again:
            update, at = self._again.popleft()
            if at > oldest:
                self._again.append((update, at))
                return update
        return None
