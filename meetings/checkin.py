"""Check-in by the people of the meeting: code typed or link scanned (reliability.md 8.3, domain.md M-03).

What has an effect although it is a "no" (a wrong try is counted, the secretary is asked) is returned as an
outcome; everything else that cannot be is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import Refused
from db.once import insert_once
from db.outbox import OutboxRow, Priority
from meetings.attendance import IN_THE_ROOM, NOT_EXPECTED
from meetings.attendance_rate import BaseRules
from meetings.checkin_code import (
    AFTER,
    BEFORE,
    LONGEST,
    TRIES,
    CheckinState,
    checkin_state,
    is_link_valid,
    is_valid,
    read_link_token,
)
from meetings.checkin_tries import count_wrong, is_blocked, tries_of
from meetings.tables import Attendance, Means, Meeting, MeetingState, Presence
from members.identity import Who
from members.permissions import RIGHTS, Right
from members.tables import PostKind, Unit
from members.telling import holders_of, tell

AT_HAND = timedelta(hours=16)  # a meeting this near is "today's"
LIVE_SECONDS = 5  # names that come within so many seconds share one message to the opener
LIVE_KEPT = timedelta(minutes=10)


class CheckinRules(Struct, frozen=True):
    """What an installation decides about check-in (domain.md section 9)."""

    zone: ZoneInfo
    before: timedelta = BEFORE
    after: timedelta = AFTER
    helper_limit: int = 3
    base: BaseRules = field(default_factory=BaseRules)


class Outcome(StrEnum):
    """What became of a try to check in."""

    PRESENT = "present"
    LATE = "late"
    ALREADY = "already"
    WRONG = "wrong"
    OTHER_BRANCH = "other_branch"  # the code is good, but of a neighbour's meeting; counted as wrong
    BLOCKED = "blocked"  # too many wrong codes: the clerk is asked
    ASKED = "asked"  # the list is closed: the secretary is asked


class CheckedIn(Struct, frozen=True):
    """`at`: the moment recorded. `tries_left`: after a wrong code."""

    outcome: Outcome
    meeting_id: int
    at: datetime
    tries_left: int = 0


def check_in_by_code(
    session: Session, who: Who, code: str, now: datetime, source_key: str, rules: CheckinRules
) -> CheckedIn:
    """Six digits typed by a member. `source_key`: the update's, so that a wrong code counts once."""
    _require_expected(who)
    meetings = meetings_at_hand(session, [who.branch_id], now)
    opened = [m for m in meetings if m.state is MeetingState.CHECKIN_OPEN]
    if opened and is_blocked(tries_of(session, opened[0].id, who.member_id), now):
        return _blocked(session, opened[0], who, now)
    hit = next((m for m in meetings if is_valid(key_of(m), code, now)), None)
    if hit is not None:
        return _record(session, hit, who, Means.CODE, now, rules)
    if not opened:
        raise Refused(_why_closed(meetings))
    return _wrong(session, opened[0], who, code, now, source_key)


def check_in_by_link(session: Session, who: Who, token: str, now: datetime, rules: CheckinRules) -> CheckedIn:
    """A link scanned from the screen: 'ci-<meeting>-<window>-<tag>'."""
    _require_expected(who)
    link = read_link_token(token)
    meeting = session.get(Meeting, link.meeting_id) if link else None
    if meeting is None or not is_link_valid(token, key_of(meeting), now):
        raise Refused("checkin.old_link")
    if meeting.branch_id != who.branch_id:
        raise Refused("checkin.other_branch")
    return _record(session, meeting, who, Means.SCAN, now, rules)


def where_i_stand(session: Session, who: Who, now: datetime) -> CheckedIn | None:
    """The member's own record at the meeting that is open; None when a code is to be asked for.

    Refused when no meeting is open, saying what to do.
    """
    _require_expected(who)
    meetings = meetings_at_hand(session, [who.branch_id], now)
    opened = next((m for m in meetings if m.state is MeetingState.CHECKIN_OPEN), None)
    mine = [record for m in meetings if (record := record_of(session, m.id, who.member_id))]
    there = next((r for r in mine if r.presence in IN_THE_ROOM), None)
    if there is not None and (opened is None or there.meeting_id == opened.id):
        return CheckedIn(Outcome.ALREADY, there.meeting_id, there.at)
    if opened is None:
        raise Refused(_why_closed(meetings))
    return None


def open_meeting(session: Session, who: Who, now: datetime) -> int | None:
    """The meeting at which the member can check in now; None when there is none or they are on its list."""
    if who.status in NOT_EXPECTED:
        return None
    found = meetings_at_hand(session, [who.branch_id], now)
    opened = next((m for m in found if m.state is MeetingState.CHECKIN_OPEN), None)
    if opened is None:
        return None
    mine = record_of(session, opened.id, who.member_id)
    return opened.id if mine is None or mine.presence not in IN_THE_ROOM else None


def meetings_at_hand(session: Session, branch_ids: Sequence[int], now: datetime) -> list[Meeting]:
    """Today's meetings of these branches: open ones first, then the nearest in time."""
    found = session.scalars(
        select(Meeting).where(
            Meeting.branch_id.in_(branch_ids),
            Meeting.starts_at.between(now - AT_HAND, now + AT_HAND),
            Meeting.state != MeetingState.CANCELLED,
        )
    )
    return sorted(
        found, key=lambda m: (m.state is not MeetingState.CHECKIN_OPEN, abs(m.starts_at - now), m.id)
    )


def key_of(meeting: Meeting) -> bytes:
    """The secret from which the meeting's codes are made."""
    return bytes.fromhex(meeting.checkin_key)


def record_of(session: Session, meeting_id: int, member_id: int) -> Attendance | None:
    """The member's own row on the list."""
    return session.scalar(
        select(Attendance).where(Attendance.meeting_id == meeting_id, Attendance.member_id == member_id)
    )


def state_at(meeting: Meeting, now: datetime, rules: CheckinRules) -> CheckinState:
    """What a check-in at `now` counts as, whoever closed the list since."""
    return checkin_state(
        meeting.starts_at, now, meeting.opened_at, None, before=rules.before, after=rules.after
    )


def show_live(session: Session, meeting: Meeting, actor_id: int, now: datetime) -> None:
    """Tell who opened check-in that names have come; one message for all of the same few seconds."""
    if meeting.opened_by is None or meeting.opened_by == actor_id:
        return
    since = int(now.timestamp()) // LIVE_SECONDS * LIVE_SECONDS
    key = f"meeting:{meeting.id}:live:{since}"
    if session.scalar(select(OutboxRow.id).where(OutboxRow.key == key)) is not None:
        return
    tell(
        session,
        meeting.opened_by,
        "checkin.live",
        key=key,
        now=now,
        priority=Priority.MEETING,
        due_at=datetime.fromtimestamp(since + LIVE_SECONDS, now.tzinfo),
        expires_at=now + LIVE_KEPT,
        meeting=meeting.id,
        since=since,
    )


def stewards(session: Session, branch_id: int, now: datetime) -> list[int]:
    """Who confirms lists of the branch: the secretary, or the deputy where there is none."""
    secretaries = holders_of(session, branch_id, frozenset({PostKind.SECRETARY}), now)
    return secretaries or holders_of(session, branch_id, RIGHTS[Right.CONFIRM_LIST], now)


def _require_expected(who: Who) -> None:
    if who.status in NOT_EXPECTED:
        raise Refused("checkin.not_expected")


def _why_closed(meetings: Sequence[Meeting]) -> str:
    if any(m.state in {MeetingState.CHECKIN_CLOSED, MeetingState.HELD} for m in meetings):
        return "checkin.closed"
    return "checkin.not_open" if meetings else "checkin.no_meeting_today"


def _record(
    session: Session, meeting: Meeting, who: Who, means: Means, now: datetime, rules: CheckinRules
) -> CheckedIn:
    standing = record_of(session, meeting.id, who.member_id)
    if standing is not None and standing.presence in IN_THE_ROOM:
        return CheckedIn(Outcome.ALREADY, meeting.id, standing.at)
    state = state_at(meeting, now, rules)
    if state is CheckinState.CLOSED:
        raise Refused("checkin.closed")
    if meeting.opened_at is None or state is CheckinState.EARLY:
        raise Refused(_why_closed([meeting]))
    presence = Presence.LATE if state is CheckinState.LATE else Presence.PRESENT
    if meeting.state is not MeetingState.CHECKIN_OPEN:
        return _ask_secretary(session, meeting, who, presence, now)
    if standing is not None and standing.presence is Presence.ABSENT:
        raise Refused("checkin.ask_clerk")  # struck out by a person: only a person puts it back
    _put(session, meeting, who, presence, means, now, standing)
    show_live(session, meeting, who.member_id, now)
    return CheckedIn(Outcome(presence.value), meeting.id, now)


def _put(
    session: Session,
    meeting: Meeting,
    who: Who,
    presence: Presence,
    means: Means,
    now: datetime,
    standing: Attendance | None,
) -> None:
    if standing is not None:
        standing.presence, standing.means, standing.by_member_id, standing.at = presence, means, None, now
        return
    insert_once(
        session,
        Attendance,
        meeting_id=meeting.id,
        member_id=who.member_id,
        presence=presence,
        means=means,
        in_base=True,
        at=now,
    )


def _ask_secretary(
    session: Session, meeting: Meeting, who: Who, presence: Presence, now: datetime
) -> CheckedIn:
    """The code was right but the list is closed: nothing is added silently (reliability.md 8.4, T8)."""
    for steward in stewards(session, meeting.branch_id, now):
        tell(
            session,
            steward,
            "checkin.late_update",
            key=f"meeting:{meeting.id}:late-update:{who.member_id}:{steward}",
            now=now,
            priority=Priority.MEETING,
            meeting=meeting.id,
            member=who.member_id,
            presence=presence.value,
        )
    return CheckedIn(Outcome.ASKED, meeting.id, now)


def _wrong(
    session: Session, meeting: Meeting, who: Who, code: str, now: datetime, source_key: str
) -> CheckedIn:
    tries = count_wrong(session, meeting.id, who.member_id, now, source_key)
    if is_blocked(tries, now):
        return _blocked(session, meeting, who, now)
    if _is_of_neighbour(session, meeting, code, now):
        return CheckedIn(Outcome.OTHER_BRANCH, meeting.id, now)
    return CheckedIn(Outcome.WRONG, meeting.id, now, TRIES - tries.wrong % TRIES)


def _blocked(session: Session, meeting: Meeting, who: Who, now: datetime) -> CheckedIn:
    for steward in stewards(session, meeting.branch_id, now):
        tell(
            session,
            steward,
            "checkin.many_tries",
            key=f"meeting:{meeting.id}:tries:{who.member_id}:{steward}",
            now=now,
            priority=Priority.MEETING,
            expires_at=now + LONGEST,
            meeting=meeting.id,
            member=who.member_id,
        )
    return CheckedIn(Outcome.BLOCKED, meeting.id, now)


def _is_of_neighbour(session: Session, meeting: Meeting, code: str, now: datetime) -> bool:
    """Whether the code belongs to an open meeting of another branch under the same committee."""
    committee = session.get_one(Unit, meeting.branch_id).parent_id
    neighbours = session.scalars(
        select(Meeting)
        .join(Unit, Unit.id == Meeting.branch_id)
        .where(Unit.parent_id == committee, Meeting.branch_id != meeting.branch_id)
        .where(Meeting.state == MeetingState.CHECKIN_OPEN)
    )
    return any(is_valid(key_of(other), code, now) for other in neighbours)
