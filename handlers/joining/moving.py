"""Going over to another bot of the same platform: asked at the old one, done by opening the new one."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.context import Context
from bot.language import Say, choice, link, rows
from bot.reach import knows_people
from bot.router import Answer
from handlers.home.actions import Menu
from handlers.joining.linking_views import another_bot
from handlers.joining.views import consent_question
from locales.dates import day_text
from members.bots import joined_elsewhere, kin_of
from members.join_codes import VALID_FOR, draft_codes, keep_own_code, shown
from members.moving import move_known, still_asked, went_to


async def ask(ctx: Context, args: dict[str, Any]) -> Say | None:
    """At the old bot: the way to the new one, with a fresh code. None once they are there."""
    asked = await ctx.store.read(still_asked, args["account"], args["to"])
    if asked is None:
        return None
    (draft,) = await asyncio.to_thread(draft_codes, [asked.member_id], ctx.home.code_key)
    until = await ctx.store.write(keep_own_code, args["account"], draft, ctx.now, VALID_FOR)
    links = ctx.home.links
    name, day = links.name(asked.channel), day_text(ctx.home.local_day(until))
    return Say(
        ctx.words("moving.ask", branch=asked.branch_name, bot=name, code=shown(draft.code), day=day),
        rows(link(ctx.words("linking.open", messenger=name), links.start(asked.channel, f"j-{draft.code}"))),
    )


async def went(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To the old chat: where everything is said from now on."""
    links = ctx.home.links
    name = links.name(args["to"])
    return Say(
        ctx.words("moving.went", bot=name),
        rows(link(ctx.words("linking.open", messenger=name), links.start(args["to"], ""))),
    )


def arrived(ctx: Context, name: str, branch: str) -> Say:
    """At the new bot."""
    words = ctx.words
    return Say(
        words("moving.arrived", name=name, branch=branch), rows(choice(words("home.menu_button"), Menu(0)))
    )


async def known_elsewhere(ctx: Context, user: str) -> Answer:
    """A stranger here who belongs, or is to belong, to a bot of this platform; None for all others."""
    bots = ctx.settings.bots
    joined = await ctx.store.read(joined_elsewhere, bots, ctx.channel, user)
    if joined and knows_people(ctx.settings, ctx.channel):
        moved = await ctx.store.write(move_known, ctx.account_id, kin_of(bots, ctx.channel), ctx.now)
        if moved is not None:
            consented = moved.consented
            return arrived(ctx, moved.full_name, moved.branch_name) if consented else consent_question(ctx)
    theirs = joined or await ctx.store.read(went_to, ctx.account_id)
    return another_bot(ctx, theirs) if theirs else None
