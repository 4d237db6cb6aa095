"""'Bản sao dữ liệu của tôi': everything stored about me as one file, for me alone. The taking is audited."""

from __future__ import annotations

from bot.context import Context
from bot.language import Action, FileOut, Said, Say
from bot.router import Answer
from handlers.joining import copy_views
from reports.my_copy import take_copy


async def copy_typed(said: Said, ctx: Context) -> Answer:
    """An archive with a page to read and the same as JSON."""
    if not said.private:
        return None
    rows = await ctx.store.write(take_copy, ctx.me.member_id, ctx.now)
    return Say(ctx.words("record.copy_made"), file=FileOut(copy_views.NAME, copy_views.archive(ctx, rows)))


async def copy_tapped(said: Said, ctx: Context, action: Action) -> Answer:
    """The same from a button."""
    return await copy_typed(said, ctx)
