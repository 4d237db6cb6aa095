"""What every waking asks, and the planning of some branches, is found in an index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import time
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from bot.chores import chores_of
from bot.settings import Settings
from db import due
from meetings.planning import set_rule
from scheduler.reminders import AT_ONCE, due_meetings, remind_of
from tests.support.branch_world import NOW, TIMES, World, branch_world, local

MEETS = time(19, 30)
D7 = local("2026-11-26 08:00")
WAKING = [chore for chore in chores_of(Settings()) if chore.next_due is not None]


@pytest.fixture
def world() -> Iterator[World]:
    with branch_world() as made:
        for branch_id in (made.branch_id, *(made.other_branch() for _ in range(AT_ONCE - 1))):
            set_rule(made.session, None, branch_id, 3, MEETS, "Nhà văn hóa", NOW, TIMES)
            made.member("An", branch_id=branch_id)
        yield made


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


@pytest.mark.parametrize("chore", WAKING, ids=lambda chore: chore.name)
def test_a_waking_looks_through_no_table(world: World, chore: Any) -> None:
    with plans_of(world.session) as plans:
        chore.next_due(world.session)
    assert plans
    assert looks_at_all(plans) == []


def test_what_is_waiting_to_be_sent_is_not_looked_through(world: World) -> None:
    with plans_of(world.session) as plans:
        due.next_due(world.session, ["telegram"])
    assert looks_at_all(plans) == []
    assert any("state=? AND channel=? AND priority=?" in step for step in plans)


def test_planning_some_branches_does_not_look_at_what_others_wait_for(world: World) -> None:
    meetings = [meeting for branch in due_meetings(world.session, D7) for meeting in branch]
    with plans_of(world.session) as plans:
        assert len(remind_of(world.session, meetings, D7, TIMES)) == AT_ONCE
    assert looks_at_all(plans) == []
    by_state = [step for step in plans if "ix_reminder_state_due_at" in step]
    assert by_state == []
