"""An organisation of any size, written by the database itself: branches of forty, a month, a quiz, opinions.

Beside its own round of each branch there is one that everybody takes: no real round is as large.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import CTE, Engine, case, cast, func, insert, literal, select, update
from sqlalchemy import Integer as Whole
from sqlalchemy import String as Words
from sqlalchemy.orm import Session

from db.base import Base
from db.types import Long
from meetings.calendar import VIET_NAM
from meetings.tables import (
    Attendance,
    Means,
    Meeting,
    MeetingKind,
    MeetingState,
    Presence,
    Reminder,
    ReminderState,
)
from members.identity import PostHeld, Who
from members.months import MonthMark
from members.tables import Account, Consent, Member, MemberStatus, Post, PostKind, Unit, UnitKind
from opinions.tables import Opinion, OpinionState, Phase, Visibility
from quizzes.tables import Attempt, Question, QuizRound, RoundPlace, RoundQuestion
from reports.months import count_marked

NOW = datetime(2026, 12, 10, 3, 0, tzinfo=UTC)
MEETING = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
NEXT_MEETING = datetime(2026, 12, 17, 12, 30, tzinfo=UTC)
LONG_AGO = date(2020, 1, 1)
IN_BRANCH, IN_DISTRICT, QUESTIONS = 40, 50, 10
ROOT, ONLY_ROUND = 1, 1


@dataclass(frozen=True, slots=True)
class Grown:
    """What was made. `count_seconds`: counting the figures of every branch for the first time."""

    members: int
    branches: int
    first_branch: int
    first_round: int
    count_seconds: float
    leader: Who
    reader: Who  # of the branch whose round everybody took


def numbers(count: int) -> CTE:
    """1 … count."""
    start = select(cast(literal(1), Long).label("i")).cte("numbers", recursive=True)
    return start.union_all(select(start.c.i + 1).where(start.c.i < count))


def grow(engine: Engine, members: int, clock: Any) -> Grown:
    """Fill an empty database; `clock()` gives seconds."""
    branches = max(members // IN_BRANCH, 1)
    districts = -(-branches // IN_DISTRICT)
    first = ROOT + districts + 1
    with Session(engine) as session:
        _units(session, branches, districts, first)
        _people(session, members, branches, first)
        _month(session, members, branches, first)
        _quiz(session, members, branches, first)
        _opinions(session, members // 20, members, branches, first)
        session.execute(
            insert(MonthMark).from_select(
                ["branch_id", "period"],
                select(Unit.id, literal("2026-12")).where(Unit.kind == UnitKind.BRANCH),
            )
        )
        session.commit()
    began = clock()
    while _count_some(engine):
        pass
    return Grown(
        members,
        branches,
        first,
        ONLY_ROUND + 1,
        round(clock() - began, 1),
        _who(1, first, PostKind.LEADER, ROOT),
        _who(2, first),
    )


def _count_some(engine: Engine) -> int:
    with Session(engine) as session:
        counted = count_marked(session, NOW, VIET_NAM)
        session.commit()
        return counted


def _who(member: int, branch: int, *post: Any) -> Who:
    posts = (PostHeld(*post),) if post else ()
    return Who(member, f"Đảng viên {member}", branch, "Chi bộ", MemberStatus.OFFICIAL, posts, consented=True)


def _insert(session: Session, table: type[Base], **columns: Any) -> None:
    """One row for each row of the selected columns."""
    named = [value.label(name) for name, value in columns.items()]
    session.execute(insert(table).from_select(list(columns), select(*named)))


def _units(session: Session, branches: int, districts: int, first: int) -> None:
    session.add(Unit(id=ROOT, parent_id=None, kind=UnitKind.COMMITTEE, name="Đảng bộ", search_name="dang bo"))
    session.flush()
    for kind, count, start, word, above in (
        (UnitKind.COMMITTEE, districts, ROOT + 1, "Đảng ủy", None),
        (UnitKind.BRANCH, branches, first, "Chi bộ", ROOT + 1),
    ):
        i = numbers(count).c.i
        _insert(
            session,
            Unit,
            id=i + (start - 1),
            parent_id=literal(ROOT) if above is None else above + (i - 1) % districts,
            kind=literal(kind, Unit.kind.type),
            name=literal(f"{word} ") + cast(i, Words),
            search_name=literal(f"{word} ") + cast(i, Words),
        )


def _people(session: Session, members: int, branches: int, first: int) -> None:
    i = numbers(members).c.i
    user, moment = literal("u") + cast(i, Words), literal(MEETING, Account.last_seen_at.type)
    _insert(
        session,
        Member,
        id=i,
        branch_id=first + (i - 1) % branches,
        full_name=literal("Đảng viên ") + cast(i, Words),
        search_name=literal("dang vien ") + cast(i, Words),
        mark=literal(""),
        status=literal(MemberStatus.OFFICIAL, Member.status.type),
        on_roll_from=literal(LONG_AGO),
    )
    _insert(
        session,
        Account,
        channel=literal("zalo"),
        user=user,
        chat=user,
        member_id=i,
        language=literal("vi"),
        linked_at=moment,
        last_seen_at=moment,
    )
    _insert(
        session,
        Consent,
        member_id=i,
        version=literal("1"),
        given_at=moment,
        name_on_leaderboard=case((i % 3 == 0, True), else_=False),
    )
    session.add(Post(member_id=1, unit_id=ROOT, kind=PostKind.LEADER, starts_on=LONG_AGO))
    session.flush()


def _month(session: Session, members: int, branches: int, first: int) -> None:
    """A meeting held by nine branches of ten, one ahead with a reminder due."""
    i = numbers(branches).c.i
    held = case((i % 10 != 0, MeetingState.HELD.value), else_=MeetingState.PLANNED.value)
    ahead = literal(MeetingState.PLANNED.value)
    for kind, shift, starts_at, state in (
        (MeetingKind.REGULAR, 0, MEETING, held),
        (MeetingKind.THEMATIC, branches, NEXT_MEETING, ahead),
    ):
        _insert(
            session,
            Meeting,
            id=i + shift,
            branch_id=i + (first - 1),
            kind=literal(kind, Meeting.kind.type),
            period=literal("2026-12"),
            starts_at=literal(starts_at, Meeting.starts_at.type),
            place=literal("Nhà văn hóa"),
            agenda=literal(""),
            topic=literal(""),
            state=state,
            checkin_key=literal("0"),
            screen_token=cast(i + shift, Words),
        )
    m = numbers(members).c.i
    there = case((m * 7919 % 100 < 88, Presence.PRESENT.value), else_=Presence.ABSENT.value)
    branch = (m - 1) % branches + 1
    named = {
        "meeting_id": branch,
        "member_id": m,
        "presence": there,
        "means": literal(Means.CODE.value),
        "in_base": literal(value=True),
        "at": literal(MEETING, Attendance.at.type),
    }
    lines = select(*(value.label(name) for name, value in named.items())).where(branch % 10 != 0)
    session.execute(insert(Attendance).from_select(list(named), lines))
    counted = select(func.count()).where(Attendance.meeting_id == Meeting.id)
    present = counted.where(Attendance.presence == Presence.PRESENT)
    session.execute(
        update(Meeting)
        .where(Meeting.state == MeetingState.HELD)
        .values(base=counted.scalar_subquery(), present=present.scalar_subquery())
        .execution_options(synchronize_session=False)
    )
    _insert(
        session,
        Reminder,
        key=literal("meeting:") + cast(i + branches, Words) + ":2026-12-17:d-7",
        kind=literal("d-7"),
        meeting_id=i + branches,
        due_at=literal(NOW - timedelta(hours=2), Reminder.due_at.type),
        expires_at=literal(NEXT_MEETING, Reminder.expires_at.type),
        state=literal(ReminderState.DUE, Reminder.state.type),
    )


def _quiz(session: Session, members: int, branches: int, first: int) -> None:
    """A published round of each branch that four of five took, and one that everybody took."""
    q, i = numbers(QUESTIONS).c.i, numbers(branches + 1).c.i
    moment = literal(MEETING, Question.imported_at.type)
    text = literal("Câu ") + cast(q, Words)
    _insert(
        session,
        Question,
        id=q,
        unit_id=literal(ROOT),
        topic=literal("Chuyên đề"),
        text=text,
        options=literal('["a","b"]', Words),
        correct=literal("[0]", Words),
        explanation=literal(""),
        source=literal("Điều lệ"),
        fingerprint=cast(q, Words),
        writer=literal(""),
        approved_at=moment,
        imported_at=moment,
    )
    _insert(
        session,
        QuizRound,
        id=i,
        key=cast(i, Words),
        branch_id=case((i == ONLY_ROUND, first), else_=i - 2 + first),
        meeting_id=case((i == ONLY_ROUND, None), else_=i - 1),
        title=literal("Chuyên đề"),
        opens_at=literal(MEETING - timedelta(days=3), QuizRound.opens_at.type),
        closes_at=moment,
        minutes=literal(10),
        announced_at=moment,
        published_at=moment,
        reachable=literal(IN_BRANCH),
    )
    session.execute(
        insert(RoundQuestion).from_select(
            ["round_id", "practice", "position", "question_id"],
            select(QuizRound.id, literal(value=False), Question.id - 1, Question.id).join(
                Question, literal(value=True)
            ),
        )
    )
    _attempts(session, members, branches)
    _seal(session)


def _attempts(session: Session, members: int, branches: int) -> None:
    m = numbers(members).c.i
    for everybody in (True, False):
        named = {
            "round_id": literal(ONLY_ROUND) if everybody else (m - 1) % branches + 2,
            "member_id": m,
            "ranked": literal(value=True),
            "seed": literal(1),
            "started_at": literal(MEETING - timedelta(days=1), Attempt.started_at.type),
            "finished_at": literal(MEETING, Attempt.finished_at.type),
            "correct": m * 31 % 11,
            "answered": literal(QUESTIONS),
            "seconds": 30 + m * 7919 % 569,
        }
        rows = select(*(value.label(name) for name, value in named.items()))
        wanted = rows if everybody else rows.where(m % 5 != 0)
        session.execute(insert(Attempt).from_select(list(named), wanted))


def _seal(session: Session) -> None:
    taken = Attempt.seconds.is_not(None)
    session.execute(
        insert(RoundPlace).from_select(
            ["round_id", "correct", "seconds", "takers"],
            select(Attempt.round_id, Attempt.correct, Attempt.seconds, func.count())
            .where(taken)
            .group_by(Attempt.round_id, Attempt.correct, Attempt.seconds),
        )
    )
    mine = RoundPlace.round_id == QuizRound.id
    takers = select(func.coalesce(func.sum(RoundPlace.takers), 0)).where(mine)
    points = select(func.coalesce(func.sum(RoundPlace.takers * RoundPlace.correct), 0)).where(mine)
    session.execute(
        update(QuizRound)
        .values(
            takers=cast(takers.scalar_subquery(), Whole),
            points=cast(points.scalar_subquery(), Whole),
            base=case((QuizRound.id == ONLY_ROUND, cast(takers.scalar_subquery(), Whole)), else_=IN_BRANCH),
        )
        .execution_options(synchronize_session=False)
    )


def _opinions(session: Session, count: int, members: int, branches: int, first: int) -> None:
    i = numbers(max(count, 1)).c.i
    state = case((i % 3 == 0, OpinionState.RECEIVED.value), else_=OpinionState.ANSWERED.value)
    _insert(
        session,
        Opinion,
        branch_id=first + (i - 1) % branches,
        number=cast((i - 1) / branches, Whole) + 1 if branches > 1 else i,
        meeting_id=(i - 1) % branches + 1,
        author_id=(i - 1) % members + 1,
        visibility=literal(Visibility.BRANCH, Opinion.visibility.type),
        phase=literal(Phase.BEFORE, Opinion.phase.type),
        text=literal("Ý kiến"),
        state=state,
        source_key=cast(i, Words),
        at=literal(MEETING, Opinion.at.type),
    )
