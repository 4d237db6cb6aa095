"""'Của tôi': my own record and what is stored about me."""

from __future__ import annotations

from bot.context import Context
from bot.language import Action, Said
from bot.router import Answer
from handlers.joining import record_views
from members.consent import own_data
from reports.my_record import my_record


async def my_record_typed(said: Said, ctx: Context) -> Answer:
    """Attendance, quizzes and opinions of this year."""
    data = await ctx.store.read(own_data, ctx.me.member_id)
    record = await ctx.store.read(my_record, ctx.me.member_id, ctx.today.year, ctx.settings.zone)
    return record_views.record(ctx, record, data)


async def show_record(said: Said, ctx: Context, action: Action) -> Answer:
    """The same from a button."""
    return await my_record_typed(said, ctx)


async def my_data_typed(said: Said, ctx: Context) -> Answer:
    """Everything stored about me."""
    return record_views.data(ctx, await ctx.store.read(own_data, ctx.me.member_id))


async def show_data(said: Said, ctx: Context, action: Action) -> Answer:
    """The same from a button."""
    return await my_data_typed(said, ctx)
