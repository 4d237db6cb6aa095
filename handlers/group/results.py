"""'Kết quả' in a group: the last meeting as a count; the last quiz with names of those who agreed.

Who else is in the group nobody tells us: names are shown there when somebody of the committee asks.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.context import Context
from bot.language import Said, Say
from bot.router import Answer
from db.errors import NotFound
from handlers.quiz.results import board_text
from locales.text import Text, join
from meetings.attendance import last_confirmed
from members.permissions import Right, has_somewhere
from quizzes import leaderboard, overview


async def results_word(_said: Said, ctx: Context) -> Answer:
    """Of the branch of the member who asks; one message, no choices."""
    ranking, held = await _quiz(ctx), await _meeting(ctx)
    if ranking and not has_somewhere(ctx.me, Right.SHOW_NAMES):
        ranking = [ctx.words("group.names_by_committee")]
    parts = [*ranking, *held]
    text = join(parts, "\n\n") if parts else ctx.words("group.nothing_yet", branch=ctx.me.branch_name)
    return Say(text, keeps_step=True)


async def _quiz(ctx: Context) -> list[Text]:
    """Without the place of whoever asks: that is theirs alone."""
    try:
        round_id = await ctx.store.read(overview.last_closed, ctx.me, ctx.now)
    except NotFound:
        return []
    names = ctx.settings.quiz.names_on_leaderboard
    board = await ctx.store.read(leaderboard.board, ctx.me, round_id, names, ctx.now)
    return [board_text(ctx, replace(board, own=None), rule=False)]


async def _meeting(ctx: Context) -> list[Text]:
    found = await ctx.store.read(last_confirmed, ctx.me.branch_id)
    if found is None:
        return []
    month = f"{found.period[5:7]}/{found.period[:4]}"
    return [ctx.words("group.attendance", month=month, present=found.present, base=found.base)]
