"""The store on PostgreSQL when things go wrong: conflicts, a server that goes, a COMMIT nobody heard of."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bench.postgres import PostgresServer, server
from db import migrate, postgres
from db.errors import StoreBusy, StoreError, StoreFull
from db.installation import InstallationRow, fact, remember
from db.places import Place, place_of
from db.postgres import PostgresStore
from tests.support.databases import fresh
from tests.support.databases import postgres as shared_server


@pytest.fixture
def place(tmp_path: Any) -> Iterator[Place]:
    with fresh("postgres", tmp_path) as made:
        yield made


@pytest.fixture
async def store(place: Place) -> AsyncIterator[PostgresStore]:
    opened = PostgresStore(place.url)
    yield opened
    await opened.close()


@pytest.fixture
async def other(place: Place) -> AsyncIterator[PostgresStore]:
    """Another process."""
    opened = PostgresStore(place.url)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PAUSES", (0.01,) * 5)


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(InstallationRow)) or 0


def drop_connections(place: Place) -> None:
    """The server ends every session of this database."""
    with shared_server().connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name = 'mungba'",
            (place_name(place),),
        )


def place_name(place: Place) -> str:
    return place.url.removeprefix("postgresql+psycopg://postgres@/").partition("?")[0]


async def test_a_confirmed_write_is_on_the_disk_whatever_the_server_s_default(place: Place) -> None:
    shared_server().execute(f"ALTER DATABASE {place_name(place)} SET synchronous_commit = off")
    store = PostgresStore(place.url)
    try:
        assert await store.write(lambda session: session.scalar(text("SHOW synchronous_commit"))) == "on"
    finally:
        await store.close()
        shared_server().execute(f"ALTER DATABASE {place_name(place)} RESET synchronous_commit")


async def test_a_reader_sees_one_snapshot_and_writes_nothing(store: PostgresStore) -> None:
    with pytest.raises(StoreFull):
        await store.read(remember, "a", "1")
    level = await store.read(lambda session: session.scalar(text("SHOW transaction_isolation")))
    assert level == "repeatable read"


async def test_a_lost_connection_costs_nothing(store: PostgresStore, place: Place) -> None:
    await store.write(remember, "a", "1")
    await store.read(count)
    drop_connections(place)
    await asyncio.gather(*(store.write(remember, f"n{i}", str(i)) for i in range(50)))
    drop_connections(place)
    assert await store.read(count) == 51


async def test_a_key_taken_meanwhile_is_seen_by_the_repeat(
    store: PostgresStore, other: PostgresStore
) -> None:
    """Both look, neither finds it, both insert: the second runs again and finds the first one's row."""
    looked, taken = threading.Event(), threading.Event()
    runs = []

    def first_come(session: Session) -> str:
        runs.append(1)
        known = fact(session, "prize")
        if known is None:
            looked.set()
            assert taken.wait(60)
            session.add(InstallationRow(name="prize", value="mine"))
        return known or "mine"

    mine = asyncio.create_task(store.write(first_come))
    await asyncio.to_thread(looked.wait, 60)
    await other.write(remember, "prize", "theirs")
    taken.set()
    assert (await mine, len(runs)) == ("theirs", 2)


async def test_a_deadlock_is_nobody_s_loss(store: PostgresStore, other: PostgresStore) -> None:
    await store.write(remember, "a", "0")
    await store.write(remember, "b", "0")
    both = threading.Barrier(2)

    def change(session: Session, one: str, two: str) -> None:
        session.execute(text("UPDATE installation SET value = value || 'x' WHERE name = :n"), {"n": one})
        if not both.broken:
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(10)
            both.abort()
        session.execute(text("UPDATE installation SET value = value || 'x' WHERE name = :n"), {"n": two})

    await asyncio.gather(store.write(change, "a", "b"), other.write(change, "b", "a"))
    assert [await store.read(fact, name) for name in "ab"] == ["0xx", "0xx"]


async def test_a_text_with_a_zero_in_it_is_kept_and_found_by_nobody(store: PostgresStore) -> None:
    await store.write(remember, "zero", "a\0b")
    assert await store.read(fact, "zero") == "a\ufffdb"
    assert await store.read(fact, "zero\0") is None


async def test_what_cannot_be_stored_is_said_and_the_others_are_saved(store: PostgresStore) -> None:
    good, bad = await asyncio.gather(
        store.write(remember, "good", "1"), store.write(remember, "b" * 200, "2"), return_exceptions=True
    )
    assert good is None
    assert type(bad) is StoreError
    assert await store.read(count) == 1


@pytest.mark.parametrize("saved", [True, False])
async def test_a_lost_commit_is_asked_after_and_done_once(
    store: PostgresStore, place: Place, monkeypatch: pytest.MonkeyPatch, saved: bool
) -> None:
    """The connection goes while COMMIT is under way: before the server has it, or after it has done it."""
    await store.write(remember, "before", "1")
    runs = []

    def once(session: Session) -> None:
        runs.append(1)
        session.add(InstallationRow(name=f"run {len(runs)}", value="1"))

    engine: Any = store._write_engine
    commit = engine.dialect.do_commit

    def lose(connection: Any) -> None:
        monkeypatch.setattr(engine.dialect, "do_commit", commit)
        if saved:
            commit(connection)
        connection.driver_connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(engine.dialect, "do_commit", lose)
    await store.write(once)
    assert await store.read(count) == 2
    assert len(runs) == (1 if saved else 2)


@pytest.fixture(scope="module")
def own() -> Iterator[PostgresServer]:
    """A server that may be crashed, with a database "m"."""
    with server(durable=False) as made:
        made.execute("CREATE DATABASE m")
        migrate.make_ready(place_of(made.url("m")))
        yield made


async def test_a_server_that_stays_away_is_busy_and_back_when_it_is_back(
    own: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = PostgresStore(own.url("m"))
    try:
        await store.write(remember, "a", "1")
        before = await store.read(count)
        await _away(store, own)
        monkeypatch.setattr(postgres, "PAUSES", (0.2,) * 100)
        back = asyncio.create_task(store.write(remember, "b", "2"))
        await asyncio.to_thread(own.start)
        await back
        assert await store.read(count) == before + 1
    finally:
        await store.close()


def number_of(connection: psycopg.Connection[Any]) -> int:
    """The present transaction's."""
    row = connection.execute("SELECT pg_current_xact_id()::text").fetchone()
    assert row is not None
    return int(row[0])


async def test_a_transaction_lost_in_a_crash_is_not_taken_for_the_one_that_got_its_number(
    own: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = PostgresStore(own.url("m"))
    engine: Any = store._write_engine
    commit = engine.dialect.do_commit
    numbers: list[int] = []

    def crash(connection: Any) -> None:
        monkeypatch.setattr(engine.dialect, "do_commit", commit)
        numbers.append(number_of(connection.driver_connection))
        own.crash()
        own.start()
        with own.connect("m") as another:
            while number_of(another) < numbers[0]:
                pass
            status = another.execute("SELECT pg_xact_status(%s::text::xid8)", numbers).fetchone()
            assert status == ("committed",), "the server does give the number again"
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    try:
        await store.write(remember, "before", "1")
        monkeypatch.setattr(engine.dialect, "do_commit", crash)
        await store.write(remember, "lost?", "no")
        assert await store.read(fact, "lost?") == "no"
    finally:
        await store.close()


async def _away(store: PostgresStore, own: PostgresServer) -> None:
    await asyncio.to_thread(own.crash)
    for act in (store.write(remember, "x", "1"), store.read(count)):
        with pytest.raises(StoreBusy):
            await act


def test_a_driver_without_a_server_is_lost_not_damaged() -> None:
    from db.postgres_errors import as_store_error, is_lost

    error = OperationalError("SELECT 1", {}, psycopg.OperationalError("connection refused"))
    assert is_lost(error)
    assert isinstance(as_store_error(error), StoreBusy)
