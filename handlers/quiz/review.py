"""The second person reads the questions that wait and approves them (B-06)."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said, Say, choice, rows
from bot.router import Answer
from handlers.quiz import results, views
from handlers.quiz.actions import Approve, ApproveAll, Decline, Review
from locales.text import Text, join
from quizzes import bank
from quizzes.bank import PendingQuestion
from quizzes.paper import Explained, Shown


async def review_word(said: Said, ctx: Context) -> Answer:
    """'duyệt câu hỏi'."""
    return await _next(ctx)


async def review(said: Said, ctx: Context, action: Review) -> Answer:
    """[Xem và duyệt]."""
    return await _next(ctx)


async def approve(said: Said, ctx: Context, action: Approve) -> Answer:
    """[Duyệt]."""
    await ctx.store.write(bank.approve, ctx.me, action.question, ctx.now)
    return await _next(ctx, ctx.words("quiz.approved", n=1))


async def approve_all(said: Said, ctx: Context, action: ApproveAll) -> Answer:
    """[Duyệt cả n câu]."""
    done = await ctx.store.write(bank.approve_up_to, ctx.me, action.last, ctx.now)
    return await _next(ctx, ctx.words("quiz.approved", n=done) if done else None)


async def decline(said: Said, ctx: Context, action: Decline) -> Answer:
    """[Bỏ câu này]."""
    await ctx.store.write(bank.decline, ctx.me, action.question)
    return await _next(ctx, ctx.words("quiz.declined"))


async def _next(ctx: Context, done: Text | None = None) -> Say:
    waiting = await ctx.store.read(bank.next_pending, ctx.me)
    before = [done] if done else []
    if waiting is None:
        return Say(join([*before, ctx.words("quiz.nothing_to_review")]), instead=True)
    return _question(ctx, before, waiting)


def _question(ctx: Context, before: list[Text], waiting: PendingQuestion) -> Say:
    shown = Shown(0, 1, waiting.text, waiting.options, many=len(waiting.correct) > 1)
    text = ctx.words(
        "quiz.review",
        topic=views.title(ctx, waiting.topic),
        more=waiting.more,
        text=waiting.text,
        options=results.key_options(ctx, Explained(shown, waiting.correct, (), "", "")),
        explanation=results.reasons(ctx, waiting.explanation, waiting.source),
    )
    yes = choice(ctx.words("quiz.approve_button"), Approve(waiting.id))
    no = choice(ctx.words("quiz.decline_button"), Decline(waiting.id))
    every = choice(ctx.words("quiz.approve_all_button", n=waiting.more + 1), ApproveAll(waiting.last_id))
    return Say(join([*before, text]), rows(yes, no, *([every] if waiting.more else [])), instead=True)
