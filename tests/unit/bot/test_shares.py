"""Several processes on one PostgreSQL: an account is held by one, taken over, shared fairly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from bot import fair_shares as module
from bot.answering import _ENCODE
from bot.context import Home
from bot.dialogue import Dialogue
from bot.fair_shares import FairShares
from bot.language import Say
from bot.router import Router
from bot.settings import Settings
from bot.together import InTurn, take_new
from bot.worker import Worker
from db import due, inbox, outbox
from db.claims import NotOurTurn, take_turn
from db.due import Due
from db.installation import fact, remember
from db.outbox import OutboxRow, OutboxState, Priority
from db.places import Place
from db.store import BatchingStore
from locales.text import as_text
from members.join_codes import PLAYED_WORK, CodeKey
from tests.support.databases import fresh, postgres
from tests.support.paper import NOW, PaperChannel, StillClock, arrival
from tests.support.talk import TestLinks
from tests.unit.bot.test_worker_and_sender import FEATURE

PATIENCE = 60.0


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LISTEN_SECONDS", 0.05)
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(module, "GRACE_SECONDS", 1.0)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with fresh("postgres", tmp_path) as made:
        yield made


@dataclass
class Process:
    """As much of a process as shares accounts and handles updates."""

    shares: FairShares
    store: BatchingStore
    worker: Worker
    channel: PaperChannel
    working: set[str] = field(default_factory=set)
    begun: list[str] = field(default_factory=list)

    async def start(self) -> None:
        await self.shares.begin(self._gain, self._lose, self._hear)

    async def die(self) -> None:
        """Its session ends; nobody says goodbye."""
        if self.shares._task is not None:
            self.shares._task.cancel()
        await self.shares._in_thread(self.shares._claims.close)

    async def _gain(self, names: Sequence[str]) -> None:
        await self.worker.resume(names)
        self.working.update(names)
        self.begun.extend(names)

    async def _lose(self, names: Sequence[str]) -> None:
        await self.worker.leave(names, 1.0)
        self.working.difference_update(names)

    def _hear(self, names: Sequence[str]) -> None:
        self._hearing = asyncio.create_task(take_new(self.worker, names))


Make = Callable[..., Process]


@pytest.fixture
async def process(place: Place) -> AsyncIterator[Make]:
    """Makes processes, and ends them."""
    made: list[Process] = []

    def make(*accounts: str) -> Process:
        store, channel = place.store(), PaperChannel()
        shares = FairShares(place.url, accounts or ("telegram",))
        home = Home(store, Settings(), TestLinks(), CodeKey(b"pepper", PLAYED_WORK))
        channels = dict.fromkeys(accounts or ("telegram",), channel)
        worker = Worker(store, StillClock(), Dialogue(home, Router([FEATURE]), {}), channels, shares=shares)
        made.append(Process(shares, store, worker, channel))
        return made[-1]

    yield make
    for one in made:
        await one.shares.end()
        await one.worker.abandon()
        await one.store.close()


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not met():
            await asyncio.sleep(0.02)


async def test_one_process_works_for_an_account_and_the_next_takes_over(process: Make) -> None:
    first, second = process(), process()
    await first.start()
    await second.start()
    await until(lambda: first.working == {"telegram"})
    await asyncio.sleep(0.3)
    assert not second.working
    assert not second.shares.holds("telegram")
    await first.die()
    await until(lambda: second.working == {"telegram"})
    assert second.shares.holds("telegram")


async def test_accounts_are_spread_fairly_and_follow_who_comes_and_goes(process: Make) -> None:
    names = tuple(f"bot-{n}" for n in range(6))
    first, second, third = (process(*names) for _ in range(3))
    await first.start()
    await until(lambda: len(first.working) == 6)
    await second.start()
    await until(lambda: len(first.working) == len(second.working) == 3)
    await third.start()
    await until(lambda: [len(one.working) for one in (first, second, third)] == [2, 2, 2])
    assert first.working | second.working | third.working == set(names)
    await second.die()
    await until(lambda: len(first.working) == len(third.working) == 3)
    assert first.working | third.working == set(names)


async def test_after_a_break_whoever_held_an_account_goes_on(process: Make, place: Place) -> None:
    first, second = process(), process()
    await first.start()
    await second.start()
    await until(lambda: first.working == {"telegram"})
    with postgres().connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND datname IS NOT NULL"
        )
    await until(lambda: not first.shares.holds("telegram"))
    await until(lambda: first.shares.holds("telegram"))
    assert (first.begun, second.begun) == (["telegram"], [])


async def test_who_hangs_stops_before_another_begins(process: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 0.0)
    hanging = process()
    await hanging.start()
    assert not hanging.shares.holds("telegram")
    assert module.LEASE_SECONDS < 8


async def test_what_another_process_took_in_is_handled_in_order(process: Make) -> None:
    first, second = process(), process()
    await first.start()
    await second.start()
    await until(lambda: first.working == {"telegram"})
    for number in range(1, 9):
        door = second if number % 2 else first
        await door.worker.take_in("telegram", [arrival(number, "5", f"tin {number}")])
    await until(lambda: len(first.channel.sent) == 8)
    assert [text for _, text in first.channel.sent] == [f"đã ghi tin {n}" for n in range(1, 9)]
    assert not second.channel.sent


async def test_what_a_dead_process_left_is_done_by_the_next(process: Make) -> None:
    first, second = process(), process()
    await first.start()
    await until(lambda: first.working == {"telegram"})
    await first.die()
    await first.worker.leave(["telegram"], 0.0)
    await first.worker.take_in("telegram", [arrival(1, "5", "a")])
    await second.start()
    await until(lambda: second.channel.sent == [("5", "đã ghi a")])


async def test_who_lost_an_account_takes_nothing_of_it_and_goes_on_with_nothing(process: Make) -> None:
    lost, now_it = process(), process()
    await lost.start()
    await until(lambda: lost.working == {"telegram"})
    await lost.die()
    lost.shares._locked, lost.shares.breaks = set(), 1
    stored = await lost.store.write(inbox.store_arrivals, "telegram", [arrival(1, "5", "a")], NOW)
    lost.worker._line_up(stored)  # as if taken just before
    await now_it.start()
    await until(lambda: now_it.channel.sent == [("5", "đã ghi a")])
    await now_it.store.write(inbox.store_arrivals, "telegram", [arrival(2, "5", "b")], NOW)
    await lost.worker.take_new(["telegram"])
    await lost.worker.take_forgotten()
    await now_it.worker.take_forgotten()
    await until(lambda: len(now_it.channel.sent) == 2)
    lost.shares._locked, lost.shares._good_until = {"telegram"}, float("inf")  # has it again
    await until(lambda: not lost.worker.backlog)
    assert not lost.channel.sent, "another process has handled it meanwhile"


async def test_an_answer_whose_commit_seemed_lost_is_sent_as_it_was_stored(process: Make) -> None:
    one = process()
    await one.start()
    await until(lambda: one.working == {"telegram"})
    await one.store.write(inbox.store_arrivals, "telegram", [arrival(1, "5", "a")], NOW)
    [row] = await one.store.write(inbox.take_new, ["telegram"], one.shares.owner)
    one.worker._answering._doubtful.add(row.id)
    stored = _ENCODE([Say(as_text("đã nói rồi"))]).decode()
    await one.store.write(inbox.keep_answers, {row.id: stored})
    one.worker._line_up([row])
    await until(lambda: one.channel.sent == [("5", "đã nói rồi")])


async def test_what_comes_back_is_put_in_its_place(process: Make) -> None:
    one = process()
    rows = await one.store.write(
        inbox.store_arrivals, "telegram", [arrival(n, "5", f"tin {n}") for n in range(1, 6)], NOW
    )
    one.worker._working.add("telegram")
    one.worker._line_up([rows[0], rows[1], rows[4]])
    one.worker._line_up([rows[1], rows[2], rows[3]])
    assert list(one.worker._lanes["telegram", "5"]) == rows


async def test_a_lane_that_another_process_has_touched_is_let_go_whole(process: Make) -> None:
    first, owner = process(), "1"
    await first.start()
    await until(lambda: first.working == {"telegram"})
    await first.store.write(
        inbox.store_arrivals, "telegram", [arrival(n, "5", f"tin {n}") for n in range(1, 4)], NOW
    )
    rows = await first.store.write(inbox.take_new, ["telegram"], first.shares.owner)
    await first.store.write(
        lambda s: s.execute(update(inbox.InboxRow).where(_is(rows[0])).values(owner=owner)) and None
    )
    first.worker._line_up(rows)
    await until(lambda: not first.worker.backlog)
    assert not first.channel.sent
    await first.worker.take_forgotten()
    await until(lambda: len(first.channel.sent) == 3)
    assert [text for _, text in first.channel.sent] == [f"đã ghi tin {n}" for n in range(1, 4)]


async def test_an_answer_counts_only_from_the_process_that_has_the_update(process: Make) -> None:
    store = process().store
    await store.write(inbox.store_arrivals, "telegram", [arrival(1, "5", "a")], NOW)
    stored = await store.write(inbox.take_new, ["telegram"], "1")
    await store.write(inbox.take_over, ["telegram"], "2")
    assert await store.write(inbox.keep_answers, {stored[0].id: "[]"}, "1") == set()
    assert await store.write(inbox.keep_answers, {stored[0].id: "[]"}, "2") == {stored[0].id}


async def test_only_claims_of_the_dead_are_released(process: Make) -> None:
    living, dead = process(), process()
    await living.start()
    await dead.start()
    for number, owner in enumerate((living.shares.owner, dead.shares.owner)):
        await living.store.write(queue, number)
        await living.store.write(due.claim, Due("telegram", NOW), 1, owner)
    assert await living.store.write(due.release_orphans, ["telegram"], NOW) == (0, 0)
    await dead.die()
    async with asyncio.timeout(PATIENCE):
        while await living.store.write(due.release_orphans, ["telegram"], NOW) == (0, 0):
            await asyncio.sleep(0.02)
    assert await living.store.read(claims_of) == {living.shares.owner}


async def test_a_careful_message_of_a_dead_process_is_unknown(process: Make) -> None:
    living = process()
    await living.start()
    await living.store.write(queue, 1)
    await living.store.write(lambda session: session.execute(update(OutboxRow).values(careful=True)) and None)
    await living.store.write(due.claim, Due("telegram", NOW), 1, "1")
    assert await living.store.write(due.release_orphans, ["telegram"], NOW) == (0, 1)


async def test_two_that_claim_at_once_get_different_messages(place: Place) -> None:
    engine = place.engine(writing=True)
    with Session(engine) as session, session.begin():
        for number in range(4):
            queue(session, number)
    engine.dispose()
    one, other = place.engine(writing=True), place.engine(writing=True)
    with Session(one) as first, Session(other) as second:
        claimed = [due.claim(session, Due("telegram", NOW), 2) for session in (first, second)]
        assert not {letter.id for letter in claimed[0]} & {letter.id for letter in claimed[1]}
        assert [len(letters) for letters in claimed] == [2, 2]
    one.dispose()
    other.dispose()


async def test_a_chore_of_the_clock_is_done_by_one_process_at_a_time(process: Make, place: Place) -> None:
    store, other = process().store, place.engine(writing=True)
    first = InTurn(store, "calendars")
    with Session(other) as session:
        take_turn(session, "calendars")
        with pytest.raises(NotOurTurn):
            await first.write(remember, "planned", "twice")
        await InTurn(store, "figures").write(remember, "counted", "meanwhile")
        slipped_in = asyncio.create_task(first.write(remember, "planned", "once"))
        await asyncio.sleep(0.02)
        session.rollback()
    other.dispose()
    await slipped_in
    assert await first.read(fact, "planned") == "once"
    assert await first.read(fact, "counted") == "meanwhile"


def _is(row: inbox.Waiting) -> ColumnElement[bool]:
    return inbox.InboxRow.id == row.id


def queue(session: Session, number: int) -> None:
    outbox.enqueue(
        session,
        key=f"k{number}",
        channel="telegram",
        chat="1",
        member_id=None,
        notice="news",
        args={},
        priority=Priority.BULK,
        now=NOW,
    )


def claims_of(session: Session) -> set[str | None]:
    return set(session.scalars(select(OutboxRow.owner).where(OutboxRow.state == OutboxState.CLAIMED)))
