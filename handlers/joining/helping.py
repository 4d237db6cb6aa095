"""The secretary helps: who has joined, a new code for one member."""

from __future__ import annotations

import asyncio

from bot.context import Context
from bot.language import Action, Said
from bot.router import Answer
from handlers.joining import helping_views as views
from handlers.joining.actions import NewCode
from members.join_codes import draft_codes, renew_code
from members.joining_state import find_people, joining_state, one_person


async def who_joined_typed(said: Said, ctx: Context) -> Answer:
    """Counts for the office, names for the branch's own secretary."""
    return views.who_joined(ctx, await ctx.store.read(joining_state, ctx.me, ctx.today))


async def who_joined(said: Said, ctx: Context, action: Action) -> Answer:
    """The same from a button."""
    return await who_joined_typed(said, ctx)


async def ask_whose_typed(said: Said, ctx: Context) -> Answer:
    """'tạo lại mã': for whom? Refused at once where the right is missing."""
    await ctx.store.read(joining_state, ctx.me, ctx.today)
    return views.ask_whose(ctx)


async def ask_whose(said: Said, ctx: Context, action: Action) -> Answer:
    """The same from a button."""
    return await ask_whose_typed(said, ctx)


async def named(said: Said, ctx: Context) -> Answer:
    """The name typed: one, two or three people to choose from."""
    found = await ctx.store.read(find_people, ctx.me, said.text, ctx.today)
    return views.whom(ctx, found)


async def new_code(said: Said, ctx: Context, action: NewCode) -> Answer:
    """Make the code; a phone linked until now is unlinked only after a question."""
    person = await ctx.store.read(one_person, ctx.me, action.member, ctx.today)
    if person.linked and not action.sure:
        return views.linked_already(ctx, person)
    drafts = await asyncio.to_thread(draft_codes, [person.member_id], ctx.home.code_key)
    made = await ctx.store.write(renew_code, ctx.me, drafts[0], ctx.now)
    return views.code_made(ctx, person, drafts[0].code, made.expires_at)
