"""The clock wakes, pokes join, a failing chore stops nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

import bot.tables  # noqa: F401 (all tables)
from db.places import Place
from db.store import Store
from scheduler.calendars import calendars
from scheduler.chores import Chore, tick
from scheduler.clock_work import ClockWork
from scheduler.reminders import reminders
from tests.support.branch_world import NOW, TIMES

LATER = NOW + timedelta(days=1)


@dataclass
class House:
    """As much of an installation as the scheduler sees."""

    store: Store
    ran: list[str] = field(default_factory=list)


@pytest.fixture
async def house(place: Place) -> AsyncIterator[House]:
    store = place.store()
    yield House(store)
    await store.close()


def chore(name: str, due: datetime | None = None) -> Chore[House]:
    async def run(house: House, _now: datetime) -> None:
        house.ran.append(name)

    def when(_session: Session) -> datetime | None:
        return due

    return Chore(name, run, when if due else None)


async def test_a_chore_runs_when_its_moment_has_come(house: House) -> None:
    chores = [chore("always"), chore("later", LATER), chore("much later", LATER + timedelta(days=9))]
    assert await tick(house, chores, NOW) == LATER
    assert house.ran == ["always"]
    await tick(house, chores, LATER)
    assert house.ran == ["always", "always", "later"]


async def test_a_failing_chore_is_logged_and_stops_nobody(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(_house: House, _now: datetime) -> None:
        raise RuntimeError("no")

    await tick(house, [Chore("bad", fails), chore("good")], NOW)
    assert house.ran == ["good"]
    assert "chore bad failed" in caplog.text


async def test_an_empty_installation_has_nothing_due(house: House) -> None:
    assert await tick(house, [reminders(TIMES), calendars(TIMES)], NOW) is None


async def test_the_clock_wakes_at_once_and_when_poked(house: House) -> None:
    woken = asyncio.Queue[datetime]()

    async def run(_house: House, now: datetime) -> None:
        woken.put_nowait(now)

    moments = iter([NOW, LATER, NOW - timedelta(days=400)])
    clock = ClockWork(house, [Chore("note", run)], lambda: next(moments), every=timedelta(hours=1))
    clock.start()
    try:
        assert await asyncio.wait_for(woken.get(), 20) == NOW
        clock.wake()
        assert await asyncio.wait_for(woken.get(), 20) == LATER
        clock.wake()
        assert await asyncio.wait_for(woken.get(), 20) < NOW
    finally:
        clock.stop()


async def test_a_poke_during_a_waking_makes_one_more_follow(house: House) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow(house: House, _now: datetime) -> None:
        house.ran.append("slow")
        inside.set()
        await go_on.wait()

    clock = ClockWork(house, [Chore("slow", slow)], lambda: datetime.now(UTC))
    first = asyncio.create_task(clock.beat())
    await inside.wait()
    await asyncio.gather(clock.beat(), clock.beat())  # both return at once
    assert house.ran == ["slow"]
    go_on.set()
    await first
    assert house.ran == ["slow", "slow"]


async def test_a_machine_clock_set_back_does_not_put_it_to_sleep(house: House) -> None:
    woken = asyncio.Queue[datetime]()

    async def run(_house: House, now: datetime) -> None:
        woken.put_nowait(now)

    clock = ClockWork(house, [Chore("note", run)], lambda: NOW, every=timedelta(seconds=0.05))
    clock.start()
    try:
        await asyncio.wait_for(woken.get(), 20)
        for _ in range(3):  # as it looks to the scheduler when the clock was set back ten years
            clock._scheduler.modify_job("beat", next_run_time=datetime.now(UTC) + timedelta(days=3650))
            while not woken.empty():
                woken.get_nowait()
            await asyncio.wait_for(woken.get(), 20)
    finally:
        clock.stop()


async def test_a_waking_cut_short_by_the_end_is_no_failure(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    inside, ended = asyncio.Event(), asyncio.Event()

    async def endless(_house: House, _now: datetime) -> None:
        inside.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    clock = ClockWork(house, [Chore("endless", endless)], lambda: NOW)
    clock.start()
    await asyncio.wait_for(inside.wait(), 20)
    busy = [clock.busy]
    clock.stop()
    await asyncio.wait_for(ended.wait(), 20)
    busy.append(clock.busy)
    assert busy == [True, False]
    assert caplog.records == []
