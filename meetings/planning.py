"""The branch's monthly rule and the meetings written down from it, twelve months ahead.

A day that clashes with a weekend, a holiday or Tết is written as `to_confirm` with a suggestion; nobody is
invited to it and nothing is moved until the secretary decides (domain.md B-01, SR-24).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import BadInput
from db.once import insert_new
from meetings.calendar import Instance, MonthlyRule, find_clash, instances, local_moment
from meetings.reminder_rows import MOVED, drop, plan_new, replan
from meetings.tables import Meeting, MeetingKind, MeetingRule, MeetingState, Reminder, ReminderState
from meetings.timetable import Timetable
from meetings.upcoming import MeetingSeen, meetings_ahead
from members.audit import note
from members.identity import Who
from members.months import mark_all, mark_month
from members.permissions import Right, require

PLACE_LENGTH = 200


class RuleSet(Struct, frozen=True):
    """A rule as it stands now, and the meetings ahead; `kept`: told already or moved by hand: left alone."""

    branch_id: int
    day: int
    at: time
    place: str
    ahead: tuple[MeetingSeen, ...]
    to_confirm: int
    kept: int


def set_rule(
    session: Session,
    who: Who | None,
    branch_id: int,
    day: int,
    at: time,
    place: str,
    now: datetime,
    times: Timetable,
) -> RuleSet:
    """Set a branch's rule: by its secretary, or from the command line (`who` None).

    Meetings that still stand as the old rule put them follow the new one. Those moved by hand, and those
    people were already told of, stay. An empty `place` keeps the place of the rule before.
    """
    if who is not None:
        require(session, who, Right.PLAN_MEETINGS, branch_id)
    old = session.scalar(select(MeetingRule).where(MeetingRule.branch_id == branch_id))
    where = _place(place or (old.place if old else ""))
    wanted = _monthly(day, at)
    kept = _let_go(session, old, wanted, where, now, times) if old else 0
    _store_rule(session, old, branch_id, wanted, where)
    _fill(session, [(branch_id, wanted, where)], now, times)
    note(
        session,
        who.member_id if who else None,
        "meeting_rule.set",
        f"unit:{branch_id}",
        now,
        day=day,
        at=at.isoformat("minutes"),
    )
    ahead = meetings_ahead(session, branch_id, now, times.months + 1)
    waiting = sum(m.state is MeetingState.TO_CONFIRM for m in ahead)
    return RuleSet(branch_id, day, at, where, tuple(ahead), waiting, kept)


def rule_of(session: Session, branch_id: int) -> MonthlyRule | None:
    """The branch's rule, or None where none is set."""
    rule = session.scalar(select(MeetingRule).where(MeetingRule.branch_id == branch_id))
    return MonthlyRule(rule.day, rule.at) if rule else None


def lacking(session: Session, now: datetime, times: Timetable) -> list[int]:
    """Branches with a rule that miss a meeting of this month or `times.months` more; cancelled ones count."""
    found: list[int] = []
    rules = session.execute(select(MeetingRule.day, MeetingRule.at).distinct())
    for day, at in rules.all():
        periods = [one.period for one in _coming(MonthlyRule(day, at), now, times)]
        written = (
            select(func.count())
            .where(Meeting.branch_id == MeetingRule.branch_id, Meeting.kind == MeetingKind.REGULAR)
            .where(Meeting.period.in_(periods))
            .scalar_subquery()
        )
        alike = select(MeetingRule.branch_id).where(MeetingRule.day == day, MeetingRule.at == at)
        found += session.scalars(alike.where(written < len(periods)))
    return sorted(found)


def fill(session: Session, branch_ids: Sequence[int], now: datetime, times: Timetable) -> int:
    """Write down what these branches lack; meetings added.

    Harmless when repeated: one meeting a branch, kind and month, cancelled ones included.
    """
    rules = session.scalars(
        select(MeetingRule).where(MeetingRule.branch_id.in_(branch_ids)).order_by(MeetingRule.id)
    )
    return _fill(session, [(r.branch_id, MonthlyRule(r.day, r.at), r.place) for r in rules], now, times)


def _place(text: str) -> str:
    place = " ".join(text.split())
    if not place:
        raise BadInput("planning.rule_needs_place")
    if len(place) > PLACE_LENGTH:
        raise BadInput("planning.place_too_long", limit=PLACE_LENGTH)
    return place


def _monthly(day: int, at: time) -> MonthlyRule:
    try:
        return MonthlyRule(day, at)
    except ValueError:
        raise BadInput("planning.bad_rule") from None


def _store_rule(
    session: Session, old: MeetingRule | None, branch_id: int, rule: MonthlyRule, place: str
) -> None:
    if old is None:
        session.add(MeetingRule(branch_id=branch_id, day=rule.day, at=rule.time, place=place))
    else:
        old.day, old.at, old.place = rule.day, rule.time, place
    session.flush()


def _fill(
    session: Session, rules: Sequence[tuple[int, MonthlyRule, str]], now: datetime, times: Timetable
) -> int:
    """`rules`: branch, rule, place."""
    coming = {rule: _coming(rule, now, times) for rule in {rule for _, rule, _ in rules}}
    rows = [_row(branch_id, one, place) for branch_id, rule, place in rules for one in coming[rule]]
    added = insert_new(session, Meeting, rows)
    mark_all(session, [(meeting.branch_id, meeting.period) for meeting in added])
    plan_new(session, [m for m in added if m.state is MeetingState.PLANNED], now, times)
    return len(added)


def _coming(rule: MonthlyRule, now: datetime, times: Timetable) -> list[Instance]:
    found = instances(rule, times.local_day(now), times.months + 1, times.zone)
    return [one for one in found if one.starts_at > now]


def _row(branch_id: int, one: Instance, place: str) -> dict[str, Any]:
    return {
        "branch_id": branch_id,
        "kind": MeetingKind(one.kind),
        "period": one.period,
        "starts_at": one.starts_at,
        "place": place,
        "state": MeetingState.TO_CONFIRM if one.clash else MeetingState.PLANNED,
        "clash": ",".join(one.clash.kinds) if one.clash else None,
        "suggested_on": one.clash.suggestion if one.clash else None,
        "checkin_key": secrets.token_hex(16),
        "screen_token": secrets.token_urlsafe(32),
    }


def _let_go(
    session: Session, old: MeetingRule, new: MonthlyRule, place: str, now: datetime, times: Timetable
) -> int:
    """Give future meetings of the old rule the new rule's day; how many were left alone."""
    waiting = session.scalars(
        select(Meeting).where(
            Meeting.branch_id == old.branch_id,
            Meeting.kind == MeetingKind.REGULAR,
            Meeting.starts_at > now,
            Meeting.state.in_((MeetingState.PLANNED, MeetingState.TO_CONFIRM)),
        )
    ).all()
    by_rule = [m for m in waiting if m.starts_at == _moment(m.period, old.day, old.at, times)]
    known = {m.id for m in by_rule if _was_told(session, m.id)}
    for meeting in by_rule:
        if meeting.id not in known:
            _follow(session, meeting, new, place, now, times)
    return len(known) + len(waiting) - len(by_rule)


def _follow(
    session: Session, meeting: Meeting, rule: MonthlyRule, place: str, now: datetime, times: Timetable
) -> None:
    starts_at = _moment(meeting.period, rule.day, rule.time, times)
    meeting.place = place
    if starts_at == meeting.starts_at or starts_at <= now:
        return
    clash = find_clash(times.local_day(starts_at), not_before=times.local_day(now))
    meeting.starts_at = starts_at
    meeting.state = MeetingState.TO_CONFIRM if clash else MeetingState.PLANNED
    meeting.clash = ",".join(clash.kinds) if clash else None
    meeting.suggested_on = clash.suggestion if clash else None
    mark_month(session, meeting.branch_id, meeting.period)
    if clash:
        drop(session, meeting.id, MOVED, now)
    else:
        replan(session, meeting, now, times)


def _moment(period: str, day: int, at: time, times: Timetable) -> datetime:
    first = date.fromisoformat(f"{period}-01")
    one = instances(MonthlyRule(day, at), first, 1, times.zone)[0]
    return local_moment(one.local_date, at, times.zone)


def _was_told(session: Session, meeting_id: int) -> bool:
    sent = select(Reminder.id).where(Reminder.meeting_id == meeting_id, Reminder.state == ReminderState.DONE)
    return session.scalar(sent.limit(1)) is not None
