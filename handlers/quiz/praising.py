"""The committee praises those near the top: tick, send, note the form."""

from __future__ import annotations

from typing import Any

from bot.context import Context
from bot.language import Expects, Kind, Said, Say, choice, rows
from bot.router import Answer
from handlers.quiz import views
from handlers.quiz.actions import PraiseMark, PraiseSend
from locales.text import Text, join
from quizzes import rewards
from quizzes.rewards import Candidate

FORM_STEP = "quiz.form"


async def mark(said: Said, ctx: Context, action: PraiseMark) -> Answer:
    """[Biểu dương], and each tick."""
    found = await _candidates(ctx, action.round)
    return _choosing(ctx, action.round, found, action.mask)


async def send(said: Said, ctx: Context, action: PraiseSend) -> Answer:
    """[Gửi biểu dương]."""
    found = await _candidates(ctx, action.round)
    chosen = [c.member_id for place, c in enumerate(found) if action.mask >> place & 1]
    names = ctx.settings.quiz.names_on_leaderboard
    praised = await ctx.store.write(rewards.praise, ctx.me, action.round, chosen, names, ctx.now)
    told = ctx.words("quiz.praise_sent", n=praised)
    return Say(told, instead=True, expects=Expects(FORM_STEP, {"round": action.round}))


async def form(said: Said, ctx: Context) -> Answer:
    """The form of the reward, typed."""
    if said.kind is not Kind.TEXT:
        return Say(ctx.words("quiz.file_again"))
    words = await ctx.store.write(rewards.set_form, ctx.me, int(ctx.data["round"]), said.text, ctx.now)
    return Say(ctx.words("quiz.form_noted", form=words))


async def praised_notice(ctx: Context, args: dict[str, Any]) -> Say | None:
    """'Chi bộ biểu dương các đồng chí …' to the branch."""
    seen = await ctx.store.read(rewards.praise_told, int(args["round"]), ctx.now)
    if seen is None or ctx.who is None:
        return None
    lines = [ctx.words("quiz.praised_names", title=views.title(ctx, seen.title), names=", ".join(seen.names))]
    if not seen.names:
        lines = [ctx.words("quiz.praised_count", title=views.title(ctx, seen.title), n=seen.unnamed)]
    thanks = ctx.words("quiz.board_thanks", takers=seen.takers, reachable=seen.reachable)
    return Say(join([*lines, ctx.words("quiz.praised_when"), thanks]))


async def _candidates(ctx: Context, round_id: int) -> list[Candidate]:
    names = ctx.settings.quiz.names_on_leaderboard
    return await ctx.store.read(rewards.candidates, ctx.me, round_id, names, ctx.now)


def _choosing(ctx: Context, round_id: int, found: list[Candidate], mask: int) -> Say:
    if not found:
        return Say(ctx.words("quiz.nobody_to_praise"))
    if any(candidate.praised for candidate in found):
        names = [candidate.full_name for candidate in found if candidate.praised]
        return Say(ctx.words("quiz.praised_before", names=", ".join(names)), instead=True)
    mask &= (1 << len(found)) - 1
    ticks = [
        choice(_label(ctx, candidate, mask >> place & 1), PraiseMark(round_id, mask ^ 1 << place))
        for place, candidate in enumerate(found)
    ]
    send_it = choice(ctx.words("quiz.praise_send_button"), PraiseSend(round_id, mask))
    return Say(ctx.words("quiz.praise_whom"), rows(*ticks, *([send_it] if mask else [])), instead=True)


def _label(ctx: Context, candidate: Candidate, ticked: int) -> Text:
    name = ctx.words.plain("quiz.praise_name", place=candidate.place, name=candidate.full_name)
    kept = name if candidate.public else ctx.words.plain("quiz.praise_private", name=name)
    return ctx.words("quiz.marked", letter=kept) if ticked else ctx.words("quiz.unmarked", name=kept)
