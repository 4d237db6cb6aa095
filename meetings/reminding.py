"""When members are reminded of a meeting, and what happens to a reminder that comes late.

Steps are days before the meeting: 7, 3, 1 and the same day. The first is the invitation. At most one reminder
a day, nothing in quiet hours (domain.md 7.1 M-11), nothing once the meeting has begun (reliability.md P6).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from meetings.calendar import VIET_NAM, local_moment

STEPS = (7, 3, 1, 0)
GRACE = timedelta(hours=6)
# A reminder that leaves within a minute of its moment is on time; the clock wakes at least that often.
ON_TIME = timedelta(minutes=1)


class Quiet(Struct, frozen=True):
    """Local hours in which nobody is disturbed: `since` is inside, `until` is not. Equal times: no quiet
    hours.
    """

    since: time = time(21)
    until: time = time(6)

    def covers(self, at: time) -> bool:
        if self.since <= self.until:
            return self.since <= at < self.until
        return at >= self.since or at < self.until


class Hours(Struct, frozen=True):
    """Local hours of sending.

    A meeting that starts before `early` is announced at `evening` of the day before instead of the same
    morning.
    """

    send: time = time(8)
    early: time = time(10)
    evening: time = time(19)
    quiet: Quiet = Quiet()


class Planned(Struct, frozen=True):
    step: str
    due_at: datetime


class Action(StrEnum):
    SEND = "send"
    SEND_LATE = "send_late"
    WAIT = "wait"
    SKIP = "skip"


class Reason(StrEnum):
    ON_TIME = "on_time"
    WITHIN_GRACE = "within_grace"
    NOT_DUE = "not_due"
    QUIET_HOURS = "quiet_hours"
    TOO_CLOSE = "too_close"
    STARTED = "started"
    OVERTAKEN = "overtaken"


class Verdict(Struct, frozen=True):
    """What to do with a reminder; `until` is set for WAIT: the moment to ask again."""

    action: Action
    reason: Reason
    until: datetime | None = None


def step_name(days: int) -> str:
    """`d-3` for the reminder three days before."""
    return f"d-{days}"


def reminder_key(meeting_id: int, member_id: int, step: str) -> str:
    """The logical key under which one reminder exists once: `meeting:12:member:45:d-3`."""
    return f"meeting:{meeting_id}:member:{member_id}:{step}"


def outside_quiet_hours(moment: datetime, quiet: Quiet, zone: ZoneInfo = VIET_NAM) -> datetime:
    """`moment` itself, or the end of the quiet hours it falls into, in UTC; never before `moment`."""
    local = moment.astimezone(zone)
    if not quiet.covers(local.time()):
        return moment.astimezone(UTC)
    ends_tomorrow = local.time() >= quiet.until
    end = local_moment(local.date() + timedelta(days=ends_tomorrow), quiet.until, zone)
    return max(end, moment.astimezone(UTC))


def plan(
    starts_at: datetime,
    confirmed_at: datetime,
    steps: Iterable[int] = STEPS,
    hours: Hours | None = None,
    zone: ZoneInfo = VIET_NAM,
) -> list[Planned]:
    """The reminders of a meeting that was confirmed at `confirmed_at`, in order of their moments (UTC).

    - Each step is due at `hours.send`, local time, so many days before; never in quiet hours, never from the
      start on.
    - The largest step is the invitation. Where its moment has passed at confirmation, it leaves at once
      (after quiet hours); any other step that has passed is left out.
    - One a day: of two on the same local day the one nearer to the meeting stays, but the invitation always
      does.
    """
    when = hours or Hours()
    days = sorted(set(steps), reverse=True)
    if not days or days[-1] < 0:
        raise ValueError("steps are days before the meeting, 0 or more, at least one")
    first = max(_due(starts_at, days[0], when, zone), outside_quiet_hours(confirmed_at, when.quiet, zone))
    rest = {step_name(day): _due(starts_at, day, when, zone) for day in days[1:]}
    later = {step: due for step, due in rest.items() if due > first}
    one_a_day = {_day(due, zone): step for step, due in later.items()} | {
        _day(first, zone): step_name(days[0])
    }
    due = {**later, step_name(days[0]): first}
    planned = [Planned(step, due[step]) for step in one_a_day.values() if due[step] < starts_at]
    return sorted(planned, key=lambda reminder: reminder.due_at)


def too_late(
    due_at: datetime,
    starts_at: datetime,
    now: datetime,
    grace: timedelta = GRACE,
    quiet: Quiet | None = None,
    zone: ZoneInfo = VIET_NAM,
) -> Verdict:
    """What to do now with a reminder that was due at `due_at` and has not left.

    The rule: late is allowed while `grace` is left before the meeting. One that was due inside those
    last hours, or close to them, may be late by half of the time it had left. Never after the start; in quiet
    hours it waits for their end and is judged by that moment.
    """
    if now >= starts_at:
        return Verdict(Action.SKIP, Reason.STARTED)
    if now < due_at:
        return Verdict(Action.WAIT, Reason.NOT_DUE, due_at)
    leaves = outside_quiet_hours(now, quiet or Quiet(), zone)
    late = leaves - due_at > ON_TIME
    if leaves >= starts_at or (late and leaves > last_moment(due_at, starts_at, grace)):
        return Verdict(Action.SKIP, Reason.TOO_CLOSE)
    if leaves > now:
        return Verdict(Action.WAIT, Reason.QUIET_HOURS, leaves)
    return Verdict(Action.SEND_LATE, Reason.WITHIN_GRACE) if late else Verdict(Action.SEND, Reason.ON_TIME)


def last_moment(due_at: datetime, starts_at: datetime, grace: timedelta = GRACE) -> datetime:
    """Until when a late reminder still makes sense; before the start if it was due before it."""
    return max(starts_at - max(grace, ON_TIME), due_at + (starts_at - due_at) / 2)


def settle(
    waiting: Sequence[Planned],
    starts_at: datetime,
    now: datetime,
    grace: timedelta = GRACE,
    quiet: Quiet | None = None,
    zone: ZoneInfo = VIET_NAM,
    invitation: str = step_name(STEPS[0]),
) -> list[tuple[Planned, Verdict]]:
    """The verdict on each unsent reminder of one member and one meeting, when downtime made several due.

    One goes out today: the invitation if it still waits, as nobody is reminded of what he was never told;
    else the latest, even if its hour is still to come today. The others of today and before are skipped as
    overtaken.
    """
    verdicts = [(one, too_late(one.due_at, starts_at, now, grace, quiet, zone)) for one in waiting]
    today = _day(outside_quiet_hours(now, quiet or Quiet(), zone), zone)
    rivals = [
        one
        for one, verdict in verdicts
        if _day(one.due_at, zone) <= today and verdict.action is not Action.SKIP
    ]
    kept = max(rivals, key=lambda one: (one.step == invitation, one.due_at), default=None)
    overtaken = Verdict(Action.SKIP, Reason.OVERTAKEN)
    return [(one, overtaken if one in rivals and one != kept else verdict) for one, verdict in verdicts]


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _due(starts_at: datetime, days: int, hours: Hours, zone: ZoneInfo) -> datetime:
    start = starts_at.astimezone(zone)
    if days == 0 and start.time() < hours.early:
        moment = local_moment(start.date() - timedelta(days=1), hours.evening, zone)
    else:
        moment = local_moment(start.date() - timedelta(days=days), hours.send, zone)
    return outside_quiet_hours(moment, hours.quiet, zone)
