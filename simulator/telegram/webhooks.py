"""Delivery to a webhook: one at a time per key, keys side by side, retries 0, 2, 4, 8 … 60-120 s.

Waits are in simulated time, so that a clock set forward brings the next try at once.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

from simulator.models import Pending
from simulator.telegram.poster import Answer, NotDelivered, Poster
from simulator.telegram.updates import Queue
from simulator.world import World

ANSWER_TIME = 60.0  # a connection is given about a minute
LONGEST_PAUSE = (60.0, 120.0)
LONGEST_RETRY_AFTER = 3_600.0
GONE_FOR = 23 * 3600.0  # so long 410, and the webhook is removed
_GONE = 410
_SUCCESS = range(200, 300)
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name

Execute = Callable[[Pending, Answer], Awaitable[None]]


async def _nothing(_update: Pending, _answer: Answer) -> None:
    return


class Deliverer:
    """The webhook side of one bot. `execute` runs a method that the answer carries."""

    def __init__(self, world: World, queue: Queue) -> None:
        self._world = world
        self._queue = queue
        self._lines: dict[str, deque[Pending]] = {}
        self._ready: deque[str] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._poster: Poster | None = None
        self.execute: Execute = _nothing

    def restart(self) -> None:
        """Follow a changed webhook: what was under way is dropped, what waits goes to the new address."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self._lines.clear()
        self._ready.clear()
        if self._poster is not None:
            self._poster.close()
            self._poster = None
        hook = self._queue.bot.webhook
        if hook.url:
            self._poster = Poster(hook.url, {_SECRET_HEADER: hook.secret} if hook.secret else {})
            for update in list(self._queue.items.values()):
                self.take(update)

    def take(self, update: Pending) -> None:
        """Put an update into the line of its key; does nothing while there is no webhook."""
        if self._poster is None:
            return
        key = f"{update.key}#{update.id}" if self._queue.shuffling() else update.key
        line = self._lines.setdefault(key, deque())
        line.append(update)
        if len(line) == 1:
            self._ready.append(key)
            self._start()

    def _start(self) -> None:
        limit = self._queue.bot.webhook.max_connections
        while self._ready and len(self._tasks) < limit:
            task = asyncio.get_running_loop().create_task(self._work(self._ready.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            self._start()

    async def _work(self, key: str) -> None:
        """Deliver a line to its end; a refused update holds up those behind it."""
        line = self._lines[key]
        while line:
            await self._deliver(line[0])
            line.popleft()
        self._lines.pop(key, None)

    async def _deliver(self, update: Pending) -> None:
        failures = 0
        shuffling = self._queue.shuffling()
        if shuffling is not None:
            await asyncio.sleep(shuffling.random.uniform(0, float(shuffling.settings.get("spread", 0.2))))
        while update.id in self._queue.items:
            if update.expires <= self._world.clock.now():
                self._queue.remove(update, "updates_expired")
                return
            pause = await self._try(update, failures)
            if pause is None:
                return
            failures += 1
            await self._world.clock.sleep(pause * self._world.pause_scale)

    async def _try(self, update: Pending, failures: int) -> float | None:
        """One attempt. None when the update is done with, otherwise the seconds to the next try."""
        if self._poster is None or self._world.faults.offline(self._queue.bot.username):
            return _pause(failures)
        try:
            answer = await self._poster.post(update.body, ANSWER_TIME)
        except NotDelivered as problem:
            self._failed(str(problem), gone=False)
            return _pause(failures)
        if answer.status not in _SUCCESS:
            self._failed(f"Wrong response from the webhook: {answer.status}", gone=answer.status == _GONE)
            return _asked_pause(answer) or _pause(failures)
        self._queue.bot.webhook.gone_since = None
        self._queue.delivered(update)
        done = self._queue.confirm(update)
        await self.execute(update, answer)
        return None if done else 0.0

    def _failed(self, sentence: str, *, gone: bool) -> None:
        hook, now = self._queue.bot.webhook, self._world.clock.now()
        hook.last_error_at, hook.last_error = int(now), sentence
        hook.gone_since = (hook.gone_since or now) if gone else None
        if hook.gone_since is not None and now - hook.gone_since >= GONE_FOR:
            hook.url = ""
            self._world.keep_bot(self._queue.bot)
            asyncio.get_running_loop().call_soon(self.restart)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._poster is not None:
            self._poster.close()


def _pause(failures: int) -> float:
    """Seconds before the next try: the first at once, then 2, 4, 8 … up to a random 60-120."""
    if not failures:
        return 0.0
    return float(min(2**failures, random.uniform(*LONGEST_PAUSE)))  # noqa: S311 - a pause, not a secret


def _asked_pause(answer: Answer) -> float | None:
    try:
        return min(float(answer.headers["retry-after"]), LONGEST_RETRY_AFTER)
    except (KeyError, ValueError):
        return None


def method_in(answer: Answer) -> dict[str, object] | None:
    """The call that a webhook's answer carries, if it carries one."""
    if not answer.body or "json" not in answer.headers.get("content-type", ""):
        return None
    try:
        call = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return None
    return call if isinstance(call, dict) and isinstance(call.get("method"), str) else None
