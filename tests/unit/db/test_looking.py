"""A prepared SELECT finds the same, of the same kinds, on either database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from db import inbox
from db.inbox import Arrival, InboxRow, InboxState
from db.looking import Look
from tests.support.databases import DATABASES, Database, fresh_session

NOW = datetime(2026, 12, 3, 0, 30, 15, 123456, UTC)
ODD = ["1", 'dấu "nháy"', "một\nhai", "\\", "[]", "3"]
_ROW = InboxRow.__table__.c
FOUND = Look(
    lambda one_of: (
        select(_ROW.update_id, _ROW.state, _ROW.received_at.label("came"), _ROW.finished_at)
        .where(_ROW.channel == bindparam("account"), _ROW.update_id.in_(one_of("numbers")))
        .where(_ROW.received_at <= bindparam("moment"))
        .order_by(_ROW.id)
    )
)


def found(session: Session, numbers: list[str], account: str = "telegram") -> list[str]:
    rows = FOUND.rows(session, {"account": account, "numbers": numbers, "moment": NOW})
    assert all(row.state is InboxState.NEW for row in rows)
    assert all((row.came, row.finished_at) == (NOW, None) for row in rows)
    return [row.update_id for row in rows]


@pytest.mark.parametrize("database", DATABASES)
def test_rows_come_with_names_and_as_the_types_of_their_columns(database: Database) -> None:
    with fresh_session(database) as session:
        inbox.store_arrivals(session, "telegram", [Arrival(number, "5", "{}") for number in ODD], NOW)
        inbox.store_arrivals(session, "zalo", [Arrival("2", "5", "{}")], NOW)
        assert found(session, ODD[:-1]) == ODD[:-1]
        assert found(session, ["2"], account="zalo") == ["2"]
        assert found(session, []) == []
