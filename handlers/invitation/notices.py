"""What members are told about a meeting, read fresh when it is sent; None when it is no longer needed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.context import Context
from bot.language import Say
from handlers.invitation import views
from handlers.pages.offering import with_page
from meetings import upcoming
from meetings.tables import ExcuseState, MeetingState
from meetings.upcoming import MyMeeting
from members.tables import Purpose


async def invite(ctx: Context, args: dict[str, Any]) -> Say | None:
    """The invitation."""
    mine = await _ahead(ctx, args)
    return await _with_page(ctx, mine, views.invitation(mine, ctx)) if mine and mine.answer is None else None


async def ask(ctx: Context, args: dict[str, Any]) -> Say | None:
    """Has not answered."""
    mine = await _ahead(ctx, args)
    return await _with_page(ctx, mine, views.ask(mine, ctx)) if mine and mine.answer is None else None


async def soon(ctx: Context, args: dict[str, Any]) -> Say | None:
    """Shortly before; not to those who asked to be absent."""
    mine = await _ahead(ctx, args)
    return views.soon(mine, ctx) if mine and not mine.stays_away else None


async def moved(ctx: Context, args: dict[str, Any]) -> Say | None:
    """The moment has changed; one that has changed again since is told by its own message."""
    mine = await _ahead(ctx, args)
    return views.moved(mine, ctx) if mine else None


async def called_off(ctx: Context, args: dict[str, Any]) -> Say | None:
    """The meeting does not take place."""
    mine = await _mine(ctx, args)
    if mine is None or mine.meeting.state is not MeetingState.CANCELLED:
        return None
    return views.called_off(mine.meeting, ctx)


async def excuse_decided(ctx: Context, args: dict[str, Any]) -> Say | None:
    """The secretary has decided."""
    mine = await _mine(ctx, args)
    if mine is None or mine.excuse in (None, ExcuseState.ASKED):
        return None
    return views.excuse_decided(mine, ctx)


async def _with_page(ctx: Context, mine: MyMeeting, say: Say) -> Say:
    return await with_page(ctx, say, Purpose.RSVP, mine.meeting.id)


async def _ahead(ctx: Context, args: dict[str, Any]) -> MyMeeting | None:
    """The meeting, if it is still to come at the moment the message was written for."""
    mine = await _mine(ctx, args)
    if mine is None or not mine.meeting.is_ahead(ctx.now):
        return None
    return mine if datetime.fromisoformat(args["starts"]) == mine.meeting.starts_at else None


async def _mine(ctx: Context, args: dict[str, Any]) -> MyMeeting | None:
    if ctx.who is None:
        return None
    mine = await ctx.store.read(upcoming.my_meeting, ctx.who.member_id, int(args["meeting"]))
    return mine if mine.meeting.branch_id == ctx.who.branch_id else None
