"""An opinion gets its number, its phase, and is recorded once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import BadInput
from db.outbox import OutboxRow
from meetings.calendar import VIET_NAM
from meetings.tables import MeetingState
from members.tables import PostKind
from opinions.counts import count_of
from opinions.forgetting import forget_author
from opinions.reading import own
from opinions.tables import Opinion, Phase, Visibility
from opinions.writing import write
from tests.unit.opinions.conftest import MEETING, NOW, Town


def test_numbers_count_within_the_branch(town: Town) -> None:
    an, binh = town.member("An"), town.member("Bình", branch="Chi bộ 2")
    assert [town.says(an).number, town.says(binh).number, town.says(an).number] == [1, 1, 2]


def test_the_same_update_adds_nothing(session: Session, town: Town) -> None:
    an = town.member("An")
    town.member("Chi", PostKind.SECRETARY)
    first = write(session, an, "Đèn hỏng", Visibility.BRANCH, NOW, VIET_NAM, key="telegram:1")
    again = write(session, an, "Đèn hỏng", Visibility.BRANCH, NOW, VIET_NAM, key="telegram:1")
    assert again == first
    assert session.scalar(select(func.count()).select_from(Opinion)) == 1
    assert session.scalar(select(func.count()).select_from(OutboxRow)) == 1


def test_phase_by_the_nearest_meeting(town: Town) -> None:
    an = town.member("An")
    assert town.says(an).phase is Phase.ANY
    town.meeting()
    assert town.says(an, now=MEETING - timedelta(days=2)).phase is Phase.BEFORE
    assert town.says(an, now=MEETING).phase is Phase.AFTER
    town.meeting(starts_at=MEETING + timedelta(days=31))
    assert town.says(an, now=MEETING + timedelta(days=10)).phase is Phase.AFTER
    assert town.says(an, now=MEETING + timedelta(days=20)).phase is Phase.BEFORE


@pytest.mark.parametrize("state", [MeetingState.CANCELLED, MeetingState.TO_CONFIRM])
def test_a_meeting_that_is_not_on_gives_no_phase(town: Town, state: MeetingState) -> None:
    town.meeting(state=state)
    assert town.says(town.member("An")).phase is Phase.ANY


def test_a_meeting_far_away_gives_no_phase(town: Town) -> None:
    town.meeting(starts_at=NOW + timedelta(days=40))
    assert town.says(town.member("An")).phase is Phase.ANY


def test_nothing_is_recorded_of_an_empty_one(session: Session, town: Town) -> None:
    with pytest.raises(BadInput):
        town.says(town.member("An"), " \u200b ")
    assert session.scalar(select(func.count()).select_from(Opinion)) == 0


def test_the_chair_hears_at_once_and_then_the_next_morning(session: Session, town: Town) -> None:
    an = town.member("An")
    chair = town.member("Chi", PostKind.SECRETARY)
    town.member("Dũng", PostKind.SECRETARY, at=town.committee)
    for _ in range(4):
        town.says(an)
    told = session.execute(select(OutboxRow.member_id, OutboxRow.due_at).order_by(OutboxRow.due_at)).all()
    assert [row.member_id for row in told] == [chair.member_id, chair.member_id]
    assert told[0].due_at == NOW
    assert told[1].due_at.astimezone(VIET_NAM).isoformat() == "2026-12-01T08:00:00+07:00"


def test_the_chair_is_not_told_of_the_own_opinion(session: Session, town: Town) -> None:
    town.says(town.member("Chi", PostKind.SECRETARY))
    assert session.scalar(select(func.count()).select_from(OutboxRow)) == 0


def test_own_count_is_of_the_local_year(session: Session, town: Town) -> None:
    an = town.member("An")
    last_minute = NOW.replace(month=12, day=31, hour=16, minute=59)
    town.says(an, now=last_minute)
    town.says(an, now=last_minute + timedelta(minutes=1))
    assert count_of(session, an.member_id, 2026, VIET_NAM) == 1
    assert count_of(session, an.member_id, 2027, VIET_NAM) == 1


def test_leaving_takes_the_name_away(session: Session, town: Town) -> None:
    an = town.member("An")
    town.says(an)
    forget_author(session, an.member_id)
    assert own(session, an, 0) is None
    assert session.scalar(select(func.count()).select_from(Opinion)) == 1
