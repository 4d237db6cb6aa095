"""How SQLite finds what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session


@contextmanager
def plans_of(session: Session) -> Iterator[list[str]]:
    """How SQLite finds what is asked meanwhile, told afterwards."""
    asked: list[tuple[str, Any]] = []
    found: list[str] = []
    connection = session.connection()

    def note(_c: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(connection, "before_cursor_execute", note)
    for statement, parameters in asked:
        if statement.startswith(("SELECT", "UPDATE")):
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found += [row.detail for row in rows]


def looks_at_all(plans: Sequence[str]) -> list[str]:
    """Steps that read a table from one end to the other."""
    named = [step for step in plans if "levels" not in step and "CONSTANT" not in step]
    return [step for step in named if step.startswith("SCAN") and "USING" not in step]
