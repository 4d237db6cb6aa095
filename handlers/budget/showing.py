"""'Hạn mức': what is left this month, and what next month will cost."""

from __future__ import annotations

from bot.context import Context
from bot.language import Action, Said
from bot.router import Answer
from db.errors import NotAllowed
from handlers.budget import views
from members import budget
from members.permissions import Right, has_somewhere
from reports.plan import messages_a_member


async def show_typed(_said: Said, ctx: Context) -> Answer:
    """For secretaries and the office."""
    if not has_somewhere(ctx.me, Right.SEE_BUDGET):
        raise NotAllowed
    month = budget.month_of(ctx.now, ctx.settings.zone)
    left = await ctx.store.read(budget.overview, ctx.me, ctx.settings.bots, month)
    each = messages_a_member(len(ctx.settings.meetings.reminder_days), ctx.settings.quiz.questions)
    return views.budget(ctx, left, each)


async def show(said: Said, ctx: Context, action: Action) -> Answer:
    """The same from the menu."""
    return await show_typed(said, ctx)
