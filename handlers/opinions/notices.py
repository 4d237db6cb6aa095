"""What people are told about opinions without having asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.context import Context
from bot.language import Say
from handlers.opinions import views
from handlers.pages.offering import with_page
from members.tables import Purpose
from opinions import prompted, reading
from opinions.access import committee_of


async def step(ctx: Context, args: dict[str, Any]) -> Say | None:
    """The author hears where the opinion stands; of two steps at once only of the newer."""
    if ctx.who is None:
        return None
    opinion, number = int(args["opinion"]), int(args["step"])
    seen = await ctx.store.read(reading.own_after_step, ctx.who, opinion, number)
    return views.followed_up(ctx, seen) if seen else None


async def waiting(ctx: Context, args: dict[str, Any]) -> Say | None:
    """The chair hears how many opinions wait; nothing when all are answered meanwhile."""
    branch = int(args["branch"])
    if ctx.who is None or branch not in committee_of(ctx.who):
        return None
    count = await ctx.store.read(reading.waiting_count, branch)
    return views.some_wait(ctx, count) if count else None


async def before(ctx: Context, args: dict[str, Any]) -> Say | None:
    """Before the meeting; not to somebody who has written meanwhile."""
    if ctx.who is None:
        return None
    starts = datetime.fromisoformat(args["starts"])
    asked = await ctx.store.read(
        prompted.still_to_ask, ctx.who.member_id, int(args["meeting"]), starts, ctx.now
    )
    return await with_page(ctx, views.before(ctx, asked), Purpose.OPINION) if asked else None


async def after(ctx: Context, args: dict[str, Any]) -> Say | None:
    """Thanks, the morning after."""
    held = await ctx.store.read(prompted.to_thank, int(args["meeting"])) if ctx.who else None
    return views.after(ctx, held) if held else None
