"""'Không phải tôi', and leaving."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said
from bot.router import Answer
from handlers.joining import views
from handlers.joining.actions import Leave, NotMe
from members import leaving
from members.leaving import Forget
from opinions.forgetting import forget_author
from quizzes.forgetting import forget_taker

FORGET: tuple[Forget, ...] = (forget_author, forget_taker)
"""What the rooms make anonymous when somebody withdraws their consent; a new room adds its own here."""


async def not_me(said: Said, ctx: Context, action: NotMe) -> Answer:
    """Unlink at once; somebody whose consent stands is asked once more, as old buttons stay in chats."""
    if ctx.who is not None and ctx.who.consented and not action.sure:
        return views.not_me_question(ctx)
    await ctx.store.write(leaving.not_me, ctx.account_id, ctx.now, key=said.key)
    return views.unlinked(ctx)


async def typed_not_me(said: Said, ctx: Context) -> Answer:
    """The same in words."""
    return await not_me(said, ctx, NotMe(sure=False))


async def leave(said: Said, ctx: Context, action: Leave) -> Answer:
    """Withdraw the consent after one question."""
    if ctx.who is not None and not action.sure:
        return views.leave_question(ctx)
    await ctx.store.write(leaving.withdraw, ctx.account_id, FORGET, ctx.now, key=said.key)
    return views.left(ctx)


async def typed_leave(said: Said, ctx: Context) -> Answer:
    """The same in words."""
    return views.leave_question(ctx)
