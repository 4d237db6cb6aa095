"""The only place that reads the time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)
FOLLOW_EVERY_SECONDS = 0.2


class Clock(Protocol):
    """What the process asks for the time."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)


class Progress(Struct, frozen=True):
    """What a follower tells the simulator, so that scripts know when all that was due is done."""

    next_due: datetime | None
    backlog: int


async def clock_of(follow: str) -> Clock:
    """The machine's clock, or the one that is followed: it shows the right time from the first moment."""
    if not follow:
        return SystemClock()
    clock = FollowedClock(follow)
    await clock.ask_first()
    return clock


class FollowedClock:
    """A clock moved by a simulator on this machine; the offset is asked for a few times a second.

    httpx is loaded where a clock is followed.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self.offset = timedelta()

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC) + self.offset

    async def ask_first(self) -> None:
        """Take over the offset before anything else happens."""
        async with self._caller() as client:
            await self.ask_once(client, Progress(None, 0))

    async def follow(self, progress: Callable[[], Awaitable[Progress]], moved: Callable[[], None]) -> None:
        """Keep asking until cancelled; `moved` is called after each change."""
        async with self._caller() as client:
            while True:
                if await self.ask_once(client, await progress()):
                    moved()
                await asyncio.sleep(FOLLOW_EVERY_SECONDS)

    def _caller(self) -> httpx.AsyncClient:
        import httpx

        from bot.channels.tls import trust_for

        return httpx.AsyncClient(timeout=5, verify=trust_for(self._address))

    async def ask_once(self, client: httpx.AsyncClient, progress: Progress) -> bool:
        """Ask for the offset, tell our progress; True when the clock moved."""
        import httpx

        parameters: dict[str, str] = {
            "applied": str(self.offset.total_seconds()),
            "backlog": str(progress.backlog),
        }
        if progress.next_due:
            parameters["next_due"] = progress.next_due.isoformat()
        try:
            answer = await client.get(self._address, params=parameters)
            offset = timedelta(seconds=float(answer.json()["offset"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.debug("the simulator's clock did not answer: %s", type(error).__name__)
            return False
        changed, self.offset = offset != self.offset, offset
        return changed
