"""Inserting that is harmless when repeated, on either database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from db.base import Base

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert

T = TypeVar("T", bound=Base)
Statement = Any


def insert(session: Session, table: type[Base] | Table) -> Insert:
    """An INSERT of the session's database, which knows `on_conflict_do_nothing` and `…_do_update`."""
    return insert_into(session.get_bind().dialect.name, table)


def insert_into(database: str, table: type[Base] | Table) -> Insert:
    """Only the database that is used is loaded."""
    made: Insert = import_module(f"sqlalchemy.dialects.{database}").insert(table)
    return made


def insert_once(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert a row unless a unique key is taken already; True when it was inserted now."""
    session.flush()
    first_key = next(iter(table.__table__.primary_key))
    statement = insert(session, cast(Table, table.__table__)).on_conflict_do_nothing().returning(first_key)
    return session.connection().execute(statement, values).first() is not None


def insert_all_once(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those of these rows whose unique keys are not taken yet; all rows have the same columns."""
    if rows:
        session.flush()
        statement = insert(session, cast(Table, table.__table__)).on_conflict_do_nothing()
        session.connection().execute(statement, [dict(row) for row in rows])


def insert_new(session: Session, table: type[T], rows: Sequence[Mapping[str, Any]]) -> list[T]:
    """See `insert_all_once`; those that were inserted now."""
    if not rows:
        return []
    session.flush()
    statement = insert(session, table).on_conflict_do_nothing().returning(table)
    alike = {"render_nulls": True}  # else rows with other nulls go in other statements
    return list(session.scalars(statement, [dict(row) for row in rows], execution_options=alike))
