"""Every conversation script runs tapped and typed, and once on a PostgreSQL server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.databases import Database
from tests.support.talk import MANNERS, Manner, Talk, talk_in

RUNS: list[tuple[Manner, Database]] = [*((manner, "sqlite") for manner in MANNERS), (MANNERS[0], "postgres")]


@pytest.fixture(params=RUNS, ids="-".join)
async def talk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Talk]:
    """A fresh installation; the script runs in each manner on SQLite, and in one on PostgreSQL."""
    manner, database = request.param
    async with talk_in(tmp_path, manner, database=database) as started:
        yield started
