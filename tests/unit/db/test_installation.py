"""What one of several processes may do alone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.installation import claim, let_go
from tests.support.databases import DATABASES, Database, fresh

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
SOON = NOW + timedelta(seconds=40)


@pytest.mark.parametrize("database", DATABASES)
async def test_one_of_two_processes_has_it_until_it_lets_go_or_its_time_is_over(
    database: Database, tmp_path: Path
) -> None:
    with fresh(database, tmp_path) as place:
        stores = {"a": place.store(), "b": place.store()}

        async def had(owner: str, now: datetime) -> bool:
            return await stores[owner].write(claim, "tokens", owner, now, now + timedelta(seconds=40))

        try:
            both = await asyncio.gather(had("a", NOW), had("b", NOW))
            assert sorted(both) == [False, True]
            first, other = ("a", "b") if both[0] else ("b", "a")
            assert await had(first, NOW), "whoever has it may ask again"
            await stores[other].write(let_go, "tokens", other)
            assert not await had(other, NOW), "nobody lets go for another"
            await stores[first].write(let_go, "tokens", first)
            assert await had(other, NOW)
            assert not await had(first, SOON - timedelta(seconds=1))
            assert await had(first, SOON)
        finally:
            for store in stores.values():
                await store.close()
