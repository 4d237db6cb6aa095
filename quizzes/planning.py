"""What a new round could be: topics with enough approved questions, and the proposed moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.errors import NotAllowed, NotFound, Refused
from meetings.tables import Meeting, MeetingState
from members.identity import Who
from members.names import fold
from members.permissions import Right, branches_covered, require
from members.tables import Unit
from quizzes.bank import units_above
from quizzes.tables import Question

OPENS_DAYS_BEFORE = 7
OPENS_AT = time(8)
CLOSES_AT = time(20)  # the evening before the meeting
DAYS_WITHOUT_MEETING = 7
SHORTEST = timedelta(hours=1)
_AHEAD = (MeetingState.TO_CONFIRM, MeetingState.PLANNED)


class Topic(Struct, frozen=True):
    """A topic of the bank; `key` is the smallest id of its questions, so that a button can carry it."""

    key: int
    name: str
    questions: int
    of_meeting: bool  # the next meeting is about it


class Branch(Struct, frozen=True):
    """A branch by name."""

    id: int
    name: str


class Times(Struct, frozen=True):
    """When a round opens and closes."""

    opens_at: datetime
    closes_at: datetime


class Proposal(Struct, frozen=True):
    """A round as it would be made now. `meeting_at` is None when no meeting is planned."""

    branch_id: int
    topic: Topic
    questions: int
    minutes: int
    times: Times
    meeting_at: datetime | None


def branches_led(session: Session, who: Who) -> list[Branch]:
    """The branches for which the person may make rounds, own branch first; NotAllowed for none."""
    led = [session.get_one(Unit, unit_id) for unit_id in branches_covered(session, who, Right.RUN_QUIZ)]
    if not led:
        raise NotAllowed
    return [Branch(unit.id, unit.name) for unit in led]


def topics(session: Session, who: Who, branch_id: int, now: datetime, zone: ZoneInfo) -> list[Topic]:
    """Topics with approved questions still in force, the next meeting's first, then the largest."""
    require(session, who, Right.RUN_QUIZ, branch_id)
    return topics_of(session, branch_id, now.astimezone(zone).date(), next_meeting(session, branch_id, now))


def topics_of(session: Session, branch_id: int, day: date, meeting: Meeting | None) -> list[Topic]:
    """See `topics`; for the command line, without rights."""
    wanted = fold(meeting.topic) if meeting else ""
    by_name: dict[str, list[Question]] = {}
    for question in usable(session, branch_id, day):
        by_name.setdefault(fold(question.topic), []).append(question)
    found = [
        Topic(qs[0].id, qs[0].topic, len(qs), bool(wanted) and name == wanted) for name, qs in by_name.items()
    ]
    return sorted(found, key=lambda t: (not t.of_meeting, -t.questions, t.key))


def propose(
    session: Session,
    who: Who,
    branch_id: int,
    topic_key: int,
    now: datetime,
    *,
    zone: ZoneInfo,
    count: int,
    minutes: int,
    at_once: bool = False,
) -> Proposal:
    """The round that `make_round` would make."""
    require(session, who, Right.RUN_QUIZ, branch_id)
    meeting = next_meeting(session, branch_id, now)
    times = times_for(meeting, now, zone, at_once=at_once)
    day = times.closes_at.astimezone(zone).date()
    topic = next((t for t in topics_of(session, branch_id, day, meeting) if t.key == topic_key), None)
    if topic is None:
        raise NotFound("quiz.no_such_topic")
    starts_at = meeting.starts_at if meeting else None
    return Proposal(branch_id, topic, min(count, topic.questions), minutes, times, starts_at)


def usable(session: Session, branch_id: int, day: date) -> list[Question]:
    """Approved questions of the banks that serve a branch, in force on `day`, oldest first, none twice."""
    found = session.scalars(
        select(Question)
        .where(Question.unit_id.in_(units_above(session, branch_id)))
        .where(Question.approved_at.is_not(None))
        .where(or_(Question.valid_until.is_(None), Question.valid_until >= day))
        .order_by(Question.id.desc())
    )
    oldest = {question.fingerprint: question for question in found}
    return sorted(oldest.values(), key=lambda question: question.id)


def next_meeting(session: Session, branch_id: int, now: datetime) -> Meeting | None:
    """The branch's next meeting that is still to be held."""
    return session.scalar(
        select(Meeting)
        .where(Meeting.branch_id == branch_id, Meeting.starts_at > now, Meeting.state.in_(_AHEAD))
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(1)
    )


def times_for(meeting: Meeting | None, now: datetime, zone: ZoneInfo, *, at_once: bool = False) -> Times:
    """D-7 08:00 until the evening before at 20:00; later than that, until an hour before the meeting.

    Refused when less than an hour would be left.
    """
    today = now.astimezone(zone).date()
    if meeting is None:
        return Times(now, _local(today + timedelta(days=DAYS_WITHOUT_MEETING), CLOSES_AT, zone))
    day = meeting.starts_at.astimezone(zone).date()
    opens = now if at_once else max(now, _local(day - timedelta(days=OPENS_DAYS_BEFORE), OPENS_AT, zone))
    closes = _local(day - timedelta(days=1), CLOSES_AT, zone)
    if closes < now + SHORTEST:
        closes = meeting.starts_at - SHORTEST
    if closes < now + SHORTEST:
        raise Refused("quiz.meeting_too_close")
    return Times(opens, closes)


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
