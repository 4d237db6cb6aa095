"""Writing an announcement: to whom, the text, a look at it, off it goes, and stopping it."""

from __future__ import annotations

import hashlib

from bot.context import Context
from bot.language import Expects, Said, Say
from bot.router import Answer
from db.errors import BadInput, NotFound
from handlers.broadcast import views
from handlers.broadcast.actions import Begin, Choose, Send, Stop
from members import broadcasting
from members.broadcasting import LONGEST
from members.budget import month_of


async def begin_word(said: Said, ctx: Context) -> Answer:
    """ "Thông báo"."""
    scopes = await ctx.store.read(broadcasting.scopes, ctx.me)
    return views.ask_text(ctx, scopes[0]) if len(scopes) == 1 else views.ask_scope(ctx, scopes)


async def begin(said: Said, ctx: Context, _action: Begin) -> Answer:
    """The same from the menu."""
    return await begin_word(said, ctx)


async def choose(_said: Said, ctx: Context, action: Choose) -> Answer:
    """To whom it goes."""
    scopes = await ctx.store.read(broadcasting.scopes, ctx.me)
    found = next((scope for scope in scopes if scope.unit_id == action.unit), None)
    if found is None:
        raise NotFound("broadcast.gone")
    return views.ask_text(ctx, found)


async def text_typed(said: Said, ctx: Context) -> Answer:
    """The text as it will be seen, before it goes out."""
    text = said.text.strip()
    if not text:
        raise BadInput("broadcast.empty")
    if len(text) > LONGEST:
        raise BadInput("broadcast.too_long", most=LONGEST)
    draft = hashlib.sha256(f"{said.key}\n{text}".encode()).hexdigest()[:12]
    data = {**ctx.data, "text": text, "draft": draft, "key": said.key}
    month = month_of(ctx.now, ctx.settings.zone)
    cost = await ctx.store.read(broadcasting.cost, ctx.data["unit"], ctx.settings.bots, month)
    return views.preview(ctx, text, draft, Expects("broadcast.sure", data), cost)


async def not_yet(_said: Said, ctx: Context) -> Answer:
    """Something else was typed while the text waits to be sent."""
    return Say(ctx.words("broadcast.choose_first"), keeps_step=True)


async def send(_said: Said, ctx: Context, action: Send) -> Answer:
    """Off it goes; the button of another text, or pressed again later, sends nothing."""
    if ctx.data.get("draft") != action.draft:
        raise NotFound("broadcast.gone")
    done = await ctx.store.write(
        broadcasting.announce,
        ctx.me,
        ctx.data["unit"],
        ctx.data["text"],
        source_key=f"chat:{ctx.data['key']}",
        careful=action.careful,
        now=ctx.now,
    )
    return views.under_way(ctx, done)


async def stop(_said: Said, ctx: Context, action: Stop) -> Answer:
    """Stop it within a second."""
    stopped = await ctx.store.write(broadcasting.cancel, ctx.me, action.broadcast, ctx.now)
    found = await ctx.store.read(broadcasting.progress, action.broadcast)
    return views.stopped(ctx, stopped, found)
