"""A broadcast under way at a misbehaving platform, and what became of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.chaos.announcing import TEXT, announced
from bench.judge import sends
from bench.processes import Json, Stage, stage
from bot.limits import TELEGRAM_BULK_PER_SECOND, TELEGRAM_PER_SECOND

OPEN = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'claimed') AND broadcast_id IS NOT NULL"
DEFAULT = 30  # per_second of the channel: 25 a second for a broadcast


@dataclass
class Cast:
    """The stage, and the accounts of those who are to be told."""

    at: Stage
    users: list[int]
    per_second: int

    @property
    def rate(self) -> float:
        """Messages of the broadcast a second."""
        return self.per_second * TELEGRAM_BULK_PER_SECOND / TELEGRAM_PER_SECOND

    async def fault(self, kind: str, **values: Any) -> None:
        """Begin one, for messages alone."""
        await self.at.crowd.post("fault", kind=kind, **{"method": "sendMessage", **values})

    async def finished(self, seconds: float, left: int = 0) -> bool:
        """Whether all but `left` rows came to an end in time."""
        return await self.at.until(lambda: self.at.bot.number(OPEN) <= left, seconds)

    async def calls(self) -> list[Json]:
        """Every call of the broadcast, accepted or not."""
        journal = await self.at.crowd.journal()
        return [line for line in journal if TEXT in str(line["args"].get("text", ""))]

    async def tally(self) -> tuple[int, int]:
        """(people without a message and without a fate that says so, extra copies)."""
        heard = Counter(int(line["args"]["chat_id"]) for line in sends(await self.calls()))
        told = self.states()
        excused = {"unknown", "unreachable", "failed", "cancelled"}
        lost = sum(not heard[user] and told.get(user) not in excused for user in self.users)
        return lost, sum(number - 1 for number in heard.values())

    def states(self) -> dict[int, str]:
        """The fate of each row by its chat."""
        query = "SELECT chat, state FROM outbox WHERE broadcast_id IS NOT NULL"
        return {int(chat): str(state) for chat, state in self.at.bot.rows(query)}

    async def verdict(self) -> Json:
        """What the platform says about our manners."""
        return await self.at.crowd.get("verdict")


@asynccontextmanager
async def cast(
    folder: Path, members: int, per_second: int = DEFAULT, *, careful: bool = False, running: bool = True
) -> AsyncIterator[Cast]:
    """A broadcast to so many, queued; with `running` the bot has begun."""
    folder.mkdir(exist_ok=True)
    async with stage(folder, per_second=per_second) as at:
        users: list[int] = await at.prepare(partial(announced, members=members, careful=careful))
        await at.crowd.add_people(users)
        made = Cast(at, users, per_second)
        if running:
            await at.start()
            await asyncio.sleep(0)
        yield made
