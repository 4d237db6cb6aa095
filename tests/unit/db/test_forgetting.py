"""Finished updates are kept thirty days; what is not finished stays, however old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import forgetting, inbox
from db.inbox import Arrival, InboxRow, InboxState
from db.places import Place

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=30, seconds=1)


@pytest.fixture
def session(place: Place) -> Iterator[Session]:
    engine = place.engine(writing=True)
    with Session(engine) as session:
        yield session
    engine.dispose()


def came(session: Session, number: int, state: InboxState, at: datetime) -> None:
    inbox.store_arrivals(session, "telegram", [Arrival(str(number), "c", "{}")], at)
    session.execute(update(InboxRow).where(InboxRow.update_id == str(number)).values(state=state))


def kept(session: Session) -> list[str]:
    return list(session.scalars(select(InboxRow.update_id).order_by(InboxRow.id)))


def test_only_what_is_finished_and_old_is_forgotten(session: Session) -> None:
    states = [InboxState.NEW, InboxState.ANSWERED, InboxState.REPLAY, InboxState.DONE, InboxState.SET_ASIDE]
    for number, state in enumerate(states):
        came(session, number, state, NOW)
    came(session, 5, InboxState.DONE, NOW + timedelta(days=1))
    assert not forgetting.has_outlived(session, LATER - timedelta(seconds=1))
    assert forgetting.has_outlived(session, LATER)
    forgetting.forget_outlived(session, LATER)
    assert kept(session) == ["0", "1", "2", "5"]
    assert not forgetting.has_outlived(session, LATER)


def test_what_was_set_aside_is_seen_behind_newer_answers(session: Session) -> None:
    came(session, 1, InboxState.SET_ASIDE, NOW)
    came(session, 2, InboxState.DONE, LATER)
    assert forgetting.has_outlived(session, LATER)
    forgetting.forget_outlived(session, LATER)
    assert kept(session) == ["2"]


def test_a_long_list_is_forgotten_in_pieces(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "FORGOTTEN_AT_ONCE", 2)
    for number in range(5):
        came(session, number, InboxState.DONE, NOW)
    pieces = 0
    while forgetting.has_outlived(session, LATER):
        forgetting.forget_outlived(session, LATER)
        pieces += 1
    assert kept(session) == []
    assert pieces == 3
