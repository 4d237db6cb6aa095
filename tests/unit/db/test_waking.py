"""The store tells which channel accounts have new messages, once they are committed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from db.fates import hand_on
from db.installation import remember
from db.outbox import Priority, enqueue
from db.places import Place
from db.store import BatchingStore

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)


class Heard:
    """What the store told."""

    def __init__(self) -> None:
        self.accounts: list[set[str]] = []

    def __call__(self, accounts: Collection[str]) -> None:
        self.accounts.append(set(accounts))


@pytest.fixture
async def store(place: Place) -> AsyncIterator[BatchingStore]:
    store = place.store()
    yield store
    await store.close()


@pytest.fixture
def heard(store: BatchingStore) -> Heard:
    store.mailed = heard = Heard()
    return heard


def queue(session: Session, key: str, channel: str = "telegram") -> None:
    enqueue(
        session,
        key=key,
        channel=channel,
        chat="5",
        member_id=None,
        notice="test",
        args={},
        priority=Priority.BULK,
        now=NOW,
    )


def queue_all(session: Session, keys: Sequence[str]) -> list[None]:
    for key in keys:
        queue(session, key, "zalo")
    return [None] * len(keys)


async def test_new_messages_are_told_and_nothing_else(store: BatchingStore, heard: Heard) -> None:
    await store.write(remember, "a", "1")
    assert heard.accounts == []
    await store.write(queue, "one")
    await store.write_each(queue_all, "two")
    assert heard.accounts == [{"telegram"}, {"zalo"}]
    await store.write(remember, "b", "1")
    assert heard.accounts == [{"telegram"}, {"zalo"}]


async def test_a_message_that_goes_to_another_account_is_told(store: BatchingStore, heard: Heard) -> None:
    await store.write(hand_on, 1, "zalo", "6", NOW, "blocked")
    assert heard.accounts == [{"zalo"}]
