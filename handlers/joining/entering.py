"""The door: opening the bot, the code by link or typed, 'Đồng chí là …, đúng không?'."""

from __future__ import annotations

import asyncio

from bot.context import Context
from bot.language import Said, Say
from bot.router import Answer
from handlers.home import views as home
from handlers.joining import linking_views, moving, views
from handlers.joining.actions import ItIsMe
from locales.words import spellings
from members import identity
from members.join_codes import code_in, digest_of
from members.joining import JoinAttempt, JoinState, check_tries, join
from members.names import fold


async def opened(said: Said, ctx: Context) -> Answer:
    """The bot is opened without a code: the next step of whoever it is."""
    if ctx.who is None:
        return await moving.known_elsewhere(ctx, said.user) or views.welcome_stranger(ctx)
    return home.menu(ctx) if ctx.who.consented else views.consent_question(ctx)


async def opened_with_code(said: Said, ctx: Context) -> Answer:
    """A join link: 'j-K7M29XQD'."""
    code = code_in(ctx.found[0]) if ctx.found else None
    return await _enter(said, ctx, code) if code else views.code_needed(ctx)


async def typed_code(said: Said, ctx: Context) -> Answer:
    """A code as printed, 'K7M2-9XQD', typed by anybody at any time."""
    code = code_in(said.text)
    return await _enter(said, ctx, code) if code else views.code_needed(ctx)


async def ask_to_join(said: Said, ctx: Context) -> Answer:
    """A stranger, whatever they wanted: a code in any spelling is taken, else how to join is told."""
    code = code_in(said.text)
    if code:
        return await _enter(said, ctx, code)
    elsewhere = await moving.known_elsewhere(ctx, said.user)
    return elsewhere or Say(ctx.words("joining.please_join"))


async def ask_for_consent(said: Said, ctx: Context) -> Answer:
    """Linked without consent, whatever they wanted: the question; 'đồng ý' in words is an answer."""
    from handlers.joining.consenting import agree  # they call each other

    if fold(said.text) in {fold(word) for word in spellings("joining.word.agree")}:
        return await agree(said, ctx)
    code = code_in(said.text)
    return await _enter(said, ctx, code) if code else views.consent_question(ctx)


async def it_is_me(said: Said, ctx: Context, action: ItIsMe) -> Answer:
    """'Đúng': on to the consent, or home where it was given on another channel."""
    return home.menu(ctx) if ctx.me.consented else views.consent_question(ctx)


async def blocked(said: Said, ctx: Context) -> None:
    """Nobody can be written to who has blocked us; the call list shows them."""
    await ctx.store.write(identity.mark_unreachable, said.channel, said.chat, ctx.now)


async def unblocked(said: Said, ctx: Context) -> None:
    """Back again: noted already when the account was recognised."""


async def _enter(said: Said, ctx: Context, code: str) -> Answer:
    await ctx.store.read(check_tries, ctx.account_id, ctx.now)
    digest = await asyncio.to_thread(digest_of, code, ctx.home.code_key)
    attempt = JoinAttempt(ctx.account_id, digest, said.key, ctx.settings.bots)
    joined = await ctx.store.write(join, attempt, ctx.now, ctx.today)
    if joined.state is JoinState.WRONG:
        return views.wrong_code(ctx, joined)
    if joined.state is JoinState.OTHER_BOT:
        return linking_views.code_of_another_bot(ctx, joined)
    if joined.moved and joined.consented:
        return moving.arrived(ctx, joined.full_name, joined.branch_name)
    if joined.one_more and joined.consented:
        return linking_views.linked_here(ctx, joined)
    return views.is_it_you(ctx, joined)
