"""Names put on the list by a person: a helper for one without a phone, who runs check-in for anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import BadInput, NotFound, Refused
from db.once import insert_once
from meetings.attendance import IN_THE_ROOM, Roll, RollLine, count_list, roll_of
from meetings.checkin import CheckinRules, meetings_at_hand, record_of, show_live, state_at
from meetings.checkin_code import CheckinState
from meetings.checkin_run import managed, note
from meetings.tables import Attendance, Means, Meeting, MeetingState, Presence
from members.identity import Who
from members.names import fold
from members.permissions import Right
from members.telling import tell

_TO_MARK = {MeetingState.CHECKIN_OPEN, MeetingState.CHECKIN_CLOSED}


class Helped(Struct, frozen=True):
    """A helper put `name` on the list; `left`: how many more this helper may."""

    meeting_id: int
    member_id: int
    name: str
    presence: Presence
    left: int
    already: bool = False


class CanHelp(Struct, frozen=True):
    """Whom a helper may put on the list: people without a phone first."""

    meeting_id: int
    lines: tuple[RollLine, ...]
    left: int


def whom_to_help(session: Session, who: Who, now: datetime, rules: CheckinRules) -> CanHelp:
    """The names not yet on the list; Refused unless this person may help."""
    meeting = _open_meeting(session, who, now)
    left = rules.helper_limit - _helped_by(session, meeting, who)
    _require_helper(session, meeting, who, left)
    roll = roll_of(session, meeting.id, rules.zone, rules.base)
    missing = [line for line in roll.lines if line.presence is None and line.member_id != who.member_id]
    return CanHelp(meeting.id, tuple(sorted(missing, key=lambda line: line.has_phone)), left)


def mark_for(
    session: Session, who: Who, meeting_id: int, member_id: int, now: datetime, rules: CheckinRules
) -> Helped:
    """A member who is present puts another on the list (reliability.md 8.3.3). Harmless twice."""
    meeting = _meeting_of(session, who, meeting_id)
    line = _line(roll_of(session, meeting_id, rules.zone, rules.base), member_id)
    left = rules.helper_limit - _helped_by(session, meeting, who)
    if member_id == who.member_id:
        raise Refused("checkin.not_oneself")
    if line.in_the_room:
        return Helped(meeting_id, member_id, line.name, line.presence or Presence.PRESENT, left, already=True)
    _require_helper(session, meeting, who, left)
    if line.presence is Presence.ABSENT:
        raise Refused("checkin.ask_clerk")
    late = state_at(meeting, now, rules) is CheckinState.LATE
    presence = Presence.LATE if late else Presence.PRESENT
    _put(session, meeting_id, member_id, presence, Means.HELPER, who, now)
    _tell_helped(session, meeting_id, member_id, who, now)
    note(session, who, "checkin.helped", meeting_id, now, member=member_id)
    show_live(session, meeting, who.member_id, now)
    return Helped(meeting_id, member_id, line.name, presence, left - 1)


def set_presence(
    session: Session,
    who: Who,
    meeting_id: int,
    member_ids: Sequence[int],
    presence: Presence,
    now: datetime,
    rules: CheckinRules,
) -> Roll:
    """Whoever runs check-in puts names so until the list is confirmed; ABSENT strikes out. Harmless twice."""
    meeting = _to_mark(session, who, meeting_id)
    roll = roll_of(session, meeting_id, rules.zone, rules.base)
    changed = [m for m in dict.fromkeys(member_ids) if _line(roll, m).presence is not presence]
    for member_id in changed:
        _put(session, meeting_id, member_id, presence, Means.SECRETARY, who, now)
    if changed:
        note(session, who, "checkin.mark", meeting_id, now, presence=presence.value, members=len(changed))
        show_live(session, meeting, who.member_id, now)
    session.flush()
    return roll_of(session, meeting_id, rules.zone, rules.base)


def all_present_except(
    session: Session,
    who: Who,
    meeting_id: int,
    missing: Sequence[int],
    now: datetime,
    rules: CheckinRules,
) -> Roll:
    """The paper list in one sentence (B-05): all of the base are present but `missing` and the excused."""
    roll = roll_of(session, meeting_id, rules.zone, rules.base)
    left_out = set(missing)
    open_lines = [line for line in roll.lines if line.presence in {None, Presence.ABSENT} and line.in_base]
    there = [line.member_id for line in open_lines if line.member_id not in left_out]
    struck = [line.member_id for line in roll.lines if line.in_the_room and line.member_id in left_out]
    set_presence(session, who, meeting_id, there, Presence.PRESENT, now, rules)
    return set_presence(session, who, meeting_id, struck, Presence.ABSENT, now, rules)


def admit_late(
    session: Session,
    who: Who,
    meeting_id: int,
    member_id: int,
    presence: Presence,
    now: datetime,
    rules: CheckinRules,
) -> Roll:
    """A check-in that came after closing, accepted by a person and written to the audit log."""
    meeting = managed(session, who, meeting_id, Right.CONFIRM_LIST)
    if presence not in IN_THE_ROOM:
        raise BadInput("error.old_button")
    if meeting.state is not MeetingState.HELD:
        return set_presence(session, who, meeting_id, [member_id], presence, now, rules)
    roll = roll_of(session, meeting_id, rules.zone, rules.base)
    if not _line(roll, member_id).in_the_room:
        _put(session, meeting_id, member_id, presence, Means.SECRETARY, who, now)
        note(session, who, "checkin.admit", meeting_id, now, member=member_id, presence=presence.value)
        count_list(session, meeting)
    return roll_of(session, meeting_id, rules.zone, rules.base)


def find_lines(roll: Roll, typed: str) -> list[RollLine]:
    """Lines meant by a number of the list or by a name, whole or its end, without tones; [] when nobody."""
    wanted = fold(typed)
    if wanted.isdigit():
        return [line for line in roll.lines if line.number == int(wanted)]
    names = [(fold(line.name), line) for line in roll.lines]
    exact = [line for name, line in names if name == wanted]
    ends = [line for name, line in names if name.endswith(f" {wanted}")]
    return exact or ends or [line for name, line in names if wanted and wanted in name]


def _open_meeting(session: Session, who: Who, now: datetime) -> Meeting:
    today = meetings_at_hand(session, [who.branch_id], now)
    meeting = next((m for m in today if m.state is MeetingState.CHECKIN_OPEN), None)
    if meeting is None:
        raise Refused("checkin.not_open" if today else "checkin.no_meeting_today")
    return meeting


def _meeting_of(session: Session, who: Who, meeting_id: int) -> Meeting:
    meeting = session.get(Meeting, meeting_id)
    if meeting is None or meeting.branch_id != who.branch_id:
        raise Refused("checkin.other_branch")
    return meeting


def _require_helper(session: Session, meeting: Meeting, who: Who, left: int) -> None:
    if meeting.state is not MeetingState.CHECKIN_OPEN:
        raise Refused("checkin.closed")
    own = record_of(session, meeting.id, who.member_id)
    if own is None or own.presence not in IN_THE_ROOM or own.means is Means.HELPER:
        raise Refused("checkin.helper_first")
    if left <= 0:
        raise Refused("checkin.helper_limit")


def _helped_by(session: Session, meeting: Meeting, who: Who) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Attendance)
            .where(Attendance.meeting_id == meeting.id, Attendance.means == Means.HELPER)
            .where(Attendance.by_member_id == who.member_id)
        )
        or 0
    )


def _to_mark(session: Session, who: Who, meeting_id: int) -> Meeting:
    meeting = managed(session, who, meeting_id, Right.RUN_CHECKIN)
    if meeting.state is MeetingState.HELD:
        raise Refused("checkin.confirmed_already")
    if meeting.state not in _TO_MARK:
        raise Refused("checkin.run_not_open")
    return meeting


def _line(roll: Roll, member_id: int) -> RollLine:
    line = roll.line_of(member_id)
    if line is None:
        raise NotFound("checkin.nobody")
    return line


def _put(
    session: Session,
    meeting_id: int,
    member_id: int,
    presence: Presence,
    means: Means,
    who: Who,
    now: datetime,
) -> None:
    row = record_of(session, meeting_id, member_id)
    if row is not None:
        row.presence, row.means, row.by_member_id, row.at = presence, means, who.member_id, now
        return
    insert_once(
        session,
        Attendance,
        meeting_id=meeting_id,
        member_id=member_id,
        presence=presence,
        means=means,
        by_member_id=who.member_id,
        in_base=True,
        at=now,
    )


def _tell_helped(session: Session, meeting_id: int, member_id: int, who: Who, now: datetime) -> None:
    """Somebody with an account learns who spoke for them."""
    tell(
        session,
        member_id,
        "checkin.helped",
        key=f"meeting:{meeting_id}:helped:{member_id}:{who.member_id}",
        now=now,
        meeting=meeting_id,
        helper=who.member_id,
    )
