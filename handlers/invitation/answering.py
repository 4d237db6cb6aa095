"""Answering an invitation, by choice or by typed words; the next meeting at any time."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said, Say
from handlers.invitation import views
from handlers.invitation.actions import Answering, Excusing, Schedule
from meetings import rsvp, upcoming
from meetings.tables import ExcuseReason, RsvpAnswer
from meetings.upcoming import MyMeeting


async def pressed(_said: Said, ctx: Context, action: Answering) -> Say:
    """One of the answers was chosen."""
    return await _answer(ctx, action.meeting, action.answer)


async def reason_chosen(_said: Said, ctx: Context, action: Excusing) -> Say:
    """The reason of an excuse was chosen."""
    return await _answer(ctx, action.meeting, RsvpAnswer.EXCUSE, action.reason)


async def reason_typed(_said: Said, ctx: Context) -> Say:
    """Something else than one of the reasons was typed."""
    try:
        meeting = await ctx.store.read(rsvp.invited_to, ctx.me, int(ctx.data["meeting"]), ctx.now)
    except rsvp.TooLate as late:
        return await _too_late(ctx, late)
    return views.reasons(meeting, ctx, again=True)


async def says_coming(said: Said, ctx: Context) -> Say:
    """'tôi sẽ dự'."""
    return await _answer_next(said, ctx, RsvpAnswer.COMING)


async def says_excuse(said: Said, ctx: Context) -> Say:
    """'xin vắng'."""
    return await _answer_next(said, ctx, RsvpAnswer.EXCUSE)


async def says_help(said: Said, ctx: Context) -> Say:
    """'nhờ giúp'."""
    return await _answer_next(said, ctx, RsvpAnswer.NEEDS_HELP)


async def schedule(_said: Said, ctx: Context, _action: Schedule | None = None) -> Say:
    """'lịch': the next meeting and the dates after it."""
    ahead = await ctx.store.read(upcoming.meetings_ahead, ctx.me.branch_id, ctx.now)
    return views.schedule(await _next(ctx), ahead, ctx)


async def _answer_next(said: Said, ctx: Context, answer: RsvpAnswer) -> Say:
    mine = await _next(ctx)
    return await _answer(ctx, mine.meeting.id, answer) if mine else await schedule(said, ctx)


async def _answer(
    ctx: Context, meeting_id: int, answer: RsvpAnswer, reason: ExcuseReason | None = None
) -> Say:
    try:
        if answer is RsvpAnswer.EXCUSE and reason is None:
            return views.reasons(await ctx.store.read(rsvp.invited_to, ctx.me, meeting_id, ctx.now), ctx)
        done = await ctx.store.write(rsvp.answer_invitation, ctx.me, meeting_id, answer, ctx.now, reason)
    except rsvp.TooLate as late:
        return await _too_late(ctx, late)
    return views.answered(done.mine, ctx)


async def _too_late(ctx: Context, late: rsvp.TooLate) -> Say:
    return views.too_late(ctx.words(late.key), await _next(ctx), ctx)


async def _next(ctx: Context) -> MyMeeting | None:
    return await ctx.store.read(upcoming.my_next_meeting, ctx.me.member_id, ctx.me.branch_id, ctx.now)
