"""Due reminder rows become outbox rows, each once: rows are claimed and the messages are written together.

Any number of processes do this at once, each other branches. A row that comes too late, is overtaken by a
later one, or whose meeting is off is skipped with a note and a log line.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.orm import Session

from db.errors import StoreBusy
from meetings.reminder_rows import invited_to, row_key
from meetings.reminding import Action, Planned, Verdict, settle
from meetings.tables import Meeting, Reminder, ReminderState
from meetings.timetable import Timetable
from meetings.upcoming import ON
from members.turns import take_branches
from scheduler.chores import Chore, H, HasStore
from scheduler.recipients import remind

log = logging.getLogger(__name__)
OFF = "meeting is not on"
OTHER_DAY = "meeting is on another day"
STEP = "d-%"  # rows of other kinds belong to other rooms
AT_ONCE = 8  # branches in one transaction: answers pass between


class Judged(Struct, frozen=True):
    """A waiting row and what becomes of it now."""

    meeting: Meeting
    row: Reminder
    state: ReminderState
    note: str | None
    reason: str = ""


class Reminded(Struct, frozen=True):
    """What came of a meeting's due rows."""

    meeting: int
    sent: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    people: int = 0


def next_due(session: Session) -> datetime | None:
    """When the next reminder row is due; in the past while one waits for the end of quiet hours."""
    return session.scalar(select(func.min(Reminder.due_at)).where(_waits()))


def reminders(times: Timetable) -> Chore[H]:
    """The chore: any number of processes do it together."""

    async def run(home: H, now: datetime) -> None:
        await run_due(home, now, times)

    return Chore("reminders", run, next_due, shared=True)


async def run_due(home: HasStore, now: datetime, times: Timetable) -> list[Reminded]:
    """Do every meeting that has a due row, those of some branches in one transaction."""
    branches = await home.store.read(due_meetings, now)
    groups = [branches[first : first + AT_ONCE] for first in range(0, len(branches), AT_ONCE)]
    return [one for group in groups for one in await _remind_some(home, group, now, times)]


async def _remind_some(
    home: HasStore, branches: Sequence[Sequence[int]], now: datetime, times: Timetable
) -> list[Reminded]:
    """What fails together is tried branch by branch."""
    meetings = [meeting for branch in branches for meeting in branch]
    try:
        return await home.store.write(remind_of, meetings, now, times)
    except StoreBusy:
        raise
    except Exception:
        log.exception("reminding of meetings %s failed", meetings)
    alone = [[branch] for branch in branches] if len(branches) > 1 else []
    return [one for branch in alone for one in await _remind_some(home, branch, now, times)]


def due_meetings(session: Session, now: datetime) -> list[list[int]]:
    """Meetings with a due row, by branches, the nearest first.

    So it wins where a person gets one reminder a day.
    """
    rows = session.execute(
        select(Meeting.branch_id, Meeting.id)
        .join(Reminder, Reminder.meeting_id == Meeting.id)
        .where(_waits(), Reminder.due_at <= now)
        .group_by(Meeting.branch_id, Meeting.id)
        .order_by(func.min(Reminder.expires_at), Meeting.id)
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for branch_id, meeting_id in rows:
        found[branch_id].append(meeting_id)
    return list(found.values())


def remind_of(
    session: Session, meeting_ids: Sequence[int], now: datetime, times: Timetable
) -> list[Reminded]:
    """Judge the waiting rows of these meetings and do what is due, in this order within a branch.

    A branch that another process is telling something is left to it.
    """
    taken = take_branches(session, _branches_still_due(session, meeting_ids, now))
    by_branch = _held(session, meeting_ids, taken) if taken else ()
    done = []
    for abreast in zip_longest(*by_branch):  # people of one branch: what the first told them counts
        done += _remind_abreast(session, [meeting for meeting in abreast if meeting is not None], now, times)
    return done


def _branches_still_due(session: Session, meeting_ids: Sequence[int], now: datetime) -> list[int]:
    """Asked before anything is held: most of what others have done meanwhile costs no more than this."""
    due = exists().where(Reminder.meeting_id == Meeting.id, _waits(), Reminder.due_at <= now)
    return list(session.scalars(select(Meeting.branch_id).where(Meeting.id.in_(meeting_ids), due).distinct()))


def _held(session: Session, meeting_ids: Sequence[int], branch_ids: Sequence[int]) -> list[list[Meeting]]:
    """By branches, in the order asked for; nobody moves them until the transaction ends."""
    rows = session.scalars(
        select(Meeting)
        .where(Meeting.id.in_(meeting_ids), Meeting.branch_id.in_(branch_ids))
        .order_by(Meeting.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    found: defaultdict[int, list[Meeting]] = defaultdict(list)
    for meeting in sorted(rows, key=lambda row: meeting_ids.index(row.id)):
        found[meeting.branch_id].append(meeting)
    return list(found.values())


def _waits() -> ColumnElement[bool]:
    mine = and_(Reminder.meeting_id.is_not(None), Reminder.kind.like(STEP))
    return and_(Reminder.state == ReminderState.DUE, mine)


def _remind_abreast(
    session: Session, meetings: Sequence[Meeting], now: datetime, times: Timetable
) -> list[Reminded]:
    """What is due of meetings of different branches, in a few statements."""
    judged = _claimed(session, _judged_all(session, meetings, now, times), now)
    sending = [one for one in judged if one.state is ReminderState.DONE]
    people = remind(session, [(one.meeting, one.row.kind) for one in sending], now, times)
    for one in judged:
        if one.state is ReminderState.SKIPPED:
            log.warning("reminder %s skipped: %s", one.row.key, one.note)
        else:
            log.info("reminder %s sent to %s people, %s", one.row.key, people[one.meeting.id], one.reason)
    return [_reminded(meeting.id, judged, people.get(meeting.id, 0)) for meeting in meetings]


def _reminded(meeting_id: int, judged: Sequence[Judged], people: int) -> Reminded:
    mine = [one for one in judged if one.meeting.id == meeting_id]
    sent = tuple(one.row.kind for one in mine if one.state is ReminderState.DONE)
    return Reminded(meeting_id, sent, tuple(one.row.kind for one in mine if one.row.kind not in sent), people)


def _judged_all(
    session: Session, meetings: Sequence[Meeting], now: datetime, times: Timetable
) -> list[Judged]:
    """Each waiting row of these meetings with what becomes of it now; those that still wait are left out."""
    ids = [meeting.id for meeting in meetings]
    invited = invited_to(session, ids, times)
    waiting: defaultdict[int, list[Reminder]] = defaultdict(list)
    rows = session.scalars(
        select(Reminder)
        .where(_waits(), Reminder.meeting_id.in_(ids))
        .execution_options(populate_existing=True)
    )
    for row in sorted(rows, key=lambda row: row.due_at):
        waiting[row.meeting_id or 0].append(row)
    judged = []
    for meeting in meetings:
        first = "" if meeting.id in invited else times.invitation
        for row, verdict in _judged(meeting, waiting[meeting.id], now, times, first):
            judged += _outcome(meeting, row, verdict)
    return judged


def _outcome(meeting: Meeting, row: Reminder, verdict: Verdict | str) -> list[Judged]:
    if isinstance(verdict, str):
        return [Judged(meeting, row, ReminderState.SKIPPED, verdict)]
    if verdict.action is Action.WAIT:
        return []
    if verdict.action is Action.SKIP:
        return [Judged(meeting, row, ReminderState.SKIPPED, verdict.reason.value)]
    note = "late" if verdict.action is Action.SEND_LATE else None
    return [Judged(meeting, row, ReminderState.DONE, note, verdict.reason.value)]


def _judged(
    meeting: Meeting, waiting: Sequence[Reminder], now: datetime, times: Timetable, first: str
) -> list[tuple[Reminder, Verdict | str]]:
    """Each row with a verdict or the note under which it is skipped; `first` goes before later steps."""
    if meeting.state not in ON:
        return [(row, OFF) for row in waiting]
    stale = [row for row in waiting if row.key != row_key(meeting, row.kind, times)]
    rows = {row.kind: row for row in waiting if row not in stale}
    planned = [Planned(row.kind, row.due_at) for row in rows.values()]
    verdicts = settle(planned, meeting.starts_at, now, times.grace, times.hours.quiet, times.zone, first)
    return [*((row, OTHER_DAY) for row in stale), *((rows[one.step], verdict) for one, verdict in verdicts)]


def _claimed(session: Session, judged: Sequence[Judged], now: datetime) -> list[Judged]:
    """Those of which the rows were still due."""
    alike: defaultdict[tuple[ReminderState, str | None], list[int]] = defaultdict(list)
    for one in judged:
        alike[one.state, one.note].append(one.row.id)
    taken = {row for what, rows in alike.items() for row in claim(session, rows, *what, now)}
    return [one for one in judged if one.row.id in taken]


def claim(
    session: Session, rows: Sequence[int], state: ReminderState, note: str | None, now: datetime
) -> list[int]:
    """Take rows that are still due; those that another process was not first to take."""
    still_due = Reminder.done_at.is_(None)  # asked for the state, SQLite would look at all that are due
    taken = session.scalars(
        update(Reminder)
        .where(Reminder.id.in_(rows), still_due)
        .values(state=state, note=note, done_at=now)
        .returning(Reminder.id)
        .execution_options(synchronize_session=False)
    )
    return list(taken)
