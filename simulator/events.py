"""What happened, numbered, for the page and for scripts that wait: one stream for all phones."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

KEPT = 5_000
KEEP_ALIVE = 15.0  # seconds

_encode = msgspec.json.encode


class Events:
    """The last `KEPT` events; numbers grow by one and start at 1 with the process."""

    def __init__(self) -> None:
        self.last = 0
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    def tell(self, kind: str, **fields: Any) -> None:
        self.last += 1
        self._kept.append({"n": self.last, "type": kind, **fields})
        self._wake()

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def close(self) -> None:
        """End all open streams, so that the server can stop."""
        self._closed = True
        self._wake()

    def since(self, number: int) -> list[dict[str, Any]]:
        """Events after `number`; a single `reset` when some of those are no longer kept."""
        first = self._kept[0]["n"] if self._kept else self.last + 1
        if number > self.last or number + 1 < first:
            return [{"n": self.last, "type": "reset"}]
        return [self._kept[i] for i in range(number + 1 - first, len(self._kept))]

    async def _wait(self) -> bool:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await asyncio.wait_for(waiting, KEEP_ALIVE)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(waiting)
        return True

    async def stream(self, since: int, wanted: Callable[[], bool] = lambda: True) -> AsyncIterator[bytes]:
        """Server-sent events after `since`, until the server stops."""
        yield b": here\n\n"
        while wanted() and not self._closed:
            for event in self.since(since):
                since = event["n"]
                yield b"id: %d\ndata: %s\n\n" % (since, _encode(event))
            if since == self.last and not await self._wait():
                yield b": still here\n\n"
