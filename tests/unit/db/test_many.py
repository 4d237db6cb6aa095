"""Many rows in one statement are stored as they are, on either database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from db import conversation, inbox
from db.conversation import Conversation, Offer, Step
from db.inbox import Arrival, Delivery, InboxRow, InboxState
from tests.support.databases import DATABASES, Database, fresh_session

NOW = datetime(2026, 12, 3, 0, 30, 15, 123456, UTC)
RAW = ['{"text":"Đồng chí \\"Sáu\\" \\\\u0000 \\\\"}', "một\nhai\t\x01", "", "nul \0 nul"]


@pytest.mark.parametrize("database", DATABASES)
def test_whatever_people_write_is_kept_letter_by_letter(database: Database) -> None:
    """PostgreSQL alone keeps no NUL."""
    with fresh_session(database) as session:
        arrivals = [Arrival(str(number), "5", raw) for number, raw in enumerate(RAW)]
        [stored, again] = inbox.store_all(
            session, [Delivery("telegram", arrivals, NOW, "7"), Delivery("telegram", arrivals[:1], NOW)]
        )
        assert [row.raw for row in stored] == RAW
        assert again == []
        kept = {row.id: f"[{row.raw}]" for row in stored}
        assert inbox.keep_answers(session, kept, "") == set(kept)
        inbox.finish_all(session, [(stored[0].id, NOW + timedelta(microseconds=1))])
        shown = "nul \ufffd nul" if database == "postgres" else RAW[-1]
        rows = session.scalars(select(InboxRow).order_by(InboxRow.id)).all()
        assert [row.raw for row in rows] == [*RAW[:3], shown]
        assert [row.answer for row in rows] == [None, *(f"[{raw}]" for raw in (*RAW[1:3], shown))]
        assert [row.state for row in rows] == [InboxState.DONE, *[InboxState.ANSWERED] * 3]
        assert {(row.received_at, row.owner) for row in rows} == {(NOW, "7")}
        assert rows[0].finished_at == NOW + timedelta(microseconds=1)


@pytest.mark.parametrize("database", DATABASES)
def test_the_last_of_two_steps_of_a_chat_counts(database: Database) -> None:
    with fresh_session(database) as session:
        told = [
            Conversation("quiz.answer", {"text": name}, (Offer("A", name, "q:1"),))
            for name in ("một", '"hai"')
        ]
        conversation.keep_all(session, [Step("telegram", "5", "5", one, NOW) for one in told])
        assert conversation.load(session, "telegram", "5", "5", NOW) == told[1]
