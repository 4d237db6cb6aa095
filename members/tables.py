"""Organisation tree, people, posts with dates, consent, join codes, accounts on channels, audit log."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.types import Json, Name


class UnitKind(StrEnum):
    """A committee (1–3 levels above the branch) or a branch."""

    COMMITTEE = "committee"
    BRANCH = "branch"


class MemberStatus(StrEnum):
    """Diện đảng viên (domain.md 4.6)."""

    OFFICIAL = "official"
    PROBATIONARY = "probationary"
    EXEMPT = "exempt"
    TEMPORARY_HERE = "temporary_here"
    TEMPORARILY_ELSEWHERE = "temporarily_elsewhere"
    SUSPENDED = "suspended"


class PostKind(StrEnum):
    """What somebody may do beyond being a member, always at one unit and between two dates."""

    SECRETARY = "secretary"
    DEPUTY = "deputy"
    COMMITTEE_MEMBER = "committee_member"
    CLERK = "clerk"
    IN_CHARGE = "in_charge"  # committee member in charge of a branch
    LEADER = "leader"  # secretary or deputy of the superior committee
    OFFICE = "office"  # party committee office


class Unit(Base):
    """A node of the organisation tree."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("parent_id", "search_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[UnitKind] = mapped_column(Name(UnitKind))
    name: Mapped[str] = mapped_column(String(200))
    search_name: Mapped[str] = mapped_column(String(200))


class Member(Base):
    """A person on the roll of one branch. Nothing more is stored of them than is needed."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("branch_id", "search_name", "mark"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    full_name: Mapped[str] = mapped_column(String(120))
    search_name: Mapped[str] = mapped_column(String(120))
    mark: Mapped[str] = mapped_column(String(40), default="")  # tells two of one name apart
    status: Mapped[MemberStatus] = mapped_column(Name(MemberStatus))
    on_roll_from: Mapped[date]
    left_on: Mapped[date | None]


class Post(Base):
    """A post held by a member at a unit from a day until another (None: still)."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("member_id", "unit_id", "kind", "starts_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    kind: Mapped[PostKind] = mapped_column(Name(PostKind))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Account(Base):
    """A person's account on one channel account; ids are opaque strings of the channel."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("channel", "user"),
        Index("ix_account_member_id", "member_id"),
        Index("ix_account_channel_chat", "channel", "chat"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    user: Mapped[str] = mapped_column(String(120))
    chat: Mapped[str] = mapped_column(String(120))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    language: Mapped[str] = mapped_column(String(8), default="vi")
    linked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime]
    unreachable_since: Mapped[datetime | None]
    counted_in: Mapped[str | None] = mapped_column(String(7))  # month of `db.usage` in which it was counted
    turned_away: Mapped[str | None] = mapped_column(String(180))  # month and update: no room for one more


class Consent(Base):
    """The proof of a consent: which text, when given, when withdrawn."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    version: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    name_on_leaderboard: Mapped[bool] = mapped_column(default=False)


class JoinCode(Base):
    """A one-time code for one member, kept only as a slow hash.

    Printed for somebody to join by; or shown on an account of theirs (`from_account`) to link another.
    """

    __tablename__ = "join_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by_account: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    from_account: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Move(Base):
    """A member was asked to go over from an account to another bot of its platform; `done_at`: and has."""

    __tablename__ = "move"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    channel: Mapped[str] = mapped_column(String(40))
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class JoinTry(Base):
    """A wrong join code typed by an account, counted per hour. `source_key` is the update's key."""

    __tablename__ = "join_try"
    __table_args__ = (Index("ix_join_try_account_id_at", "account_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    source_key: Mapped[str] = mapped_column(String(160), unique=True)
    at: Mapped[datetime]


class Purpose(StrEnum):
    """What a personal link opens."""

    RSVP = "rsvp"
    CHECKIN = "checkin"
    QUIZ = "quiz"
    OPINION = "opinion"
    FILE_IN = "file_in"
    FILE_OUT = "file_out"


class PageLink(Base):
    """A personal link: one member, one purpose, for a while. Only a hash of its token is kept."""

    __tablename__ = "page_link"
    __table_args__ = (
        Index("ix_page_link_member_id_purpose", "member_id", "purpose"),
        Index("ix_page_link_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    purpose: Mapped[Purpose] = mapped_column(Name(Purpose))
    target: Mapped[int]  # the meeting or round it is for; 0: none
    language: Mapped[str] = mapped_column(String(8))
    data: Mapped[dict[str, Any]] = mapped_column(Json)  # of the file handed over or taken in
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # its one deed is done
    dead_at: Mapped[datetime | None]  # its member has left


class BroadcastState(StrEnum):
    """running → done or cancelled."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Broadcast(Base):
    """One announcement to everybody of a unit; its messages are outbox rows."""

    __tablename__ = "broadcast"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    text: Mapped[str] = mapped_column(Text)
    careful: Mapped[bool]
    source_key: Mapped[str] = mapped_column(String(160), unique=True)
    state: Mapped[BroadcastState] = mapped_column(Name(BroadcastState), index=True)
    made_at: Mapped[datetime]
    reported_at: Mapped[datetime | None]
    reports: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who did what to whose record, without any message text."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    action: Mapped[str] = mapped_column(String(60))
    target: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]] = mapped_column(Json)
