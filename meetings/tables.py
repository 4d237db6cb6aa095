"""Calendar rule, meeting instances, answers to the invitation, attendance, reminders."""

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, Time, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, partial_index
from db.types import Name


class MeetingKind(StrEnum):
    """Regular and thematic meetings are separate kinds (Guideline 42-HD/BTCTW)."""

    REGULAR = "regular"
    THEMATIC = "thematic"
    EXTRAORDINARY = "extraordinary"


class MeetingState(StrEnum):
    """to_confirm: the date clashes and the secretary has not decided yet."""

    TO_CONFIRM = "to_confirm"
    PLANNED = "planned"
    CHECKIN_OPEN = "checkin_open"
    CHECKIN_CLOSED = "checkin_closed"  # the list waits for the secretary's confirmation
    HELD = "held"  # list confirmed: only now it counts
    CANCELLED = "cancelled"


class MeetingRule(Base):
    """'Ngày 03 hằng tháng, 19:30' of one branch."""

    __tablename__ = "meeting_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), unique=True)
    day: Mapped[int]
    at: Mapped[time] = mapped_column(Time)  # local wall clock of the installation's zone
    place: Mapped[str] = mapped_column(String(200))


class Meeting(Base):
    """One meeting of one branch. `period` is 'YYYY-MM'."""

    __tablename__ = "meeting"
    __table_args__ = (
        UniqueConstraint("branch_id", "kind", "period"),
        Index("ix_meeting_branch_id_starts_at", "branch_id", "starts_at"),
        Index("ix_meeting_starts_at", "starts_at"),
        partial_index("ix_meeting_before", "starts_at", where="asked_before_at IS NULL"),
        partial_index("ix_meeting_after", "starts_at", where="asked_after_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[MeetingKind] = mapped_column(Name(MeetingKind), default=MeetingKind.REGULAR)
    period: Mapped[str] = mapped_column(String(7))
    starts_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(200))
    agenda: Mapped[str] = mapped_column(Text, default="")
    topic: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[MeetingState] = mapped_column(Name(MeetingState), default=MeetingState.PLANNED)
    clash: Mapped[str | None] = mapped_column(String(80))  # kind of clash, of meetings.calendar
    suggested_on: Mapped[date | None]
    checkin_key: Mapped[str] = mapped_column(String(64))  # 128 bits, hexadecimal
    screen_token: Mapped[str] = mapped_column(String(64), unique=True)  # opens the big-screen page
    opened_at: Mapped[datetime | None]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # sees names as they come
    closed_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    present: Mapped[int | None]  # of the confirmed list: present or late, of …
    base: Mapped[int | None]  # … those expected, both as they were when it was confirmed
    asked_before_at: Mapped[datetime | None]  # for opinions, or it was given up: the clock looks no more
    asked_after_at: Mapped[datetime | None]


class RsvpAnswer(StrEnum):
    """What a member answers to the invitation."""

    COMING = "coming"
    EXCUSE = "excuse"
    NEEDS_HELP = "needs_help"


class ExcuseReason(StrEnum):
    """Categories only; no closed list exists, the branch judges (domain.md 4.6)."""

    ILL = "ill"
    DUTY_TRAVEL = "duty_travel"
    SHIFT = "shift"
    FAMILY = "family"
    STUDY = "study"
    OTHER = "other"


class ExcuseState(StrEnum):
    """Never approved by itself."""

    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"


class Rsvp(Base):
    """The answer that counts now."""

    __tablename__ = "rsvp"
    __table_args__ = (UniqueConstraint("meeting_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    answer: Mapped[RsvpAnswer] = mapped_column(Name(RsvpAnswer))
    reason: Mapped[ExcuseReason | None] = mapped_column(Name(ExcuseReason))
    excuse: Mapped[ExcuseState | None] = mapped_column(Name(ExcuseState))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime]


class RsvpChange(Base):
    """History of answers, oldest first."""

    __tablename__ = "rsvp_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    answer: Mapped[RsvpAnswer] = mapped_column(Name(RsvpAnswer))
    at: Mapped[datetime]


class Presence(StrEnum):
    """How a member stands on the list."""

    PRESENT = "present"
    LATE = "late"
    EXCUSED = "excused"
    ABSENT = "absent"


class Means(StrEnum):
    """How presence was recorded."""

    CODE = "code"
    SCAN = "scan"
    HELPER = "helper"
    SECRETARY = "secretary"


class Attendance(Base):
    """One line of the list; the secretary may change it until the list is confirmed."""

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("meeting_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    presence: Mapped[Presence] = mapped_column(Name(Presence))
    means: Mapped[Means] = mapped_column(Name(Means))
    by_member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    in_base: Mapped[bool] = mapped_column(default=True)  # as it was when the list was confirmed
    at: Mapped[datetime]


class CheckinTry(Base):
    """Wrong codes per member and meeting; after five the clerk is asked."""

    __tablename__ = "checkin_try"
    __table_args__ = (UniqueConstraint("meeting_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    wrong: Mapped[int] = mapped_column(default=0)
    last_key: Mapped[str] = mapped_column(String(160), default="")  # the update counted last
    last_at: Mapped[datetime]


class ReminderState(StrEnum):
    """due → done, or skipped with a note (too late, meeting moved or cancelled)."""

    DUE = "due"
    DONE = "done"
    SKIPPED = "skipped"


class Reminder(Base):
    """One step for one meeting; claiming it writes the outbox rows in the same transaction."""

    __tablename__ = "reminder"
    __table_args__ = (
        Index("ix_reminder_state_due_at", "state", "due_at"),
        Index("ix_reminder_meeting_id_state_due_at", "meeting_id", "state", "due_at"),
        partial_index("ix_reminder_alone", "kind", "key", where="meeting_id IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)  # 'meeting:12:2026-12-03:d-3'
    kind: Mapped[str] = mapped_column(String(40))  # 'd-7', 'd-3', 'd-1', 'd-0', 'quiz-open', …
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("quiz_round.id"), index=True)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[ReminderState] = mapped_column(Name(ReminderState), default=ReminderState.DUE)
    note: Mapped[str | None] = mapped_column(String(120))
    done_at: Mapped[datetime | None]
