"""Opinions, their answers and states."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.types import Name


class Visibility(StrEnum):
    """'Gửi cả chi bộ' or 'Chỉ gửi chi ủy'; the second is read by that branch's committee only."""

    BRANCH = "branch"
    COMMITTEE = "committee"


class Phase(StrEnum):
    """Written before the meeting, after it, or at another time."""

    BEFORE = "before"
    AFTER = "after"
    ANY = "any"


class OpinionState(StrEnum):
    """đã nhận → đang xem xét → đã trả lời / chuyển cấp trên (SR-42)."""

    RECEIVED = "received"
    CONSIDERING = "considering"
    ANSWERED = "answered"
    FORWARDED = "forwarded"


class Opinion(Base):
    """What a member wants to say. `number` counts within the branch; `source_key` is the update's key."""

    __tablename__ = "opinion"
    __table_args__ = (UniqueConstraint("branch_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    number: Mapped[int]
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    visibility: Mapped[Visibility] = mapped_column(Name(Visibility))
    phase: Mapped[Phase] = mapped_column(Name(Phase))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[OpinionState] = mapped_column(Name(OpinionState), default=OpinionState.RECEIVED)
    source_key: Mapped[str] = mapped_column(String(160), unique=True)
    at: Mapped[datetime]


class OpinionStep(Base):
    """A state set or an answer given by the committee; the author is told of each."""

    __tablename__ = "opinion_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), index=True)
    by_member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    state: Mapped[OpinionState] = mapped_column(Name(OpinionState))
    text: Mapped[str] = mapped_column(Text, default="")
    source_key: Mapped[str] = mapped_column(String(160), unique=True)
    at: Mapped[datetime]
