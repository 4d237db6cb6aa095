"""The big screen in the room: the code of now, the link behind the QR picture, how many are there."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from meetings.attendance import MeetingCard, roll_of
from meetings.attendance_rate import Rate
from meetings.checkin import CheckinRules, key_of, state_at
from meetings.checkin_code import CheckinState, code_at, link_token, seconds_left, window_at
from meetings.tables import Meeting, MeetingState


class ScreenState(StrEnum):
    """What the room is told."""

    EARLY = "early"
    OPEN = "open"
    LATE = "late"  # the code is shown, who comes now is late
    CLOSED = "closed"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Code(Struct, frozen=True):
    """The six digits of a window of 30 s, the payload of its link, whole seconds until the next."""

    digits: str
    link: str
    window: int
    seconds_left: int


class Screen(Struct, frozen=True):
    """The screen at one moment; `code` only while check-in is open."""

    meeting: MeetingCard
    state: ScreenState
    attendance: Rate
    code: Code | None


def screen_at(session: Session, token: str, now: datetime, rules: CheckinRules) -> Screen | None:
    """The screen opened by this token, or None."""
    meeting = session.scalar(select(Meeting).where(Meeting.screen_token == token))
    if meeting is None:
        return None
    listed = roll_of(session, meeting.id, rules.zone, rules.base)
    state = _state(meeting, now, rules)
    shows_code = state in {ScreenState.OPEN, ScreenState.LATE}
    return Screen(listed.meeting, state, listed.rate, _code(meeting, now) if shows_code else None)


def _state(meeting: Meeting, now: datetime, rules: CheckinRules) -> ScreenState:
    fixed = {
        MeetingState.HELD: ScreenState.CONFIRMED,
        MeetingState.CANCELLED: ScreenState.CANCELLED,
        MeetingState.CHECKIN_CLOSED: ScreenState.CLOSED,
    }
    if meeting.state is not MeetingState.CHECKIN_OPEN:
        return fixed.get(meeting.state, ScreenState.EARLY)
    of_clock = {CheckinState.LATE: ScreenState.LATE, CheckinState.CLOSED: ScreenState.CLOSED}
    return of_clock.get(state_at(meeting, now, rules), ScreenState.OPEN)


def _code(meeting: Meeting, now: datetime) -> Code:
    key, window = key_of(meeting), window_at(now)
    return Code(code_at(key, now), link_token(meeting.id, key, window), window, seconds_left(now))
