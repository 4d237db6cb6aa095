"""Figures of a month for leaders, office, members in charge and branch committees."""

from __future__ import annotations

import asyncio

from bot.context import Context
from bot.language import Said
from bot.router import Answer
from handlers.figures import views
from handlers.figures.actions import Figures, Newest
from reports.chart import branch_chart
from reports.overview import overview


async def figures_word(said: Said, ctx: Context) -> Answer:
    """'báo cáo', 'tình hình', 'thống kê'."""
    return await _show(ctx, "")


async def newest(said: Said, ctx: Context, action: Newest) -> Answer:
    """The same from the menu."""
    return await _show(ctx, "")


async def figures(said: Said, ctx: Context, action: Figures) -> Answer:
    """Another month."""
    return await _show(ctx, action.period)


async def _show(ctx: Context, period: str) -> Answer:
    seen = await ctx.store.write(overview, ctx.me, period, ctx.now, ctx.settings.zone)
    if not seen.totals.branches:
        return views.nothing(ctx)
    title, labels = views.chart_title(ctx, seen), views.chart_labels(ctx)
    png = await asyncio.to_thread(branch_chart, seen.first, title, labels, views.left_out(seen))
    return views.overview(ctx, seen, png)
