"""What killing the process a hundred times found in the inbox's worker, each as the smallest case."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest
from sqlalchemy import select

from bot.context import Context, Home
from bot.dialogue import Dialogue
from bot.language import Said, Say
from bot.limits import ATTEMPTS_BEFORE_SET_ASIDE, IN_FLIGHT
from bot.router import Answer, Audience, Feature, Router, route
from bot.settings import Settings
from bot.worker import Worker
from db import inbox
from db.inbox import InboxRow
from db.places import Place
from db.store import Store
from locales.text import fill
from members.join_codes import PLAYED_WORK, CodeKey
from tests.support.paper import NOW, PaperChannel, StillClock, arrival
from tests.support.talk import TestLinks

MANY = 40
STORED = msgspec.json.encode([Say(fill("đã ghi", {}))]).decode()


async def echo(said: Said, _ctx: Context) -> Answer:
    return Say(fill("{text}", {"text": said.text}))


FEATURE = Feature("test", patterns=(route(r"(?s).+", echo, Audience.ANYONE),))


class SlowChannel(PaperChannel):
    """Sends only when told to; `at_once` is how many sendings were under way together at most."""

    under_way = 0
    at_once = 0

    async def answer(self, said: Said, says: Sequence[Say]) -> None:
        self.under_way += 1
        self.at_once = max(self.at_once, self.under_way)
        await asyncio.sleep(0.01)
        self.under_way -= 1
        await super().answer(said, says)


class NeverSending(PaperChannel):
    """Whose sendings never come to an end."""

    async def answer(self, said: Said, says: Sequence[Say]) -> None:
        await asyncio.Event().wait()


@pytest.fixture
async def store(place: Place) -> AsyncIterator[Store]:
    opened = place.store()
    yield opened
    await opened.close()


def worker_on(store: Store, channel: PaperChannel) -> Worker:
    home = Home(store, Settings(), TestLinks(), CodeKey(b"pepper", PLAYED_WORK))
    return Worker(store, StillClock(), Dialogue(home, Router([FEATURE]), {}), {channel.name: channel})


async def left_behind(store: Store, updates: int) -> None:
    arrivals = [arrival(n, str(n), f"{n}") for n in range(updates)]
    await store.write(inbox.store_arrivals, "telegram", arrivals, NOW)


async def test_waiting_through_many_crashes_is_no_fault(store: Store) -> None:
    """Every start counted everything in the queue: after five, a backlog was set aside unread."""
    await left_behind(store, MANY)
    for _ in range(ATTEMPTS_BEFORE_SET_ASIDE + 1):
        killed_at_once = worker_on(store, PaperChannel())
        await killed_at_once.resume()
        await killed_at_once.abandon()
    channel = PaperChannel()
    last = worker_on(store, channel)
    await last.resume()
    await last.finish()
    assert len(channel.sent) == MANY
    states = await store.read(lambda session: set(session.scalars(select(InboxRow.state))))
    assert states == {"done"}


async def test_few_answers_are_in_doubt_at_any_moment(store: Store) -> None:
    """Sixty-four were: a crash in a backlog repeated as many answers."""
    channel = SlowChannel()
    worker = worker_on(store, channel)
    await worker.take_in("telegram", [arrival(n, str(n), f"{n}") for n in range(MANY)])
    await worker.finish()
    assert len(channel.sent) == MANY
    assert channel.at_once <= IN_FLIGHT


async def test_waiting_with_a_stored_answer_is_no_fault_either(store: Store) -> None:
    """Answered before the first crash, they stood in line for sending through the others."""
    await left_behind(store, MANY)
    for number in range(1, MANY + 1):
        await store.write(inbox.keep_answers, {number: STORED})
    for _ in range(ATTEMPTS_BEFORE_SET_ASIDE + 1):
        killed_soon = worker_on(store, NeverSending())
        await killed_soon.resume()
        await asyncio.sleep(0.2)
        await killed_soon.abandon()
    counted = await store.read(
        lambda session: len(session.scalars(select(InboxRow.id).where(InboxRow.attempts > 0)).all())
    )
    assert counted <= IN_FLIGHT * 2
