"""The copy of one's own data: complete by the tables themselves, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

import bot.tables  # noqa: F401 (all tables)
from db.base import Base
from reports.my_copy import ABOUT, SECRETS, my_copy
from tests.support.databases import fresh_session

AT = datetime(2026, 11, 20, tzinfo=UTC)
ME, OTHER = 1, 2
MARKS = {ME: "dấu-của-tôi", OTHER: "dấu-của-người-khác"}
PLAIN = {"UtcDateTime": AT, "Date": AT.date(), "Time": AT.time(), "Boolean": False, "Double": 1.0, "Json": []}
DEEDS = {"by_member_id", "made_by", "decided_by", "opened_by", "confirmed_by", "approved_by", "actor_id"}


def tables() -> list[Table]:
    return Base.metadata.sorted_tables


def value(column: Any, person: int, number: int) -> Any:
    """Something for any column: the person's mark in every free text, their id in every key."""
    if column.name in {"lane", "chat"}:
        return f"chat{person}"
    if column.name == "channel":
        return "telegram"
    enum = getattr(column.type, "enum", None)
    if enum is not None:
        return next(iter(enum))
    if column.foreign_keys or (column.primary_key and column.name == "id"):
        return person
    text = f"{MARKS[person]} {number}"
    plain = {**PLAIN, "Integer": number, "BigInteger": number, "LargeBinary": text.encode()}
    return plain.get(type(column.type).__name__, text)


@pytest.fixture
def session() -> Any:
    """Two people, each with one row in every table, made by rule."""
    with fresh_session("sqlite") as opened:
        for person in (ME, OTHER):
            for number, table in enumerate(tables()):
                values = {column.name: value(column, person, person * 100 + number) for column in table.c}
                values |= {"left_on": None} if table.name == "member" else {}
                opened.execute(insert(table).values(**values))
        yield opened


def test_every_table_that_names_the_member_is_in_the_copy(session: Session) -> None:
    copy = my_copy(session, ME)
    naming = {
        table.name
        for table in tables()
        if any(column.name in ABOUT and _names_a_member(column) for column in table.c)
    }
    assert naming <= copy.keys()
    assert {"member", "inbox", "conversation", "answer", "opinion_step"} <= copy.keys()


def _names_a_member(column: Any) -> bool:
    return any(key.column.table.name == "member" for key in column.foreign_keys)


def test_a_column_that_names_a_member_is_about_them_or_their_deed() -> None:
    naming = {column.name for table in tables() for column in table.c if _names_a_member(column)}
    assert naming <= ABOUT | DEEDS, "decide for the new column: about the person, or a deed for others?"


def test_nothing_of_anybody_else_is_in_it(session: Session) -> None:
    said = msgspec.json.encode(my_copy(session, ME)).decode()
    assert MARKS[ME] in said
    assert MARKS[OTHER] not in said


def test_no_secret_is_in_it(session: Session) -> None:
    rows = my_copy(session, ME)
    assert not {column for lines in rows.values() for line in lines for column in line} & SECRETS


def test_somebody_without_rows_gets_an_empty_copy(session: Session) -> None:
    assert my_copy(session, 99) == {}
