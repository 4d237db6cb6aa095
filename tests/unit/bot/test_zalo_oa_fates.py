"""What cannot be delivered on an Official Account has a fate that puts the person on the call list."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Context, Home
from bot.delivery import Sender
from bot.language import Say
from bot.router import Feature, Router
from bot.settings import Settings
from db import outbox
from db.errors import DeliveryError, OutsideWindow, Unreachable
from db.outbox import OutboxRow, OutboxState, Priority
from db.places import Place
from db.store import Store
from locales.text import fill
from members.identity import meet
from members.join_codes import PLAYED_WORK, CodeKey
from members.tables import Account
from tests.support.paper import NOW, PaperChannel, StillClock
from tests.support.talk import TestLinks


async def note(_ctx: Context, _args: dict[str, Any]) -> Say:
    return Say(fill("họp lúc 19:00", {}))


@pytest.fixture
async def store(place: Place) -> AsyncIterator[Store]:
    store = place.store()
    yield store
    await store.close()


def queue(session: Session) -> None:
    meet(session, "telegram", "5", "5", "vi", NOW)
    outbox.enqueue(
        session,
        key="k",
        channel="telegram",
        chat="5",
        member_id=None,
        notice="test.note",
        args={},
        priority=Priority.REMINDER,
        now=NOW,
    )


async def fate_after(store: Store, trouble: DeliveryError) -> tuple[OutboxState, str | None, bool]:
    """State and reason of the message, and whether the account still counts as reachable."""
    channel = PaperChannel(troubles=deque([trouble]))
    router = Router([Feature("test", notices={"test.note": note})])
    await store.write(queue)
    await Sender(
        Home(store, Settings(), TestLinks(), CodeKey(b"p", PLAYED_WORK)), router, StillClock(), channel
    ).send_due()

    def look(session: Session) -> tuple[OutboxState, str | None, bool]:
        row = session.scalars(select(OutboxRow)).one()
        account = session.scalars(select(Account)).one()
        return row.state, row.reason, account.unreachable_since is None

    return await store.read(look)


async def test_silent_for_too_long_is_listed_and_the_account_stays_good(store: Store) -> None:
    fate = await fate_after(store, OutsideWindow("wrote more than 7 days ago"))
    assert fate == (OutboxState.UNREACHABLE, "wrote more than 7 days ago", True)


async def test_who_refuses_us_is_listed_and_not_written_to_again(store: Store) -> None:
    assert await fate_after(store, Unreachable("-217")) == (OutboxState.UNREACHABLE, "-217", False)
