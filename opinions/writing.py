"""Writing an opinion, to the whole branch or to its committee alone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.once import insert_once
from meetings.calendar import local_moment
from meetings.tables import Meeting, MeetingState
from members.identity import Who
from members.tables import Post, PostKind, Unit
from members.telling import tell
from opinions.counts import mark_figures
from opinions.letters import cleaned
from opinions.tables import Opinion, Phase, Visibility

NEAR = timedelta(days=31)
MORNING = time(8)
_NOT_ON = (MeetingState.CANCELLED, MeetingState.TO_CONFIRM)
_CHAIR = (PostKind.SECRETARY, PostKind.DEPUTY)


class Written(Struct, frozen=True):
    """An opinion as it is on record; `number` counts within the branch."""

    opinion_id: int
    number: int
    visibility: Visibility
    phase: Phase


def write(
    session: Session,
    who: Who,
    text: str,
    visibility: Visibility,
    now: datetime,
    zone: ZoneInfo,
    *,
    key: str,
) -> Written:
    """Record an opinion of up to 2,000 letters; `key` is the update's key, the same one adds nothing."""
    done = written_before(session, key)
    if done is not None:
        return done
    text = cleaned(text)
    session.get_one(Unit, who.branch_id, with_for_update=True)  # numbers of a branch are given one by one
    phase, meeting_id = _phase(session, who.branch_id, now)
    insert_once(
        session,
        Opinion,
        branch_id=who.branch_id,
        number=_next_number(session, who.branch_id),
        meeting_id=meeting_id,
        author_id=who.member_id,
        visibility=visibility,
        phase=phase,
        text=text,
        source_key=key,
        at=now,
    )
    _tell_chair(session, who, now, zone)
    written = session.scalars(select(Opinion).where(Opinion.source_key == key)).one()
    mark_figures(session, written)
    return _as_written(written)


def written_before(session: Session, key: str) -> Written | None:
    """The opinion recorded under this key; None when there is none."""
    done = session.scalar(select(Opinion).where(Opinion.source_key == key))
    return _as_written(done) if done is not None else None


def _as_written(opinion: Opinion) -> Written:
    return Written(opinion.id, opinion.number, opinion.visibility, opinion.phase)


def _next_number(session: Session, branch_id: int) -> int:
    last = session.scalar(select(func.max(Opinion.number)).where(Opinion.branch_id == branch_id))
    return (last or 0) + 1


def _phase(session: Session, branch_id: int, now: datetime) -> tuple[Phase, int | None]:
    """Before or after the nearest meeting within a month."""
    on = select(Meeting).where(Meeting.branch_id == branch_id, Meeting.state.not_in(_NOT_ON))
    begun, coming = Meeting.starts_at <= now, Meeting.starts_at > now
    around = (
        session.scalar(on.where(begun).order_by(Meeting.starts_at.desc()).limit(1)),
        session.scalar(on.where(coming).order_by(Meeting.starts_at).limit(1)),
    )
    near = [meeting for meeting in around if meeting and abs(meeting.starts_at - now) <= NEAR]
    if not near:
        return Phase.ANY, None
    nearest = min(near, key=lambda meeting: abs(meeting.starts_at - now))
    return (Phase.AFTER if nearest.starts_at <= now else Phase.BEFORE), nearest.id


def _tell_chair(session: Session, who: Who, now: datetime, zone: ZoneInfo) -> None:
    """Secretary and deputy hear of the first opinion of a day at once, of the others the next morning."""
    today = now.astimezone(zone).date()
    morning = local_moment(today + timedelta(days=1), MORNING, zone)
    for receiver in _chair(session, who.branch_id, today):
        if receiver == who.member_id:
            continue
        key = f"opinions-waiting:{who.branch_id}:{today.isoformat()}:{receiver}"
        waiting = partial(tell, session, receiver, "opinions.waiting", now=now, branch=who.branch_id)
        if not waiting(key=key):
            waiting(key=f"{key}:rest", due_at=morning)


def _chair(session: Session, branch_id: int, today: date) -> list[int]:
    posts = session.scalars(
        select(Post)
        .where(Post.unit_id == branch_id, Post.kind.in_(_CHAIR), Post.starts_on <= today)
        .order_by(Post.id)
    )
    held = (post.member_id for post in posts if post.ends_on is None or post.ends_on > today)
    return list(dict.fromkeys(held))
