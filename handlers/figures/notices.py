"""What leaders and office are told without having asked."""

from __future__ import annotations

from typing import Any

from bot.context import Context
from bot.language import Say
from db.errors import Refused
from handlers.figures import views
from reports.overview import overview


async def month(ctx: Context, args: dict[str, Any]) -> Say | None:
    """The message of day 5; not to somebody who has lost the post meanwhile."""
    if ctx.who is None:
        return None
    try:
        seen = await ctx.store.write(overview, ctx.who, str(args["period"]), ctx.now, ctx.settings.zone)
    except Refused:
        return None
    return views.month(ctx, seen) if seen.totals.branches else None
