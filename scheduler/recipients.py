"""Whom a step of a meeting reminds, and of what; for meetings of many branches in a few statements."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.outbox import Priority
from meetings.expected import expected_at_each
from meetings.reminder_cap import free_moments
from meetings.tables import ExcuseState, Meeting, Rsvp, RsvpAnswer
from meetings.timetable import Timetable
from members.telling import Telling, Told, tell_each

log = logging.getLogger(__name__)
SOON_DAYS = 1
Sending = tuple[Meeting, str]
"""A meeting and the step that is due; no two are of one branch."""


def remind(session: Session, due: Sequence[Sending], now: datetime, times: Timetable) -> dict[int, int]:
    """Queue the messages; how many people are told, by meeting."""
    if not due:
        return {}
    people = _concerned(session, due, times)
    before = {member: meeting.starts_at for meeting, _ in due for member in people[meeting.id]}
    moments = free_moments(session, before, now, times.zone)
    for member_id in before.keys() - moments.keys():
        log.info("member %s has had a reminder on each day left", member_id)
    tellings = [_telling(meeting, step, people[meeting.id], moments, times) for meeting, step in due]
    tell_each(session, tellings, now)
    return {meeting.id: len(one.told) for (meeting, _), one in zip(due, tellings, strict=True)}


def _concerned(session: Session, due: Sequence[Sending], times: Timetable) -> dict[int, list[int]]:
    """By meeting, the members whom its step concerns."""
    meetings = [meeting for meeting, _ in due]
    answers: defaultdict[int, dict[int, Rsvp]] = defaultdict(dict)
    for rsvp in session.scalars(select(Rsvp).where(Rsvp.meeting_id.in_([m.id for m in meetings]))):
        answers[rsvp.meeting_id][rsvp.member_id] = rsvp
    everybody = expected_at_each(session, meetings, times.zone)
    concerned = {}
    for meeting, step in due:
        _, wants = _kind_of(step, times)
        theirs = answers[meeting.id]
        concerned[meeting.id] = [member for member in everybody[meeting.id] if wants(theirs.get(member))]
    return concerned


def _telling(
    meeting: Meeting, step: str, people: Sequence[int], moments: Mapping[int, datetime], times: Timetable
) -> Telling:
    notice, _ = _kind_of(step, times)
    starts_at, day = meeting.starts_at, times.local_day(meeting.starts_at).isoformat()
    told = [
        Told(member, f"meeting:{meeting.id}:{day}:member:{member}:{step}", moments[member])
        for member in people
        if member in moments
    ]
    args = {"meeting": meeting.id, "starts": starts_at.isoformat()}
    return Telling(told, notice, args, Priority.REMINDER, starts_at)


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
