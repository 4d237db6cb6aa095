"""The preparation of a branch's next meeting at a glance."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import NotAllowed
from meetings.excuses import CLOSED
from meetings.tables import ExcuseState, Meeting, MeetingState, Rsvp
from meetings.turnout import Turnout, turnout
from meetings.upcoming import AHEAD, MeetingSeen, next_meeting, seen, the_meeting, to_confirm
from members.identity import Who
from members.permissions import Right, branches_covered, require
from members.tables import Unit


class Branch(Struct, frozen=True):
    """A branch somebody prepares meetings for."""

    id: int
    name: str


class Overview(Struct, frozen=True):
    """`excuses` waiting for a decision: 0 for those who do not decide."""

    branch: Branch
    turnout: Turnout | None
    to_confirm: int
    excuses: int
    may_plan: bool


def my_branches(session: Session, who: Who, right: Right = Right.SEE_ANSWERS) -> list[Branch]:
    """Branches over which the person holds the right, own first; NotAllowed without any."""
    found = branches_covered(session, who, right)
    if not found:
        raise NotAllowed
    names = {unit.id: unit.name for unit in session.scalars(select(Unit).where(Unit.id.in_(found)))}
    return [Branch(branch, names[branch]) for branch in found]


def overview(session: Session, who: Who, branch_id: int, now: datetime, zone: ZoneInfo) -> Overview:
    """The next meeting's answers and what waits for a decision."""
    require(session, who, Right.SEE_ANSWERS, branch_id)
    coming = next_meeting(session, branch_id, now)
    may_plan = branch_id in branches_covered(session, who, Right.PLAN_MEETINGS)
    decides = branch_id in branches_covered(session, who, Right.DECIDE_EXCUSE)
    return Overview(
        Branch(branch_id, session.get_one(Unit, branch_id).name),
        turnout(session, who, coming.id, zone) if coming else None,
        len(to_confirm(session, branch_id, now)),
        _excuses(session, who, branch_id) if decides else 0,
        may_plan,
    )


def dates_to_confirm(session: Session, who: Who, branch_id: int, now: datetime) -> list[MeetingSeen]:
    """Dates that wait for this person's decision, nearest first."""
    require(session, who, Right.PLAN_MEETINGS, branch_id)
    return to_confirm(session, branch_id, now)


def planned(session: Session, who: Who, branch_id: int, now: datetime, limit: int) -> list[MeetingSeen]:
    """The next meetings of the branch, for those who plan them."""
    require(session, who, Right.PLAN_MEETINGS, branch_id)
    query = select(Meeting).where(Meeting.branch_id == branch_id, Meeting.starts_at > now)
    states = (*AHEAD, MeetingState.CANCELLED)
    query = query.where(Meeting.state.in_(states)).order_by(Meeting.starts_at).limit(limit)
    return [seen(row) for row in session.scalars(query)]


def to_plan(session: Session, who: Who, meeting_id: int) -> MeetingSeen:
    """One meeting, for those who plan it."""
    meeting = the_meeting(session, meeting_id)
    require(session, who, Right.PLAN_MEETINGS, meeting.branch_id)
    return seen(meeting)


def _excuses(session: Session, who: Who, branch_id: int) -> int:
    query = select(func.count(Rsvp.id)).join(Meeting, Rsvp.meeting_id == Meeting.id)
    query = query.where(Rsvp.excuse == ExcuseState.ASKED, Rsvp.member_id != who.member_id)
    query = query.where(Meeting.branch_id == branch_id, Meeting.state.not_in(CLOSED))
    return session.scalar(query) or 0
