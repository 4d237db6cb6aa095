"""A sender that is told to stop while it claims leaves no claims behind when its account is given away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from bot.context import Context, Home
from bot.delivery import Sender
from bot.language import Say
from bot.router import Feature, Router
from bot.settings import Settings
from db import outbox
from db.outbox import OutboxRow, OutboxState, Priority
from db.places import Place
from db.store import BatchingStore
from locales.text import as_text
from members.join_codes import PLAYED_WORK, CodeKey
from tests.support.paper import NOW, PaperChannel, StillClock
from tests.support.talk import TestLinks

LETTERS = 3
WAYS: dict[str, Callable[[Sender], Awaitable[None]]] = {"in peace": Sender.idle, "at once": Sender.abandon}


async def tell_it(_ctx: Context, _args: dict[str, Any]) -> Say:
    return Say(as_text("tin"))


@pytest.mark.parametrize("way", WAYS)
async def test_an_account_is_given_away_after_the_last_claim(
    place: Place, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    store = place.store()
    for number in range(LETTERS):
        await store.write(
            outbox.enqueue,
            key=f"k{number}",
            channel="telegram",
            chat=str(number),
            member_id=None,
            notice="test.note",
            args={},
            priority=Priority.REMINDER,
            now=NOW,
        )
    asked, go_on = asyncio.Event(), asyncio.Event()
    read_each = store.read_each

    async def slowly(*what: Any) -> Any:
        asked.set()
        await go_on.wait()
        return await read_each(*what)

    monkeypatch.setattr(store, "read_each", slowly)
    home = Home(store, Settings(), TestLinks(), CodeKey(b"pepper", PLAYED_WORK))
    sender = Sender(
        home, Router([Feature("test", notices={"test.note": tell_it})]), StillClock(), PaperChannel()
    )
    running = asyncio.create_task(sender.run())
    await asked.wait()
    sender.stop()
    given_away = asyncio.ensure_future(WAYS[way](sender))
    await asyncio.sleep(0.05)
    assert not given_away.done()
    go_on.set()
    await asyncio.gather(given_away, running)
    left = {OutboxState.CLAIMED} if way == "at once" else set()
    assert set(await states(store)) <= {OutboxState.SENT, *left}
    await store.close()


async def states(store: BatchingStore) -> list[OutboxState]:
    return await store.read(lambda session: list(session.scalars(select(OutboxRow.state))))
