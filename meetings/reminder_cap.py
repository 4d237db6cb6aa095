"""At most one reminder a person and day, over all kinds (domain.md M-11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.outbox import OutboxRow, OutboxState, Priority
from meetings.calendar import local_moment

# A row that reached nobody did not disturb anybody.
QUIET_FATES = (OutboxState.SKIPPED, OutboxState.UNREACHABLE, OutboxState.FAILED)


def free_moment(
    session: Session, member_id: int, moment: datetime, before: datetime, zone: ZoneInfo
) -> datetime | None:
    """`moment`, or the same local hour of the next day on which this member gets no reminder yet.

    None when no such day is left before `before`. A reminder is an outbox row of Priority.REMINDER.
    """
    due = session.scalars(
        select(OutboxRow.due_at).where(
            OutboxRow.member_id == member_id,
            OutboxRow.priority == int(Priority.REMINDER),
            OutboxRow.state.not_in(QUIET_FATES),
            OutboxRow.due_at > moment - timedelta(days=2),
        )
    )
    taken = {at.astimezone(zone).date() for at in due}
    candidate = moment
    while candidate < before:
        day = candidate.astimezone(zone).date()
        if day not in taken:
            return candidate
        candidate = local_moment(day + timedelta(days=1), moment.astimezone(zone).time(), zone)
    return None
