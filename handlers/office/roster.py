"""A member list sent as a file."""

from __future__ import annotations

import asyncio

from bot.context import Context
from bot.router import Answer
from handlers.office import roster_views as views
from handlers.office.files import SentFile
from members.roster_file import read_roster
from members.roster_import import import_roster, office_committee, preview_import


async def look(ctx: Context, sent: SentFile) -> Answer:
    """What importing would do, with every faulty line."""
    file = await asyncio.to_thread(read_roster, sent.data, sent.name)
    committee = office_committee(ctx.me)
    report = await ctx.store.read(preview_import, ctx.me, committee, file, ctx.today)
    return views.preview(ctx, sent, report)


async def bring_in(ctx: Context, sent: SentFile) -> Answer:
    """Import it."""
    file = await asyncio.to_thread(read_roster, sent.data, sent.name)
    committee = office_committee(ctx.me)
    report = await ctx.store.write(import_roster, ctx.me, committee, file, ctx.now, ctx.today)
    return views.imported(ctx, report)
