"""Reading opinions: one's own with their states, the branch's, those that wait for the committee."""

from __future__ import annotations

from bot.context import Context
from bot.language import Kind, Said, Say
from bot.router import Answer
from db.errors import NotAllowed
from handlers.opinions import views
from handlers.opinions.actions import Put, Reply, ShowBranch, ShowOwn, ShowWaiting
from opinions import answering, reading


async def own_word(said: Said, ctx: Context) -> Answer:
    """'ý kiến của tôi'."""
    return await _own(ctx, 0)


async def show_own(said: Said, ctx: Context, action: ShowOwn) -> Answer:
    """An older one of mine."""
    return await _own(ctx, action.before)


async def branch_word(said: Said, ctx: Context) -> Answer:
    """'ý kiến chi bộ'."""
    return await _branch(ctx, 0)


async def show_branch(said: Said, ctx: Context, action: ShowBranch) -> Answer:
    """An older one that I may read."""
    return await _branch(ctx, action.before)


async def waiting_word(said: Said, ctx: Context) -> Answer:
    """'ý kiến chờ trả lời'."""
    return await _waiting(ctx, 0)


async def show_waiting(said: Said, ctx: Context, action: ShowWaiting) -> Answer:
    """The next one that waits."""
    return await _waiting(ctx, action.after)


async def reply(said: Said, ctx: Context, action: Reply) -> Answer:
    """[Trả lời]: the answer is typed next."""
    seen = await ctx.store.write(reading.for_answer, ctx.me, action.opinion, ctx.now)
    return views.ask_answer(ctx, seen)


async def answer_typed(said: Said, ctx: Context) -> Answer:
    """The answer."""
    if said.kind is not Kind.TEXT:
        return Say(ctx.words("opinions.text_only"), keeps_step=True)
    opinion = ctx.data.get("opinion")
    if not isinstance(opinion, int):
        raise NotAllowed
    done = await ctx.store.write(answering.answer, ctx.me, opinion, said.text, ctx.now, key=said.key)
    return views.stepped(ctx, done)


async def put(said: Said, ctx: Context, action: Put) -> Answer:
    """[Đang xem xét], [Chuyển cấp trên]."""
    done = await ctx.store.write(
        answering.set_state, ctx.me, action.opinion, action.state, ctx.now, key=said.key
    )
    return views.stepped(ctx, done)


async def _own(ctx: Context, before: int) -> Answer:
    page = await ctx.store.read(reading.own, ctx.me, before)
    return views.own(ctx, page) if page else views.nothing(ctx, "opinions.none_own")


async def _branch(ctx: Context, before: int) -> Answer:
    page = await ctx.store.write(reading.readable_before, ctx.me, before, ctx.now)
    return views.of_branch(ctx, page) if page else views.nothing(ctx, "opinions.none_branch")


async def _waiting(ctx: Context, after: int) -> Answer:
    page = await ctx.store.write(reading.waiting_after, ctx.me, after, ctx.now)
    if page is None:
        return views.nothing(ctx, "opinions.no_more_waiting" if after else "opinions.none_waiting")
    return views.waiting(ctx, page)
