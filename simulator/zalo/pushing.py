"""Updates to a webhook: one at a time per person, people side by side, tried again after pauses.

Pauses are in simulated time, so that a clock set forward brings the next try at once.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from simulator.models import Pending
from simulator.telegram.poster import NotDelivered, Poster
from simulator.world import World
from simulator.zalo.waiting import Waiting

SIDE_BY_SIDE = 10
SPREAD = 0.2  # seconds by which disorder moves updates
_OK = 200


@dataclass(frozen=True)
class Manner:
    """How an account delivers, as its switches stand now. `pauses` before the second, third … try."""

    url: str
    times: int
    disorder: bool
    pauses: tuple[float, ...]
    answer_time: float


class Pusher:
    """`manner` is asked before each update, `dress` gives body and headers, `lost` hears of the last try."""

    def __init__(
        self,
        world: World,
        waiting: Waiting,
        manner: Callable[[], Manner],
        dress: Callable[[Pending], tuple[bytes, dict[str, str]]],
        lost: Callable[[Pending], None],
    ) -> None:
        self._world = world
        self._waiting = waiting
        self._manner = manner
        self._dress = dress
        self._lost = lost
        self._lines: dict[str, deque[Pending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(SIDE_BY_SIDE)

    def restart(self) -> None:
        """Follow a changed webhook; what waits goes to the new address."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self._lines.clear()
        if self._manner().url:
            for update in list(self._waiting.items.values()):
                self.take(update)

    def take(self, update: Pending) -> None:
        """Put an update into the line of its person."""
        key = f"{update.key}#{update.id}" if self._manner().disorder else update.key
        line = self._lines.setdefault(key, deque())
        line.append(update)
        if len(line) == 1:
            task = asyncio.get_running_loop().create_task(self._work(key, line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, key: str, line: deque[Pending]) -> None:
        while line:
            await self._deliver(line[0])
            line.popleft()
        if self._lines.get(key) is line:
            del self._lines[key]

    async def _deliver(self, update: Pending) -> None:
        manner = self._manner()
        if not manner.url:
            return
        if manner.disorder:
            await asyncio.sleep(random.uniform(0, SPREAD))  # noqa: S311 - no secret
        for _ in range(max(1, manner.times)):
            for pause in (0.0, *manner.pauses):
                await self._world.clock.sleep(pause * self._world.pause_scale)
                if await self._tried(update, manner):
                    break
            else:
                self._waiting.remove(update, "updates_expired")
                self._lost(update)
                return
        self._waiting.remove(update)

    async def _tried(self, update: Pending, manner: Manner) -> bool:
        if self._world.faults.offline(update.bot):
            return False
        body, headers = self._dress(update)
        async with self._places:
            status = await posted(manner.url, body, headers, manner.answer_time)
        if status != _OK:
            return False
        self._waiting.delivered(update)
        return True

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def posted(url: str, body: bytes, headers: dict[str, str], seconds: float) -> int:
    """The status of one POST; 0 when no whole answer came in time."""
    poster = Poster(url, headers)
    try:
        return (await poster.post(body, seconds)).status
    except NotDelivered:
        return 0
    finally:
        poster.close()
