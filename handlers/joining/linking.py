"""One person, several messengers: a code from here is typed there; what was linked can be undone."""

from __future__ import annotations

import asyncio

from bot.context import Context
from bot.language import Action, Said
from bot.router import Answer
from handlers.joining import linking_views as views
from handlers.joining.actions import Unlink
from members.bots import serving
from members.join_codes import draft_codes
from members.linking import offer_link, unlink


async def link_typed(_said: Said, ctx: Context) -> Answer:
    """'liên kết': a one-time code to type on another messenger."""
    bots = await ctx.store.read(serving, ctx.settings.bots, ctx.me.branch_id)
    others = views.other_messengers(ctx, bots)
    if ctx.settings.channels and not others:
        return views.only_one(ctx)
    (draft,) = await asyncio.to_thread(draft_codes, [ctx.me.member_id], ctx.home.code_key)
    await ctx.store.write(offer_link, ctx.me, ctx.account_id, draft, ctx.now)
    return views.code_to_type(ctx, draft.code, others)


async def link_more(said: Said, ctx: Context, action: Action) -> Answer:
    """The same from a button."""
    return await link_typed(said, ctx)


async def undo(_said: Said, ctx: Context, action: Unlink) -> Answer:
    """Unlink another account of one's own."""
    channel = await ctx.store.write(unlink, ctx.me, ctx.account_id, action.account, ctx.now)
    return views.unlinked(ctx, channel)
