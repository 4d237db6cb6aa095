"""At most one reminder a person and day, over all kinds (domain.md M-11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.outbox import OutboxRow, OutboxState, Priority
from meetings.calendar import local_moment

# A row that reached nobody did not disturb anybody.
QUIET_FATES = (OutboxState.SKIPPED, OutboxState.UNREACHABLE, OutboxState.FAILED)


def free_moments(
    session: Session, before: Mapping[int, datetime], moment: datetime, zone: ZoneInfo
) -> dict[int, datetime]:
    """For each member `moment`, or the same local hour of the next day without a reminder of theirs.

    Missing is whoever has had one on each day left before the moment that `before` has for them. A reminder
    is an outbox row of Priority.REMINDER.
    """
    due = session.execute(
        select(OutboxRow.member_id, OutboxRow.due_at).where(
            OutboxRow.member_id.in_(before),
            OutboxRow.priority == int(Priority.REMINDER),
            OutboxRow.state.not_in(QUIET_FATES),
            OutboxRow.due_at > moment - timedelta(days=2),
        )
    )
    taken: dict[int, set[date]] = {}
    for member_id, at in due:
        if member_id is not None:
            taken.setdefault(member_id, set()).add(at.astimezone(zone).date())
    free = {
        member_id: _free(taken.get(member_id, set()), moment, until, zone)
        for member_id, until in before.items()
    }
    return {member_id: found for member_id, found in free.items() if found is not None}


def _free(taken: set[date], moment: datetime, before: datetime, zone: ZoneInfo) -> datetime | None:
    candidate = moment
    while candidate < before:
        day = candidate.astimezone(zone).date()
        if day not in taken:
            return candidate
        candidate = local_moment(day + timedelta(days=1), moment.astimezone(zone).time(), zone)
    return None
