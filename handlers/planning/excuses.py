"""Deciding on requests to be absent; the reason is shown to those who decide only."""

from __future__ import annotations

from typing import Any

from bot.context import Context
from bot.language import Said, Say, choice, rows
from db.errors import Refused
from handlers.invitation.views import day_of
from handlers.planning import actions as act
from locales.text import Text, join
from meetings import excuses, turnout
from meetings.excuses import ExcuseSeen
from meetings.tables import ExcuseState


async def waiting(_said: Said, ctx: Context, _action: act.Excuses | None = None) -> Say:
    """The oldest request that waits."""
    return await _next(ctx, [])


async def decide(_said: Said, ctx: Context, action: act.Decide) -> Say:
    """A decision; then the next request."""
    done = await ctx.store.write(
        excuses.decide_excuse, ctx.me, action.meeting, action.member, action.state, ctx.now
    )
    key = f"planning.excuse_{done.state}"
    return await _next(ctx, [ctx.words(key, name=done.full_name, day=day_of(done.meeting, ctx))])


async def asked(ctx: Context, args: dict[str, Any]) -> Say | None:
    """Notice: somebody asks to be absent."""
    if ctx.who is None:
        return None
    try:
        found = await ctx.store.write(
            excuses.excuse_of, ctx.who, int(args["meeting"]), int(args["member"]), ctx.now
        )
    except Refused:
        return None
    return _question([], found, ctx) if found.state is ExcuseState.ASKED else None


async def help_asked(ctx: Context, args: dict[str, Any]) -> Say | None:
    """Notice: somebody needs help to come."""
    if ctx.who is None:
        return None
    try:
        who = ctx.who
        found = await ctx.store.read(turnout.needs_help, who, int(args["meeting"]), int(args["member"]))
    except Refused:
        return None
    if found is None:
        return None
    return Say(ctx.words("planning.help_asked", name=found.full_name, day=day_of(found.meeting, ctx)))


async def _next(ctx: Context, lines: list[Text]) -> Say:
    found = await ctx.store.write(excuses.waiting_excuses, ctx.me, ctx.now)
    if found:
        return _question(lines, found[0], ctx)
    return Say(join([*lines, ctx.words("planning.no_excuses")]), instead=True)


def _question(lines: list[Text], found: ExcuseSeen, ctx: Context) -> Say:
    reason = ctx.words.plain(f"invitation.reason_{found.reason}") if found.reason else ""
    day = day_of(found.meeting, ctx)
    text = ctx.words("planning.excuse_question", name=found.full_name, day=day, reason=reason)
    choices = [
        choice(ctx.words(f"planning.decide_{state}"), act.Decide(found.meeting.id, found.member_id, state))
        for state in (ExcuseState.APPROVED, ExcuseState.DECLINED)
    ]
    return Say(join([*lines, text]), rows(*choices), instead=bool(lines))
