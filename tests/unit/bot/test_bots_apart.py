"""Bots of one installation stand apart: people of one do not wait for the platform of another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.context import Home
from bot.dialogue import Dialogue
from bot.language import Said, Say
from bot.limits import HANDLED_AT_ONCE
from bot.router import Router
from bot.settings import Settings
from bot.worker import Worker
from db.places import Place
from members.join_codes import PLAYED_WORK, CodeKey
from tests.support.paper import PaperChannel, StillClock, arrival
from tests.support.talk import TestLinks
from tests.unit.bot.test_worker_and_sender import FEATURE

PATIENCE = 60.0


@dataclass
class StuckChannel(PaperChannel):
    """A platform that has not answered yet."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, said: Said, says: Sequence[Say]) -> None:
        await self.answers.wait()
        await super().answer(said, says)


async def test_a_platform_that_does_not_answer_keeps_only_its_own_people_waiting(place: Place) -> None:
    store = place.store()
    stuck, quick = StuckChannel("telegram-1"), PaperChannel("telegram-2")
    home = Home(store, Settings(), TestLinks(), CodeKey(b"pepper", PLAYED_WORK))
    channels = {one.name: one for one in (stuck, quick)}
    worker = Worker(store, StillClock(), Dialogue(home, Router([FEATURE]), {}), channels)
    crowd = [arrival(number, str(number), "a") for number in range(HANDLED_AT_ONCE * 2)]
    await worker.take_in(stuck.name, crowd)
    await worker.take_in(quick.name, [arrival(1, "5", "b")])
    async with asyncio.timeout(PATIENCE):
        while not quick.sent:
            await asyncio.sleep(0.01)
    assert (quick.sent, stuck.sent) == ([("5", "đã ghi b")], [])
    stuck.answers.set()
    await worker.finish()
    assert len(stuck.sent) == len(crowd)
    await store.close()
