"""The note after a gap: from when to when, what was lost, what counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.context import Context
from bot.language import Say
from locales.dates import clock_text, day_text
from locales.text import join


async def gap(ctx: Context, args: dict[str, Any]) -> Say | None:
    """Three short lines. The choices in front of the person stay valid, so nothing is offered anew."""
    start, end = (datetime.fromisoformat(args[name]) for name in ("start", "end"))
    lines = [
        ctx.words("away.gap", start=_moment(ctx, start), end=_moment(ctx, end)),
        ctx.words("away.gap_lost"),
        ctx.words("away.gap_again"),
    ]
    return Say(join(lines), keeps_step=True)


def _moment(ctx: Context, moment: datetime) -> str:
    """The wall clock; with the day when it is not today's."""
    clock = clock_text(moment, ctx.settings.zone, ctx.words)
    day = ctx.home.local_day(moment)
    return clock if day == ctx.today else f"{clock}, {day_text(day)}"
