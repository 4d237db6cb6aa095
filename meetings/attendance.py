"""The list of a meeting with its counts, and the attendance of confirmed lists (domain.md 8.1, 4.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from db.errors import NotFound
from meetings.attendance_rate import NOBODY, BaseRules, Line, Rate, in_base
from meetings.tables import (
    Attendance,
    ExcuseState,
    Means,
    Meeting,
    MeetingState,
    Presence,
    Rsvp,
    RsvpAnswer,
)
from members.months import mark_month
from members.names import sort_key
from members.tables import Account, Member, MemberStatus, Unit

IN_THE_ROOM = frozenset({Presence.PRESENT, Presence.LATE})
NOT_EXPECTED = frozenset({MemberStatus.TEMPORARILY_ELSEWHERE, MemberStatus.SUSPENDED})


class MeetingCard(Struct, frozen=True):
    """A meeting as other people's eyes need it; no secret of check-in in it."""

    id: int
    branch_id: int
    branch_name: str
    period: str
    starts_at: datetime
    place: str
    state: MeetingState
    closed_at: datetime | None
    confirmed_at: datetime | None


class RollLine(Struct, frozen=True):
    """One name. `number` is its place on the list; `presence` None: nothing recorded, or not expected."""

    number: int
    member_id: int
    name: str
    status: MemberStatus
    in_base: bool
    has_phone: bool
    presence: Presence | None
    means: Means | None = None
    helper: str = ""
    at: datetime | None = None
    asks_excuse: bool = False  # asked and not yet decided

    @property
    def in_the_room(self) -> bool:
        """Present or late."""
        return self.presence in IN_THE_ROOM


class Roll(Struct, frozen=True):
    """The list of one meeting in the order of a Vietnamese list, exempt members last."""

    meeting: MeetingCard
    lines: tuple[RollLine, ...]

    def count(self, *presences: Presence) -> int:
        """How many stand so, exempt members included."""
        return sum(line.presence in presences for line in self.lines)

    @property
    def in_the_room(self) -> int:
        """Heads: everybody present or late, exempt members included."""
        return sum(line.in_the_room for line in self.lines)

    @property
    def waiting_excuses(self) -> int:
        """Excuses not yet decided, of people who are not in the room."""
        return sum(line.asks_excuse and not line.in_the_room for line in self.lines)

    @property
    def rate(self) -> Rate:
        """Present or late of the base."""
        expected = [line for line in self.lines if line.in_base]
        return Rate(sum(line.in_the_room for line in expected), len(expected))

    @property
    def by_status(self) -> Mapping[MemberStatus, Rate]:
        """In the room of those listed, by status (minutes count official and probationary apart)."""
        return {status: self._rate_of(status) for status in MemberStatus}

    def line_of(self, member_id: int) -> RollLine | None:
        """The member's line."""
        return next((line for line in self.lines if line.member_id == member_id), None)

    def _rate_of(self, status: MemberStatus) -> Rate:
        listed = [line for line in self.lines if line.status is status]
        return Rate(sum(line.in_the_room for line in listed), len(listed))


class MeetingAttendance(Struct, frozen=True):
    """One confirmed list: `present` (late included) of `base`, both as they were when it was confirmed."""

    branch_id: int
    meeting_id: int
    period: str
    present: int
    base: int

    @property
    def rate(self) -> Rate:
        """As counts that can be added."""
        return Rate(self.present, self.base)


def meeting_card(session: Session, meeting_id: int) -> MeetingCard:
    """The meeting, or NotFound."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound("checkin.no_meeting")
    branch = session.get_one(Unit, meeting.branch_id)
    return MeetingCard(
        meeting.id,
        branch.id,
        branch.name,
        meeting.period,
        meeting.starts_at,
        meeting.place,
        meeting.state,
        meeting.closed_at,
        meeting.confirmed_at,
    )


def roll_of(session: Session, meeting_id: int, zone: ZoneInfo, rules: BaseRules | None = None) -> Roll:
    """The list as it stands: own rows first, approved excuses next, the rest absent once closed."""
    card = meeting_card(session, meeting_id)
    reader = _RollReader(session, card, card.starts_at.astimezone(zone).date(), rules or BaseRules())
    members = sorted(reader.members(), key=lambda m: (m.status is MemberStatus.EXEMPT, sort_key(m.full_name)))
    return Roll(card, tuple(reader.line(number, member) for number, member in enumerate(members, start=1)))


def is_awaited(session: Session, meeting_id: int, member_id: int) -> bool:
    """Whether check-in is open and the member is not on the list yet."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None or meeting.state is not MeetingState.CHECKIN_OPEN:
        return False
    mine = (Attendance.meeting_id == meeting_id) & (Attendance.member_id == member_id)
    return session.scalar(select(Attendance.id).where(mine)) is None


def confirmed_attendance(
    session: Session, branch_ids: Sequence[int], since: datetime, until: datetime
) -> list[MeetingAttendance]:
    """Confirmed lists of meetings that start in [since, until), oldest first."""
    return _confirmed(
        session, Meeting.branch_id.in_(branch_ids), Meeting.starts_at >= since, Meeting.starts_at < until
    )


def last_confirmed(session: Session, branch_id: int) -> MeetingAttendance | None:
    """The counts of the branch's newest confirmed list."""
    found = _confirmed(session, Meeting.branch_id == branch_id)
    return found[-1] if found else None


def branch_rate(session: Session, branch_id: int, period: str) -> Rate:
    """The branch's rate over its confirmed meetings of a 'YYYY-MM'; 0 of 0 when there is none."""
    confirmed = _confirmed(session, Meeting.branch_id == branch_id, Meeting.period == period)
    return sum((meeting.rate for meeting in confirmed), NOBODY)


def count_list(session: Session, meeting: Meeting) -> None:
    """Keep the counts of a confirmed list beside it, in the transaction that changed the list."""
    session.flush()
    meeting.present, meeting.base = counted_list(session, meeting.id)
    session.flush()
    mark_month(session, meeting.branch_id, meeting.period)


def counted_list(session: Session, meeting_id: int) -> tuple[int, int]:
    """Present or late of the base, and the base, counted from the lines."""
    there = Attendance.presence.in_(list(IN_THE_ROOM)) & Attendance.in_base
    present, base = session.execute(
        select(
            func.coalesce(func.sum(case((there, 1), else_=0)), 0),
            func.coalesce(func.sum(case((Attendance.in_base, 1), else_=0)), 0),
        ).where(Attendance.meeting_id == meeting_id)
    ).one()
    return present, base


def _confirmed(session: Session, *wanted: ColumnElement[bool]) -> list[MeetingAttendance]:
    rows = session.execute(
        select(Meeting.branch_id, Meeting.id, Meeting.period, Meeting.present, Meeting.base)
        .where(Meeting.state == MeetingState.HELD, Meeting.base.is_not(None), *wanted)
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return [
        MeetingAttendance(branch, meeting, period, present or 0, base or 0)
        for branch, meeting, period, present, base in rows
    ]


class _RollReader:
    """Everything needed for the lines of one meeting, read in a few queries."""

    def __init__(self, session: Session, card: MeetingCard, held_on: date, rules: BaseRules) -> None:
        self._session = session
        self._card = card
        self._held_on = held_on
        self._rules = rules
        rows = session.scalars(select(Attendance).where(Attendance.meeting_id == card.id))
        self._rows = {row.member_id: row for row in rows}
        answers = session.scalars(
            select(Rsvp).where(Rsvp.meeting_id == card.id, Rsvp.answer == RsvpAnswer.EXCUSE)
        )
        self._excuses = {answer.member_id: answer.excuse for answer in answers}
        phones = select(Account.member_id).join(Member).where(Member.branch_id == card.branch_id)
        self._phones = set(session.scalars(phones))

    def members(self) -> list[Member]:
        """Who stands on the list: a confirmed one keeps its names whatever the roll says today."""
        known = self._session.scalars(select(Member).where(Member.id.in_(list(self._rows)))).all()
        if self._card.state is MeetingState.HELD:
            return list(known)
        roster = self._session.scalars(select(Member).where(Member.branch_id == self._card.branch_id))
        return list({m.id: m for m in (*known, *filter(self._is_listed, roster))}.values())

    def line(self, number: int, member: Member) -> RollLine:
        """The member's line."""
        row, excuse = self._rows.get(member.id), self._excuses.get(member.id)
        presence = self._presence(member, row, excuse)
        return RollLine(
            number,
            member.id,
            f"{member.full_name} {member.mark}".strip(),
            member.status,
            self._counts(member, row, presence),
            member.id in self._phones,
            presence,
            row.means if row else None,
            self._helper(row),
            row.at if row else None,
            asks_excuse=excuse is ExcuseState.ASKED,
        )

    def _is_listed(self, member: Member) -> bool:
        gone = member.left_on is not None and member.left_on <= self._held_on
        return member.status not in NOT_EXPECTED and member.on_roll_from <= self._held_on and not gone

    def _presence(
        self, member: Member, row: Attendance | None, excuse: ExcuseState | None
    ) -> Presence | None:
        if row is not None:
            return row.presence
        if member.status is MemberStatus.EXEMPT:
            return None
        if excuse is ExcuseState.APPROVED:
            return Presence.EXCUSED
        return Presence.ABSENT if self._card.closed_at else None

    def _counts(self, member: Member, row: Attendance | None, presence: Presence | None) -> bool:
        if self._card.state is MeetingState.HELD and row is not None:
            return row.in_base
        line = Line(member.status.value, presence, member.on_roll_from, member.left_on)
        return in_base(line, self._held_on, self._rules)

    def _helper(self, row: Attendance | None) -> str:
        if row is None or row.means is not Means.HELPER or row.by_member_id is None:
            return ""
        helper = self._session.get(Member, row.by_member_id)
        return helper.full_name if helper else ""
