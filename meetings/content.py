"""What a meeting is about: agenda, topic, place. The secretary's words, kept as typed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from db.errors import BadInput
from meetings.planning import PLACE_LENGTH
from meetings.tables import Meeting
from meetings.telling import tell_informed
from meetings.upcoming import MeetingSeen, seen, the_meeting
from members.audit import note
from members.identity import Who
from members.names import tidy
from members.permissions import Right, require

AGENDA_POINTS = 10
POINT_LENGTH = 200
TOPIC_LENGTH = 200


class Part(StrEnum):
    """What can be written."""

    AGENDA = "agenda"
    TOPIC = "topic"
    PLACE = "place"


def write_part(
    session: Session, who: Who, meeting_id: int, part: Part, text: str, now: datetime
) -> MeetingSeen:
    """Replace one part of a meeting's content; an agenda is one point a line.

    Whoever knew another place is told the right one.
    """
    meeting = the_meeting(session, meeting_id)
    require(session, who, Right.PLAN_MEETINGS, meeting.branch_id)
    if part is Part.AGENDA:
        meeting.agenda = _agenda(text)
    elif part is Part.TOPIC:
        meeting.topic = _line(text, TOPIC_LENGTH)
    else:
        _change_place(session, meeting, _line(text, PLACE_LENGTH), now)
    note(session, who.member_id, f"meeting.{part}", f"meeting:{meeting.id}", now)
    return seen(meeting)


def _change_place(session: Session, meeting: Meeting, place: str, now: datetime) -> None:
    if place == meeting.place:
        return
    meeting.place = place
    if seen(meeting).is_ahead(now):
        tell_informed(session, meeting, "invitation.moved", now, meeting.starts_at)


def _agenda(text: str) -> str:
    points = [tidy(line) for line in text.splitlines() if tidy(line)]
    if not points:
        raise BadInput("planning.empty_text")
    if len(points) > AGENDA_POINTS:
        raise BadInput("planning.agenda_too_long", points=AGENDA_POINTS)
    return "\n".join(_line(_bare(point), POINT_LENGTH) for point in points)


def _bare(point: str) -> str:
    """Without the number somebody typed before it: '1) kết quả' → 'kết quả'."""
    head, _, rest = point.partition(" ")
    return rest if rest and head.rstrip(".)-/").isdigit() and head[-1] in ".)-/" else point


def _line(text: str, limit: int) -> str:
    line = tidy(text)
    if not line:
        raise BadInput("planning.empty_text")
    if len(line) > limit:
        raise BadInput("planning.text_too_long", limit=limit)
    return line
