"""What is said about the month's messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.context import Context
from bot.language import Say
from locales.text import Text, join
from members.budget import Left, Spending

BOTS_SHOWN = 2


def budget(ctx: Context, left: Sequence[Left], each: int) -> Say:
    """Two lines a bot, the scarcest first."""
    if not left:
        return Say(ctx.words("budget.no_limit"))
    lines = [line for one in left[:BOTS_SHOWN] for line in _lines(ctx, one, each)]
    if len(left) > BOTS_SHOWN:
        lines.append(ctx.words("budget.more", count=len(left) - BOTS_SHOWN))
    return Say(join(lines))


def _lines(ctx: Context, one: Left, each: int) -> list[Text]:
    name = ctx.home.links.name(one.bot.name)
    month = f"{ctx.today:%m/%Y}"
    this = ctx.words(
        "budget.left",
        bot=name,
        left=one.messages,
        most=one.bot.messages,
        month=month,
        people=one.people,
        room=one.bot.people or "–",
    )
    plan = one.reached * each
    key = "budget.plan_fits" if plan <= one.bot.messages else "budget.plan_too_much"
    spent = [ctx.words("budget.dry")] if one.spent_at else []
    return [this, *spent, ctx.words(key, plan=plan, people=one.reached)]


def cost_line(ctx: Context, found: Spending) -> Text:
    """'Sẽ dùng khoảng 45 tin, còn 812 tin tháng này.'"""
    key = "budget.cost_short" if found.short else "budget.cost"
    return ctx.words(key, cost=found.cost, left=found.left, short=found.short)


def bot_full(ctx: Context, people: int) -> Say:
    """To somebody for whom this bot has no room."""
    return Say(ctx.words("budget.bot_full", people=people), keeps_step=True)


async def spent(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To a member, on another messenger: the bot has no messages left, nothing is lost."""
    return Say(ctx.words("budget.spent", bot=ctx.home.links.name(args["bot"])))


async def spent_told(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To secretary and office."""
    return Say(ctx.words("budget.spent_told", bot=ctx.home.links.name(args["bot"])))


async def full_told(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To secretary and office: somebody was turned away."""
    return Say(ctx.words("budget.full_told", bot=ctx.home.links.name(args["bot"]), people=args["people"]))
