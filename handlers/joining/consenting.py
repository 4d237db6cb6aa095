"""The consent question, and the question about names on leaderboards."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said, Say
from bot.router import Answer
from handlers.home import views as home
from handlers.joining import actions, views
from handlers.joining.actions import Consent, ShowName
from members import consent


async def answered(said: Said, ctx: Context, action: Consent) -> Answer:
    """'Tôi đồng ý', 'Tôi chưa đồng ý', 'Xem đầy đủ'."""
    if action.answer is actions.Answer.YES:
        return await agree(said, ctx)
    if action.answer is actions.Answer.FULL:
        return views.full_text(ctx)
    return views.agreed_before(ctx) if ctx.me.consented else views.declined(ctx)


async def agree(said: Said, ctx: Context) -> Answer:
    """Record the consent, then ask about the name."""
    await ctx.store.write(consent.give, ctx.me, ctx.now)
    return views.name_question(ctx)


async def show_name(said: Said, ctx: Context, action: ShowName) -> Answer:
    """Keep the choice; while joining, the home menu follows."""
    await ctx.store.write(consent.show_name, ctx.me, shown=action.shown)
    noted = views.name_noted(ctx, shown=action.shown)
    if not action.first:
        return Say(noted, instead=True)
    return [Say(noted, instead=True), home.menu(ctx, first=True)]
