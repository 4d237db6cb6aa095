"""The reminder rows of a meeting: written with it, replaced when its moment changes.

A row's key holds the meeting's local day, so a step is claimed once for one day: moving a meeting back and
forth never reminds twice of the same day, and a new day has rows of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.once import insert_all_once
from meetings.reminding import Planned, outside_quiet_hours, plan
from meetings.tables import Meeting, Reminder, ReminderState
from meetings.timetable import Timetable

MOVED = "meeting moved"
CANCELLED = "meeting cancelled"


def row_key(meeting: Meeting, step: str, times: Timetable) -> str:
    """'meeting:12:2026-12-03:d-3'."""
    return f"meeting:{meeting.id}:{times.local_day(meeting.starts_at).isoformat()}:{step}"


def replan(session: Session, meeting: Meeting, now: datetime, times: Timetable) -> None:
    """Rows for the meeting's present moment; waiting rows of another moment are skipped with a note.

    Once the invitation has gone out, a correction tells the new moment: nobody is invited again at once.
    """
    rows = list(session.scalars(select(Reminder).where(Reminder.meeting_id == meeting.id)))
    wanted = {row_key(meeting, one.step, times): one for one in _wanted(session, meeting, now, times)}
    for row in rows:
        if row.state is ReminderState.DUE and row.key not in wanted:
            row.state, row.note, row.done_at = ReminderState.SKIPPED, MOVED, now
    for row in rows:
        one = wanted.pop(row.key, None)
        if one is not None and row.state is not ReminderState.DONE:
            row.state, row.note, row.done_at = ReminderState.DUE, None, None
            row.due_at, row.expires_at = one.due_at, meeting.starts_at
    insert_all_once(session, Reminder, [_row(meeting, key, one) for key, one in wanted.items()])


def plan_new(session: Session, meetings: Sequence[Meeting], now: datetime, times: Timetable) -> None:
    """Rows for meetings that were just written down and have none yet."""
    if not times.steps:
        return
    rows = [
        _row(meeting, row_key(meeting, one.step, times), one)
        for meeting in meetings
        for one in plan(meeting.starts_at, now, times.steps, times.hours, times.zone)
    ]
    insert_all_once(session, Reminder, rows)


def drop(session: Session, meeting_id: int, note: str, now: datetime) -> None:
    """Skip every waiting row of a meeting."""
    session.execute(
        update(Reminder)
        .where(Reminder.meeting_id == meeting_id, Reminder.state == ReminderState.DUE)
        .values(state=ReminderState.SKIPPED, note=note, done_at=now)
    )


def invited_to(session: Session, meeting_ids: Sequence[int], times: Timetable) -> set[int]:
    """Those of these meetings of which an invitation has gone out, for whatever day."""
    query = select(Reminder.meeting_id).where(Reminder.meeting_id.in_(meeting_ids))
    query = query.where(Reminder.kind == times.invitation, Reminder.state == ReminderState.DONE)
    return {meeting for meeting in session.scalars(query) if meeting is not None}


def _wanted(session: Session, meeting: Meeting, now: datetime, times: Timetable) -> list[Planned]:
    if not times.steps:
        return []
    planned = plan(meeting.starts_at, now, times.steps, times.hours, times.zone)
    at_once = outside_quiet_hours(now, times.hours.quiet, times.zone)
    asks_now = any(p.step == times.invitation and p.due_at <= at_once for p in planned)
    if not asks_now or not invited_to(session, [meeting.id], times):
        return planned
    return [p for p in planned if not (p.step == times.invitation and p.due_at <= at_once)]


def _row(meeting: Meeting, key: str, one: Planned) -> dict[str, Any]:
    return {
        "key": key,
        "kind": one.step,
        "meeting_id": meeting.id,
        "due_at": one.due_at,
        "expires_at": meeting.starts_at,
    }
