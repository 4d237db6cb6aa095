"""Opening, closing and confirming the list of a meeting, by the people who run it."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import NotFound, Refused
from db.once import insert_once
from db.outbox import Priority
from meetings.attendance import Roll, RollLine, count_list, roll_of
from meetings.checkin import CheckinRules, key_of, meetings_at_hand, stewards
from meetings.checkin_code import LONGEST, code_at, link_token, seconds_left, window_at
from meetings.tables import Attendance, Means, Meeting, MeetingState, Presence
from members.identity import Who
from members.permissions import Right, branches_covered, require
from members.tables import AuditEntry, MemberStatus
from members.telling import tell

STILL_TO_ENTER = timedelta(days=10)  # a list kept on paper may be entered so long after the meeting
_OVER = {MeetingState.CHECKIN_CLOSED, MeetingState.HELD}


class Opened(Struct, frozen=True):
    """Check-in stands open. `on_paper`: the meeting is over, names are entered. `told`: members invited."""

    meeting_id: int
    screen_token: str
    starts_at: datetime
    on_paper: bool
    told: int


class Shown(Struct, frozen=True):
    """The code of this moment, for reading it aloud. `link`: the payload behind the QR picture."""

    meeting_id: int
    code: str
    seconds_left: int
    link: str


def find_meeting(session: Session, who: Who, now: datetime) -> tuple[int, MeetingState] | None:
    """The meeting this person would run now: today's, or else the last whose list is not confirmed.

    None when there is none, or the person runs no check-in at all.
    """
    branches = branches_covered(session, who, Right.RUN_CHECKIN)
    today = meetings_at_hand(session, branches, now)
    meeting = next((m for m in today if m.state is not MeetingState.HELD), None)
    meeting = meeting or _unconfirmed(session, branches, now) or next(iter(today), None)
    return (meeting.id, meeting.state) if meeting else None


def open_checkin(
    session: Session, who: Who, meeting_id: int, now: datetime, rules: CheckinRules, *, again: bool = False
) -> Opened:
    """Open check-in and invite the members; `again` opens a closed list once more. Harmless twice."""
    meeting = managed(session, who, meeting_id, Right.RUN_CHECKIN)
    _refuse_unless_openable(meeting, now, rules, again)
    if meeting.state is MeetingState.CHECKIN_OPEN:
        return _opened(meeting, 0)
    if now > meeting.starts_at + LONGEST:
        meeting.state, meeting.closed_at = MeetingState.CHECKIN_CLOSED, now
        return _opened(meeting, 0)
    meeting.state, meeting.closed_at = MeetingState.CHECKIN_OPEN, None
    meeting.opened_at, meeting.opened_by = meeting.opened_at or now, who.member_id
    note(session, who, "checkin.open", meeting.id, now)
    return _opened(meeting, _invite(session, meeting, who, now, rules))


def shown_code(session: Session, who: Who, meeting_id: int, now: datetime) -> Shown:
    """The code of this moment; Refused unless check-in is open."""
    meeting = managed(session, who, meeting_id, Right.RUN_CHECKIN)
    if meeting.state is not MeetingState.CHECKIN_OPEN:
        raise Refused("checkin.run_not_open")
    key = key_of(meeting)
    link = link_token(meeting.id, key, window_at(now))
    return Shown(meeting.id, code_at(key, now), seconds_left(now), link)


def list_of(session: Session, who: Who, meeting_id: int, rules: CheckinRules) -> Roll:
    """The list, for those who run check-in."""
    managed(session, who, meeting_id, Right.RUN_CHECKIN)
    return roll_of(session, meeting_id, rules.zone, rules.base)


def close_checkin(session: Session, who: Who, meeting_id: int, now: datetime, rules: CheckinRules) -> Roll:
    """Close check-in; the list waits for confirmation. Harmless twice."""
    meeting = managed(session, who, meeting_id, Right.RUN_CHECKIN)
    if meeting.state is MeetingState.CHECKIN_OPEN:
        meeting.state, meeting.closed_at = MeetingState.CHECKIN_CLOSED, now
        note(session, who, "checkin.close", meeting.id, now)
        _ask_to_confirm(session, meeting, who, now)
    elif meeting.state not in _OVER:
        raise Refused("checkin.run_not_open")
    return roll_of(session, meeting_id, rules.zone, rules.base)


def confirm_list(
    session: Session,
    who: Who,
    meeting_id: int,
    shown: int,
    heads: int,
    now: datetime,
    rules: CheckinRules,
) -> Roll:
    """Confirm the list: from now on it counts and is kept. Harmless twice.

    `shown`: how many the person was told are in the room; Refused when the list has changed since.
    `heads`: how many were counted in the room, kept in the audit log.
    """
    meeting = managed(session, who, meeting_id, Right.CONFIRM_LIST)
    if meeting.state is MeetingState.HELD:
        return roll_of(session, meeting_id, rules.zone, rules.base)
    if meeting.state is not MeetingState.CHECKIN_CLOSED:
        raise Refused("checkin.close_first")
    roll = roll_of(session, meeting_id, rules.zone, rules.base)
    if roll.in_the_room != shown:
        raise Refused("checkin.list_changed", shown=shown, now=roll.in_the_room)
    for line in (line for line in roll.lines if line.presence is not None):
        _freeze(session, meeting.id, line, who, now)
    meeting.state, meeting.confirmed_at, meeting.confirmed_by = MeetingState.HELD, now, who.member_id
    note(session, who, "checkin.confirm", meeting.id, now, listed=shown, heads=heads)
    count_list(session, meeting)
    return roll_of(session, meeting_id, rules.zone, rules.base)


def managed(session: Session, who: Who, meeting_id: int, right: Right) -> Meeting:
    """The meeting, when the person holds `right` over its branch; NotAllowed or NotFound otherwise."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound("checkin.no_meeting")
    require(session, who, right, meeting.branch_id)
    if meeting.state is MeetingState.CANCELLED:
        raise Refused("checkin.cancelled")
    return meeting


def note(
    session: Session, who: Who, action: str, meeting_id: int, now: datetime, **detail: int | str
) -> None:
    """A line in the audit log."""
    session.add(
        AuditEntry(
            at=now, actor_id=who.member_id, action=action, target=f"meeting:{meeting_id}", detail=detail
        )
    )


def _unconfirmed(session: Session, branches: list[int], now: datetime) -> Meeting | None:
    open_states = [MeetingState.PLANNED, MeetingState.CHECKIN_OPEN, MeetingState.CHECKIN_CLOSED]
    return session.scalar(
        select(Meeting)
        .where(Meeting.branch_id.in_(branches), Meeting.state.in_(open_states))
        .where(Meeting.starts_at.between(now - STILL_TO_ENTER, now))
        .order_by(Meeting.starts_at.desc())
        .limit(1)
    )


def _refuse_unless_openable(meeting: Meeting, now: datetime, rules: CheckinRules, again: bool) -> None:
    if meeting.state is MeetingState.HELD:
        raise Refused("checkin.confirmed_already")
    if meeting.state is MeetingState.TO_CONFIRM:
        raise Refused("checkin.date_not_confirmed")
    if now < meeting.starts_at - rules.before:
        raise Refused("checkin.too_early", minutes=int(rules.before.total_seconds()) // 60)
    if now > meeting.starts_at + STILL_TO_ENTER:
        raise Refused("checkin.too_long_ago")
    if meeting.state is MeetingState.CHECKIN_CLOSED and not again:
        raise Refused("checkin.closed_already")


def _opened(meeting: Meeting, told: int) -> Opened:
    on_paper = meeting.state is MeetingState.CHECKIN_CLOSED
    return Opened(meeting.id, meeting.screen_token, meeting.starts_at, on_paper, told)


def _invite(session: Session, meeting: Meeting, who: Who, now: datetime, rules: CheckinRules) -> int:
    roll = roll_of(session, meeting.id, rules.zone, rules.base)
    expected = (line for line in roll.lines if line.presence is None)
    invited = [line.member_id for line in expected if line.status is not MemberStatus.EXEMPT]
    others = (member_id for member_id in invited if member_id != who.member_id)
    return sum(_tell_open(session, meeting, member_id, now) for member_id in others)


def _tell_open(session: Session, meeting: Meeting, member_id: int, now: datetime) -> bool:
    return tell(
        session,
        member_id,
        "checkin.open",
        key=f"meeting:{meeting.id}:checkin-open:{member_id}",
        now=now,
        priority=Priority.MEETING,
        expires_at=max(meeting.starts_at, now) + LONGEST,
        meeting=meeting.id,
    )


def _ask_to_confirm(session: Session, meeting: Meeting, who: Who, now: datetime) -> None:
    """A clerk closed the list: the secretary is asked to confirm it."""
    if meeting.branch_id in branches_covered(session, who, Right.CONFIRM_LIST):
        return
    for steward in stewards(session, meeting.branch_id, now):
        tell(
            session,
            steward,
            "checkin.to_confirm",
            key=f"meeting:{meeting.id}:to-confirm:{steward}:{int(now.timestamp())}",
            now=now,
            priority=Priority.MEETING,
            meeting=meeting.id,
        )


def _freeze(session: Session, meeting_id: int, line: RollLine, who: Who, now: datetime) -> None:
    """Everybody expected gets a row, with the base as it is at this moment."""
    row = session.scalar(
        select(Attendance).where(Attendance.meeting_id == meeting_id, Attendance.member_id == line.member_id)
    )
    if row is not None:
        row.in_base = line.in_base
        return
    insert_once(
        session,
        Attendance,
        meeting_id=meeting_id,
        member_id=line.member_id,
        presence=line.presence or Presence.ABSENT,
        means=Means.SECRETARY,
        by_member_id=who.member_id,
        in_base=line.in_base,
        at=now,
    )
