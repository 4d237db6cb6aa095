"""Due reminder rows become outbox rows, each once: the row is claimed and the messages are written together.

A row that comes too late, is overtaken by a later one, or whose meeting is off is skipped with a note and a
log line.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db.claims import NotOurTurn
from db.outbox import Priority
from meetings.expected import expected
from meetings.planning import keep_calendar_full
from meetings.reminder_cap import free_moments
from meetings.reminder_rows import row_key, was_invited
from meetings.reminding import Action, Planned, Verdict, settle
from meetings.tables import ExcuseState, Meeting, Reminder, ReminderState, Rsvp, RsvpAnswer
from meetings.timetable import Timetable
from meetings.upcoming import ON
from members.telling import Told, tell_all
from scheduler.chores import Chore, H, HasStore

log = logging.getLogger(__name__)
OFF = "meeting is not on"
OTHER_DAY = "meeting is on another day"
STEP = "d-%"  # rows of other kinds belong to other rooms
SOON_DAYS = 1


class Reminded(Struct, frozen=True):
    """What came of a meeting's due rows."""

    sent: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    people: int = 0


class CalendarKeeper:
    """Keeps every calendar full: at the first waking and once on each local day."""

    def __init__(self, times: Timetable) -> None:
        self._times = times
        self._kept: date | None = None

    async def run(self, home: HasStore, now: datetime) -> None:
        """Harmless when repeated; remembered only in memory."""
        today = self._times.local_day(now)
        if self._kept != today:
            await home.store.write(keep_calendar_full, now, self._times)
            self._kept = today


def meeting_chores(times: Timetable) -> list[Chore[H]]:
    """Full calendars and reminders of meetings."""

    async def remind(home: H, now: datetime) -> None:
        await run_due(home, now, times)

    return [
        Chore("calendar", CalendarKeeper(times).run),
        Chore("reminders", remind, next_due),
    ]


def next_due(session: Session) -> datetime | None:
    """When the next reminder row is due; in the past while one waits for the end of quiet hours."""
    return session.scalar(
        select(func.min(Reminder.due_at)).where(
            Reminder.state == ReminderState.DUE, Reminder.meeting_id.is_not(None), Reminder.kind.like(STEP)
        )
    )


async def run_due(home: HasStore, now: datetime, times: Timetable) -> list[Reminded]:
    """Do every meeting that has a due row, each in a transaction of its own, the nearest meeting first."""
    done = []
    for meeting_id in await home.store.read(due_meetings, now):
        try:
            done.append(await home.store.write(remind_of, meeting_id, now, times))
        except NotOurTurn:
            raise
        except Exception:
            log.exception("reminding of meeting %s failed", meeting_id)
    return done


def due_meetings(session: Session, now: datetime) -> list[int]:
    """Meetings with a due row, nearest first, so that it wins where a person gets one reminder a day."""
    rows = session.execute(
        select(Reminder.meeting_id, func.min(Reminder.expires_at))
        .where(Reminder.state == ReminderState.DUE, Reminder.due_at <= now)
        .where(Reminder.meeting_id.is_not(None), Reminder.kind.like(STEP))
        .group_by(Reminder.meeting_id)
        .order_by(func.min(Reminder.expires_at), Reminder.meeting_id)
    )
    return [meeting_id for meeting_id, _ in rows if meeting_id is not None]


def remind_of(session: Session, meeting_id: int, now: datetime, times: Timetable) -> Reminded:
    """Judge the waiting rows of one meeting and do what is due, safe beside another process doing so."""
    meeting = session.get_one(Meeting, meeting_id, with_for_update=True, populate_existing=True)
    waiting = session.scalars(
        select(Reminder)
        .where(
            Reminder.meeting_id == meeting_id, Reminder.state == ReminderState.DUE, Reminder.kind.like(STEP)
        )
        .order_by(Reminder.due_at)
        .execution_options(populate_existing=True)
    ).all()
    sent, skipped, people = [], [], 0
    first = "" if was_invited(session, meeting_id, times) else times.invitation
    for row, verdict in _judged(meeting, waiting, now, times, first):
        if isinstance(verdict, str) or verdict.action is Action.SKIP:
            note = verdict if isinstance(verdict, str) else verdict.reason.value
            if claim(session, row, ReminderState.SKIPPED, now, note):
                log.warning("reminder %s skipped: %s", row.key, note)
                skipped.append(row.kind)
        elif verdict.action is not Action.WAIT and claim(
            session, row, ReminderState.DONE, now, _late(verdict)
        ):
            people += _send(session, meeting, row.kind, now, times)
            sent.append(row.kind)
            log.info("reminder %s sent to %s people, %s", row.key, people, verdict.reason.value)
    return Reminded(tuple(sent), tuple(skipped), people)


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


def _late(verdict: Verdict) -> str | None:
    return "late" if verdict.action is Action.SEND_LATE else None


def claim(session: Session, row: Reminder, state: ReminderState, now: datetime, note: str | None) -> bool:
    """Take a row that is still due; False when another process was first."""
    taken = session.scalar(
        update(Reminder)
        .where(Reminder.id == row.id, Reminder.state == ReminderState.DUE)
        .values(state=state, note=note, done_at=now)
        .returning(Reminder.id)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


def _send(session: Session, meeting: Meeting, step: str, now: datetime, times: Timetable) -> int:
    answers = {r.member_id: r for r in session.scalars(select(Rsvp).where(Rsvp.meeting_id == meeting.id))}
    notice, wants = _kind_of(step, times)
    people = [m.id for m in expected(session, meeting, times.zone) if wants(answers.get(m.id))]
    return _remind(session, meeting, people, step, notice, now, times)


def _kind_of(step: str, times: Timetable) -> tuple[str, Callable[[Rsvp | None], bool]]:
    if step == times.invitation:
        return "invitation.invite", _is_silent
    soon = int(step.removeprefix("d-")) <= SOON_DAYS
    return ("invitation.soon", _is_coming) if soon else ("invitation.ask", _is_silent)


def _is_silent(rsvp: Rsvp | None) -> bool:
    return rsvp is None


def _is_coming(rsvp: Rsvp | None) -> bool:
    """Everybody but those who asked to be absent; a declined request does not keep anybody away."""
    return rsvp is None or rsvp.answer is not RsvpAnswer.EXCUSE or rsvp.excuse is ExcuseState.DECLINED


def _remind(
    session: Session,
    meeting: Meeting,
    people: Sequence[int],
    step: str,
    notice: str,
    now: datetime,
    times: Timetable,
) -> int:
    moments = free_moments(session, people, now, meeting.starts_at, times.zone)
    for member_id in (one for one in people if one not in moments):
        log.info("member %s has had a reminder on each day left", member_id)
    day = times.local_day(meeting.starts_at).isoformat()
    told = [
        Told(member_id, f"meeting:{meeting.id}:{day}:member:{member_id}:{step}", moment)
        for member_id, moment in moments.items()
    ]
    return tell_all(
        session,
        told,
        notice,
        now=now,
        priority=Priority.REMINDER,
        expires_at=meeting.starts_at,
        meeting=meeting.id,
        starts=meeting.starts_at.isoformat(),
    )
