"""Answering an invitation on a page: the same answers as in chat, changed as often until the meeting."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from db.errors import BadInput, NotAllowed, Refused
from locales.dates import moment_text, month_text
from meetings import rsvp
from meetings.tables import ExcuseReason, RsvpAnswer
from meetings.upcoming import MyMeeting, my_meeting
from members.page_links import Opened
from web.pages.forms import one_of, text_in
from web.pages.visit import Visit, sentence


async def show(visit: Visit) -> Response:
    """The meeting, what was answered, what can be answered."""
    mine = await visit.read(_mine, visit.link)
    closed = None
    try:
        await visit.read(rsvp.invited_to, visit.who, visit.link.target, visit.now)
    except NotAllowed:
        raise
    except Refused as refused:
        closed = sentence(visit.words, refused)
    meeting = mine.meeting
    return visit.page(
        "rsvp.html",
        mine=mine,
        standing=_standing_key(mine),
        closed=closed,
        title=visit.words(f"invitation.kind_{meeting.kind}", month=month_text(meeting.period)),
        moment=moment_text(meeting.starts_at, visit.home.checkin.zone, visit.words),
        offered=[a for a in (RsvpAnswer.COMING, RsvpAnswer.NEEDS_HELP) if a is not mine.answer],
        reasons=list(ExcuseReason),
    )


async def act(visit: Visit, form: FormData) -> Response:
    """[Tôi sẽ dự], [Nhờ người giúp], or the reason of an absence."""
    answer = one_of(RsvpAnswer, text_in(form, "answer"))
    reason = one_of(ExcuseReason, text_in(form, "reason")) if form.get("reason") else None
    if reason is not None:
        answer = RsvpAnswer.EXCUSE
    if answer is None:
        raise BadInput("pages.old_form")
    await visit.act(_answer, answer, reason, now=visit.now)
    return visit.onward()


def _mine(session: Session, link: Opened) -> MyMeeting:
    mine = my_meeting(session, link.who.member_id, link.target)
    if mine.meeting.branch_id != link.who.branch_id:
        raise NotAllowed
    return mine


def _answer(
    session: Session, link: Opened, answer: RsvpAnswer, reason: ExcuseReason | None, *, now: datetime
) -> None:
    rsvp.answer_invitation(session, link.who, link.target, answer, now, reason)


def _standing_key(mine: MyMeeting) -> str | None:
    """The sentence about the answer that counts."""
    if mine.answer is RsvpAnswer.EXCUSE:
        return f"invitation.standing_excuse_{mine.excuse}"
    return f"invitation.standing_{mine.answer}" if mine.answer else None
