"""Where even the inbox cannot be written, people are told so, nothing is acknowledged and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot import worker as worker_module
from bot.dialogue import Dialogue, Fetch
from bot.groundwork import open_store
from bot.language import Said, Say
from bot.worker import Worker
from db import inbox
from db.errors import StoreBusy, StoreError, StoreFull, TryLater
from db.inbox import InboxState
from db.installation import fact, remember
from db.places import file_at
from db.store import Store
from locales.text import as_text
from tests.support.paper import PaperChannel, StillClock, arrival

NOTE = "Máy chủ đang bận hoặc hết chỗ"


@dataclass
class Sick:
    """A store whose use cases of some names fail."""

    well: Store
    failing: dict[str, StoreError] = field(default_factory=dict)

    async def write(self, use_case: Any, *args: Any, **kwargs: Any) -> Any:
        if use_case.__name__ in self.failing:
            raise self.failing[use_case.__name__]
        return await self.well.write(use_case, *args, **kwargs)

    async def write_each(self, use_case: Any, item: Any) -> Any:
        if use_case.__name__ in self.failing:
            raise self.failing[use_case.__name__]
        return await self.well.write_each(use_case, item)

    def write_along(self, use_case: Any, item: Any) -> Any:
        return self.well.write_along(use_case, item)

    async def read_each(self, query: Any, item: Any) -> Any:
        return await self.well.read_each(query, item)

    async def read(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        return await self.well.read(query, *args, **kwargs)

    async def close(self) -> None:
        await self.well.close()


class Noting(Dialogue):
    """Stores what it heard, with a key."""

    def __init__(self, store: Sick) -> None:
        self.store = store
        self.calls = 0

    async def answer(self, said: Said, fetch: Fetch | None = None) -> list[Say]:
        self.calls += 1
        await self.store.write(remember, said.key, said.text)
        return [Say(as_text(f"đã ghi {said.text}"))]


@dataclass
class Scene:
    store: Sick
    channel: PaperChannel
    dialogue: Noting
    worker: Worker

    async def states(self) -> list[InboxState]:
        def look(session: Session) -> list[InboxState]:
            return [row.state for row in session.query(inbox.InboxRow).order_by(inbox.InboxRow.id)]

        return await self.store.well.read(look)

    async def well_after(self, name: str, error: StoreError, number: int) -> None:
        """An update while one kind of write fails; then that works again."""
        self.store.failing[name] = error
        await self.worker.take_in("telegram", [arrival(number, "9", "một")])
        await asyncio.sleep(0.05)
        self.store.failing.clear()
        await self.worker.finish()


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(worker_module, "LONGEST_STORE_WAIT", 0.01)
    store = Sick(await asyncio.to_thread(open_store, file_at(tmp_path / "m.db")))
    channel, dialogue = PaperChannel(), Noting(store)
    yield Scene(store, channel, dialogue, Worker(store, StillClock(), dialogue, {"telegram": channel}))
    await store.close()


@pytest.mark.parametrize("error", [StoreFull("full"), StoreBusy("locked")])
async def test_not_stored_is_not_acknowledged_and_told_once(scene: Scene, error: StoreError) -> None:
    scene.store.failing["_store_all"] = error
    for _ in range(3):
        with pytest.raises(StoreError):
            await scene.worker.take_in("telegram", [arrival(1, "9", "một"), arrival(2, "8", "hai")])
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    assert sorted(chat for chat, _ in scene.channel.sent) == ["8", "9"]
    assert all(text.startswith(NOTE) for _, text in scene.channel.sent)
    scene.store.failing.clear()
    scene.channel.sent.clear()
    await scene.worker.take_in("telegram", [arrival(1, "9", "một"), arrival(2, "8", "hai")])
    await scene.worker.finish()
    assert sorted(scene.channel.sent) == [("8", "đã ghi hai"), ("9", "đã ghi một")]


async def test_a_sick_platform_does_not_matter_then(scene: Scene) -> None:
    scene.store.failing["_store_all"] = StoreFull("full")
    scene.channel.troubles.append(TryLater("ill", maybe_delivered=False))
    with pytest.raises(StoreFull):
        await scene.worker.take_in("telegram", [arrival(1, "9", "một")])
    await asyncio.sleep(0.01)
    assert scene.channel.sent == []


async def test_what_cannot_be_read_tells_nobody(scene: Scene) -> None:
    scene.store.failing["_store_all"] = StoreFull("full")
    with pytest.raises(StoreFull):
        await scene.worker.take_in("telegram", [inbox.Arrival("1", "9", "{")])
    await asyncio.sleep(0.01)
    assert scene.channel.sent == []


async def test_an_answer_that_cannot_be_stored_is_made_again(scene: Scene) -> None:
    await scene.well_after("_keep_all", StoreFull("full"), 1)
    note, answer = (text for _, text in scene.channel.sent)
    assert note.startswith(NOTE)
    assert answer == "đã ghi một"
    assert scene.dialogue.calls > 1
    assert await scene.store.well.read(fact, "telegram:1") == "một"
    assert await scene.states() == [InboxState.DONE]


async def test_an_answer_that_went_out_is_not_said_again(scene: Scene) -> None:
    await scene.well_after("_mark_done", StoreFull("full"), 1)
    assert [text for _, text in scene.channel.sent] == ["đã ghi một"]
    assert scene.dialogue.calls == 1
    assert await scene.states() == [InboxState.DONE]


async def test_the_next_update_of_the_chat_waits_its_turn(scene: Scene) -> None:
    scene.store.failing["_keep_all"] = StoreFull("full")
    await scene.worker.take_in("telegram", [arrival(1, "9", "một"), arrival(2, "9", "hai")])
    await asyncio.sleep(0.05)
    scene.store.failing.clear()
    await scene.worker.finish()
    assert [text for _, text in scene.channel.sent][1:] == ["đã ghi một", "đã ghi hai"]
