"""Who comes, who is to be called."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said, Say
from handlers.planning import actions as act
from handlers.planning import views
from meetings import overview, turnout, upcoming


async def home(_said: Said, ctx: Context, action: act.Home | None = None) -> Say:
    """The preparation of the next meeting."""
    branch = action.branch if action else 0
    if not branch:
        found = await ctx.store.read(overview.my_branches, ctx.me)
        if len(found) > 1:
            return views.branches(found, ctx)
        branch = found[0].id
    zone = ctx.settings.zone
    return views.home(await ctx.store.read(overview.overview, ctx.me, branch, ctx.now, zone), ctx)


async def says_who(said: Said, ctx: Context) -> Say:
    """'ai sẽ dự'."""
    branch = (await ctx.store.read(overview.my_branches, ctx.me))[0].id
    meeting = await ctx.store.read(upcoming.next_meeting, branch, ctx.now)
    if meeting is None:
        return await home(said, ctx)
    return await silent(said, ctx, act.Silent(meeting.id))


async def silent(_said: Said, ctx: Context, action: act.Silent) -> Say:
    """Who has not answered."""
    seen = await ctx.store.read(turnout.turnout, ctx.me, action.meeting, ctx.settings.zone)
    return views.silent(seen, action.page, ctx)


async def lost(_said: Said, ctx: Context, action: act.Lost) -> Say:
    """Whom no message reaches."""
    seen = await ctx.store.read(turnout.turnout, ctx.me, action.meeting, ctx.settings.zone)
    return views.lost(seen, action.page, ctx)
