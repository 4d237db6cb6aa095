"""Writing an opinion: what it is about, to whom it goes, its number."""

from __future__ import annotations

from hashlib import sha256

from bot.context import Context
from bot.language import Kind, Said, Say
from bot.router import Answer
from handlers.opinions import views
from handlers.opinions.actions import Again, Send, Write
from opinions import letters, writing


async def write_word(said: Said, ctx: Context) -> Answer:
    """'ý kiến', 'góp ý'."""
    return views.prompt(ctx)


async def write_pressed(said: Said, ctx: Context, action: Write) -> Answer:
    """The same from the menu or a prompt."""
    return views.prompt(ctx)


async def text_typed(said: Said, ctx: Context) -> Answer:
    """The opinion itself; kept until it is said to whom it goes."""
    if said.kind is not Kind.TEXT:
        return Say(ctx.words("opinions.text_only"), keeps_step=True)
    text = letters.cleaned(said.text)
    return views.draft(ctx, text, _mark(said.key))


async def choose_first(said: Said, ctx: Context) -> Answer:
    """Something else was typed while the draft waits."""
    return views.draft(ctx, str(ctx.data["text"]), str(ctx.data["draft"]), again=True)


async def send(said: Said, ctx: Context, action: Send) -> Answer:
    """[Gửi cả chi bộ], [Chỉ gửi chi ủy]."""
    if not action.draft or ctx.data.get("draft") != action.draft:
        return views.no_draft(ctx)
    text, zone = str(ctx.data["text"]), ctx.settings.zone
    done = await ctx.store.write(writing.write, ctx.me, text, action.visibility, ctx.now, zone, key=said.key)
    return views.written(ctx, done)


async def again(said: Said, ctx: Context, action: Again) -> Answer:
    """[Sửa lại]."""
    return views.prompt(ctx, again=True)


def _mark(key: str) -> str:
    """A short mark of one draft: the same for the same update."""
    return sha256(key.encode()).hexdigest()[:8]
