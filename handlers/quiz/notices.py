"""What members are told without having asked: a quiz opened, was published, questions wait for approval."""

from __future__ import annotations

from typing import Any

from bot.context import Context
from bot.language import Say, choice, rows
from db.errors import Refused
from handlers.pages.offering import with_page
from handlers.quiz import results, views
from handlers.quiz.actions import Review
from members.tables import Purpose
from quizzes import bank, leaderboard, overview
from quizzes.overview import Own


async def opened(ctx: Context, args: dict[str, Any]) -> Say | None:
    """Not to somebody who has begun meanwhile, nor when it is over."""
    if ctx.who is None:
        return None
    try:
        seen = await ctx.store.read(overview.of_round, ctx.who, int(args["round"]), ctx.now)
    except Refused:
        return None
    if not seen.is_open or seen.own is not Own.NONE:
        return None
    return await with_page(ctx, views.intro(ctx, seen), Purpose.QUIZ, seen.round.id)


async def published(ctx: Context, args: dict[str, Any]) -> Say | None:
    """The leaderboard with the reader's own result; nothing about a round nobody took."""
    if ctx.who is None:
        return None
    round_id, names = int(args["round"]), ctx.settings.quiz.names_on_leaderboard
    try:
        found = await ctx.store.read(leaderboard.board, ctx.who, round_id, names, ctx.now)
    except Refused:
        return None
    if not found.takers:
        return None
    return Say(results.board_text(ctx, found, rule=False), views.after_closing(ctx, round_id))


async def approval_asked(ctx: Context, args: dict[str, Any]) -> Say | None:
    """Not when somebody else has approved meanwhile."""
    waiting = await ctx.store.read(bank.next_pending, ctx.who) if ctx.who else None
    if waiting is None:
        return None
    told = ctx.words("quiz.to_review", n=waiting.more + 1)
    return Say(told, rows(choice(ctx.words("quiz.review_button"), Review())))
