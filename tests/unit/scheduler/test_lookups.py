"""What every waking asks, and the planning of some branches, is found in an index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any

import pytest

from bot.chores import chores_of
from bot.settings import Settings
from db import due
from meetings.planning import set_rule
from scheduler.reminders import AT_ONCE, due_meetings, remind_of
from tests.support.branch_world import NOW, TIMES, World, branch_world, local
from tests.support.plans import looks_at_all, plans_of

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
