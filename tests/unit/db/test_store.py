"""The store: one durable commit for many, a failing use case rolls back alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from db.engine import FolderLock
from db.errors import NotFound, StartRefused, StoreBusy, StoreFull
from db.installation import InstallationRow, fact, remember
from db.places import Place
from db.store import Store
from tests.support.databases import fresh


@pytest.fixture
async def store(place: Place) -> AsyncIterator[Store]:
    store = place.store()
    yield store
    await store.close()


@pytest.fixture
async def file_store(tmp_path: Path) -> AsyncIterator[Store]:
    with fresh("sqlite", tmp_path) as place:
        store = place.store()
        yield store
        await store.close()


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(InstallationRow)) or 0


def remember_then_refuse(session: Session, name: str) -> None:
    remember(session, name, "half done")
    raise NotFound("error.not_allowed")


async def test_many_writers_are_all_there(store: Store) -> None:
    await asyncio.gather(*(store.write(remember, f"n{i}", str(i)) for i in range(500)))
    assert await store.read(count) == 500


async def test_one_refusal_leaves_nothing_of_itself_and_all_of_the_others(store: Store) -> None:
    writes = [
        store.write(remember, "a", "1"),
        store.write(remember_then_refuse, "b"),
        store.write(remember, "c", "3"),
    ]
    first, refused, third = await asyncio.gather(*writes, return_exceptions=True)
    assert (first, third) == (None, None)
    assert isinstance(refused, NotFound)
    assert await store.read(fact, "b") is None
    assert await store.read(count) == 2


async def test_reading_cannot_change_anything(store: Store) -> None:
    with pytest.raises((OperationalError, StoreFull)):
        await store.read(remember, "a", "1")
    assert await store.read(count) == 0


async def test_a_locked_database_is_said_to_be_busy(
    file_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await file_store.write(remember, "a", "1")

    def hurry(session: Session) -> None:
        session.connection().exec_driver_sql("PRAGMA busy_timeout=50")

    await file_store.write(hurry)
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        await file_store.write(remember, "b", "2")
    other.execute("ROLLBACK")
    other.close()
    await file_store.write(remember, "b", "2")
    assert await file_store.read(count) == 2


async def test_a_full_disk_saves_nothing_and_says_so(file_store: Store) -> None:
    def limit(session: Session, more_pages: int) -> None:
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
        session.connection().exec_driver_sql(f"PRAGMA max_page_count={pages + more_pages}")

    await file_store.write(limit, 1)
    with pytest.raises(StoreFull):
        await file_store.write(remember, "big", "x" * 200_000)
    assert await file_store.read(count) == 0
    await file_store.write(limit, 10_000)
    await file_store.write(remember, "big", "x" * 200_000)
    assert await file_store.read(count) == 1


def test_the_second_process_on_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(StartRefused, match="already in use by process"):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()
