"""Links to pages in messages. Every one is made for the person who reads the message."""

from __future__ import annotations

from msgspec.structs import replace

from bot.context import Context
from bot.language import Choice, Say, link, rows
from bot.reach import arrives_without_files, can_open_pages, wants_pages
from members.page_links import make_link
from members.tables import Purpose


async def page_link(ctx: Context, purpose: Purpose, target: int = 0) -> Choice:
    """A choice that opens a page of one's own."""
    token = await ctx.store.write(
        make_link, ctx.me.member_id, purpose, ctx.now, target=target, language=ctx.words.language
    )
    return link(ctx.words(f"pages.link_{purpose}"), ctx.home.links.web(f"/trang/{token}"))


async def with_page(ctx: Context, say: Say, purpose: Purpose, target: int = 0) -> Say:
    """The message with the link of its page as one more line, where there are no buttons to press."""
    if not wants_pages(ctx.settings, ctx.channel):
        return say
    return replace(say, choices=(*say.choices, *rows(await page_link(ctx, purpose, target))))


def takes_no_files(ctx: Context) -> bool:
    """Whether files reach us without their content here."""
    return arrives_without_files(ctx.settings, ctx.channel)


def has_pages(ctx: Context) -> bool:
    """Whether this person can open our pages."""
    return can_open_pages(ctx.settings, ctx.channel)
