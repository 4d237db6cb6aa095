"""'link': the pages of what the person can do now, in one message."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said, Say, rows
from db.errors import Refused
from handlers.pages.offering import has_pages, page_link
from meetings import checkin, rsvp, upcoming
from members.tables import Purpose
from quizzes import overview
from quizzes.overview import Own


async def links(_said: Said, ctx: Context) -> Say:
    """Whatever the chat is in the middle of goes on there as well as on the page."""
    if not has_pages(ctx):
        return Say(ctx.words("pages.not_here"), keeps_step=True)
    matters = [*await _meeting(ctx), *await _quiz(ctx), (Purpose.OPINION, 0)]
    choices = [await page_link(ctx, purpose, target) for purpose, target in matters]
    return Say(ctx.words("pages.links"), rows(*choices), keeps_step=True)


async def _meeting(ctx: Context) -> list[tuple[Purpose, int]]:
    """Check-in while it is open, else the invitation while it can be answered."""
    opened = await ctx.store.read(checkin.open_meeting, ctx.me, ctx.now)
    if opened is not None:
        return [(Purpose.CHECKIN, opened)]
    mine = await ctx.store.read(upcoming.my_next_meeting, ctx.me.member_id, ctx.me.branch_id, ctx.now)
    try:
        if mine is not None:
            await ctx.store.read(rsvp.invited_to, ctx.me, mine.meeting.id, ctx.now)
    except Refused:
        return []
    return [(Purpose.RSVP, mine.meeting.id)] if mine else []


async def _quiz(ctx: Context) -> list[tuple[Purpose, int]]:
    seen = await ctx.store.read(overview.current, ctx.me, ctx.now)
    return [(Purpose.QUIZ, seen.round.id)] if seen and seen.is_open and seen.own is not Own.DONE else []
