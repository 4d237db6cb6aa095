"""What is said about announcements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.context import Context
from bot.language import Choice, Expects, Say, choice, rows
from handlers.broadcast.actions import Choose, Send, Stop
from handlers.budget.views import cost_line
from handlers.home.actions import Menu
from locales.text import Text, join
from members import broadcasting
from members.broadcasting import Announced, Progress, Scope
from members.budget import Spending
from members.tables import BroadcastState


def ask_scope(ctx: Context, scopes: Sequence[Scope]) -> Say:
    """To whom?"""
    choices = [choice(scope.name, Choose(scope.unit_id)) for scope in scopes]
    return Say(ctx.words("broadcast.ask_scope"), rows(*choices))


def ask_text(ctx: Context, scope: Scope) -> Say:
    """What is to be said?"""
    text = ctx.words("broadcast.ask_text", unit=scope.name, most=broadcasting.LONGEST)
    return Say(text, expects=Expects("broadcast.text", {"unit": scope.unit_id, "name": scope.name}))


def preview(ctx: Context, text: str, draft: str, expects: Expects, cost: Spending | None) -> Say:
    """The text as it will be seen, and what it costs where messages are counted."""
    shown = ctx.words("broadcast.preview", unit=str(expects.data["name"]), text=text)
    choices = (
        choice(ctx.words("broadcast.send"), Send(draft, careful=False)),
        choice(ctx.words("broadcast.send_once"), Send(draft, careful=True)),
        choice(ctx.words("broadcast.drop"), Menu(0)),
    )
    lines = [shown, cost_line(ctx, cost)] if cost else [shown]
    return Say(join(lines, "\n\n"), rows(*choices), expects=expects)


def under_way(ctx: Context, done: Announced) -> Say:
    """It is going out."""
    text = ctx.words("broadcast.under_way", recipients=done.recipients, unreachable=done.unreachable)
    return Say(text, rows(_stop(ctx, done.broadcast_id)))


def stopped(ctx: Context, number: int, found: Progress) -> Say:
    """What was stopped."""
    return Say(ctx.words("broadcast.stopped", stopped=number, sent=found.sent))


async def announcement(ctx: Context, args: dict[str, Any]) -> Say | None:
    """The announcement itself, under the name of the unit that says it."""
    text, unit = await ctx.store.read_each(broadcasting.texts_of, int(args["broadcast"]))
    return Say(ctx.words("broadcast.text", unit=unit, text=text))


async def progress_notice(ctx: Context, args: dict[str, Any]) -> Say | None:
    """One message that counts up, and the end of it with whom to tell otherwise."""
    found = await ctx.store.read(broadcasting.progress, int(args["broadcast"]))
    if found.state is BroadcastState.RUNNING and int(args.get("report", 0)) and _costs_a_message(ctx):
        return None
    if found.state is BroadcastState.RUNNING:
        text = ctx.words("broadcast.running", sent=found.sent, total=found.total - found.unreachable)
        return Say(text, rows(_stop(ctx, found.broadcast_id)))
    return Say(_end(ctx, found))


def _costs_a_message(ctx: Context) -> bool:
    """Where messages are counted only the first count and the end are worth one."""
    return any(bot.name == ctx.channel and bot.messages for bot in ctx.settings.bots)


def _end(ctx: Context, found: Progress) -> Text:
    lost = found.failed + found.unreachable
    lines = [ctx.words("broadcast.done", sent=found.sent, total=found.total)]
    if found.cancelled:
        lines.append(ctx.words("broadcast.done_cancelled", cancelled=found.cancelled))
    if found.unknown:
        lines.append(ctx.words("broadcast.done_unknown", unknown=found.unknown))
    if lost:
        lines.append(ctx.words("broadcast.done_lost", lost=lost))
    if found.to_call:
        lines.append(ctx.words("broadcast.to_call", names=", ".join(found.to_call)))
    return join(lines)


def _stop(ctx: Context, broadcast_id: int) -> Choice:
    return choice(ctx.words("broadcast.stop"), Stop(broadcast_id))
