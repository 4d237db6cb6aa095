"""Telling people about a meeting: those who were told before, and those who lead the branch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.outbox import OutboxRow, OutboxState
from meetings.tables import Meeting, Rsvp
from members.tables import PostKind
from members.telling import Telling, Told, holders_of_each, tell_all, tell_each

CHAIR = frozenset({PostKind.SECRETARY, PostKind.DEPUTY})
TO_MEMBERS = "invitation."


def prefix(meeting_id: int) -> str:
    """Every outbox key about a meeting begins so."""
    return f"meeting:{meeting_id}:"


def rows_about(session: Session, meeting_id: int) -> list[OutboxRow]:
    """What was told to members about a meeting, oldest first; found by the unique index on the key."""
    start = prefix(meeting_id)
    after = f"meeting:{meeting_id};"  # ';' is the letter after ':'
    query = select(OutboxRow).where(OutboxRow.key >= start, OutboxRow.key < after)
    query = query.where(OutboxRow.notice.startswith(TO_MEMBERS))
    return list(session.scalars(query.order_by(OutboxRow.id)))


def informed(session: Session, meeting_id: int) -> list[int]:
    """Members who answered, or who got or are about to get a message about the meeting as members."""
    answered = session.scalars(select(Rsvp.member_id).where(Rsvp.meeting_id == meeting_id)).all()
    told = [
        row.member_id
        for row in rows_about(session, meeting_id)
        if row.member_id and row.state is not OutboxState.SKIPPED
    ]
    return sorted({*answered, *told})


def tell_informed(
    session: Session, meeting: Meeting, notice: str, now: datetime, expires_at: datetime | None
) -> int:
    """Tell a change to everybody who knew the old state; how many. One change, one key."""
    told = [
        Told(member_id, f"{prefix(meeting.id)}member:{member_id}:{notice}:{now:%Y%m%dT%H%M%S%f}")
        for member_id in informed(session, meeting.id)
    ]
    starts = meeting.starts_at.isoformat()
    tell_all(session, told, notice, now=now, expires_at=expires_at, meeting=meeting.id, starts=starts)
    return len(told)


def tell_chair(
    session: Session, meeting: Meeting, notice: str, mark: str, now: datetime, but: int = 0, **args: Any
) -> None:
    """Tell the branch's secretary and deputies, except the member `but`; `mark` makes the key unique."""
    tell_chairs(session, {meeting: mark}, notice, now, but, **args)


def tell_chairs(
    session: Session, marks: Mapping[Meeting, str], notice: str, now: datetime, but: int = 0, **args: Any
) -> None:
    """The same for meetings of many branches, in a few statements."""
    if not marks:
        return
    holders = holders_of_each(session, {meeting.branch_id for meeting in marks}, CHAIR, now)
    tellings = [
        Telling(
            [
                Told(holder, f"{prefix(meeting.id)}{mark}:chair:{holder}")
                for holder in holders[meeting.branch_id]
                if holder != but
            ],
            notice,
            {"meeting": meeting.id, **args},
        )
        for meeting, mark in marks.items()
    ]
    tell_each(session, tellings, now)
