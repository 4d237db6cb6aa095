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
from bench.seeding import FIRST_USER
from bot.channels.zalo_bot.limits import PER_SECOND as ZALO_PER_SECOND
from bot.limits import TELEGRAM_BULK_PER_SECOND, TELEGRAM_PER_SECOND

OPEN = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'claimed') AND broadcast_id IS NOT NULL"
DEFAULT = TELEGRAM_PER_SECOND  # of the channel: 25 a second for a broadcast
PER_SECOND = {"telegram": DEFAULT, "zalo_bot": ZALO_PER_SECOND}


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
        heard = Counter(self.person_in(line) for line in sends(await self.calls()))
        told = self.states()
        excused = {"unknown", "unreachable", "failed", "cancelled"}
        lost = sum(not heard[user] and told.get(user) not in excused for user in self.users)
        return lost, sum(number - 1 for number in heard.values())

    async def tries(self) -> Counter[int]:
        """How often each person's chat was called."""
        return Counter(self.person_in(line) for line in await self.calls())

    def person_in(self, line: Json) -> int:
        """Whom a call of the journal is for."""
        return self.at.person_of(line["args"]["chat_id"])

    def states(self) -> dict[int, str]:
        """The fate of each person's row."""
        query = "SELECT chat, state FROM outbox WHERE broadcast_id IS NOT NULL"
        return {self.at.person_of(chat): str(state) for chat, state in self.at.bot.rows(query)}

    async def verdict(self) -> Json:
        """What the platform says about our manners."""
        return await self.at.crowd.get("verdict")


@asynccontextmanager
async def cast(
    folder: Path,
    members: int,
    per_second: int = DEFAULT,
    *,
    careful: bool = False,
    running: bool = True,
    channel: str = "telegram",
    messages: int = 0,
    **switches: Any,
) -> AsyncIterator[Cast]:
    """A broadcast to so many, queued; with `running` the bot has begun.

    `messages`: what the configuration says that a Zalo bot may send a month, 0 for no limit. `switches`: the
    simulator's, on Zalo.
    """
    folder.mkdir(exist_ok=True)
    async with stage(folder, int(channel == "zalo_bot"), messages=messages, per_second=per_second) as at:
        seats = await at.know(range(FIRST_USER, FIRST_USER + members), **switches)
        seed = partial(announced, members=members, careful=careful, seats=seats)
        users: list[int] = await at.prepare(seed)
        made = Cast(at, users, per_second)
        if running:
            await at.start()
            await asyncio.sleep(0)
        yield made
