"""Insert that is harmless when repeated."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from db.base import Base


def insert_once(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert a row unless a unique key is taken already; True when it was inserted now."""
    first_key = next(iter(table.__table__.primary_key))
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(first_key)
    return session.execute(statement).first() is not None
