"""Question bank, rounds, attempts, answers."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, partial_index
from db.types import Json


class Question(Base):
    """One multiple-choice question of a unit's bank; `fingerprint` makes importing twice harmless."""

    __tablename__ = "question"
    __table_args__ = (UniqueConstraint("unit_id", "fingerprint"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    topic: Mapped[str] = mapped_column(String(200), index=True)
    text: Mapped[str] = mapped_column(Text)
    options: Mapped[list[str]] = mapped_column(Json)
    correct: Mapped[list[int]] = mapped_column(Json)  # indexes into options
    explanation: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(400))
    valid_until: Mapped[date | None]
    fingerprint: Mapped[str] = mapped_column(String(64))
    writer: Mapped[str] = mapped_column(String(120), default="")  # folded name from the file, perhaps empty
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    approved_at: Mapped[datetime | None]  # None: waits for a second person; only approved ones are asked
    imported_at: Mapped[datetime]


class QuizRound(Base):
    """A quiz open between two moments, bound to a meeting's topic."""

    __tablename__ = "quiz_round"
    __table_args__ = (
        Index("ix_quiz_round_branch_id_opens_at", "branch_id", "opens_at"),
        partial_index(
            "ix_quiz_round_opening", "opens_at", where="published_at IS NULL AND announced_at IS NULL"
        ),
        partial_index("ix_quiz_round_closing", "closes_at", where="published_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)  # makes making it twice harmless
    branch_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    minutes: Mapped[int]  # time limit of the ranked attempt, kept by the server
    made_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    announced_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    reachable: Mapped[int | None]  # members who could take part, counted when published
    takers: Mapped[int | None]  # sealed with it: who began the ranked attempt …
    points: Mapped[int | None]  # … the points of those who take a place …
    base: Mapped[int | None]  # … and how many could have taken one


class RoundQuestion(Base):
    """The questions of a round, fixed when made: the ranked paper and, where possible, one for practice."""

    __tablename__ = "round_question"

    round_id: Mapped[int] = mapped_column(ForeignKey("quiz_round.id"), primary_key=True)
    practice: Mapped[bool] = mapped_column(primary_key=True, default=False)
    position: Mapped[int] = mapped_column(primary_key=True)  # from 0
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), index=True)


class Attempt(Base):
    """One go at a round. Only one ranked attempt a member and round; practice is free."""

    __tablename__ = "attempt"
    __table_args__ = (
        partial_index("uq_attempt_one_ranked", "round_id", "member_id", where="ranked", unique=True),
        Index("ix_attempt_member_id", "member_id"),
        partial_index("ix_attempt_place", "round_id", "correct", "seconds", where="seconds IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("quiz_round.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # None: withdrew their consent
    ranked: Mapped[bool]
    seed: Mapped[int]  # order of the options as this member sees them
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    correct: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int | None]  # used, written when the round is sealed; None: takes no place


class RoundPlace(Base):
    """How many of a sealed round reached these points in these seconds."""

    __tablename__ = "round_place"

    round_id: Mapped[int] = mapped_column(ForeignKey("quiz_round.id"), primary_key=True)
    correct: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    takers: Mapped[int]


class Answer(Base):
    """One answer an attempt and question; inserted once, never changed."""

    __tablename__ = "answer"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    chosen: Mapped[list[int]] = mapped_column(Json)  # indexes into the question's options
    correct: Mapped[bool]
    at: Mapped[datetime]


class Reward(Base):
    """Praise after a round: for whom, in which form, decided by whom and when (domain.md SR-17)."""

    __tablename__ = "reward"
    __table_args__ = (UniqueConstraint("round_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("quiz_round.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    form: Mapped[str] = mapped_column(String(200), default="")  # in the committee's words; empty: praise
    decided_by: Mapped[int] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime]
