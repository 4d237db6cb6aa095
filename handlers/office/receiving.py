"""A file arrives: what is it, what would importing it do, shall it be imported?

What reads and imports files is loaded with the first one that comes.
"""

from __future__ import annotations

import asyncio

from bot.context import Context
from bot.language import Kind, Said, Say, rows
from bot.router import Answer
from handlers.office import views
from handlers.office.actions import Drop, FileIs, HowToSend, Import
from handlers.office.files import SentFile, fetch, fetch_again
from handlers.pages.offering import has_pages, page_link, takes_no_files
from members.sent_files import FileKind, allowed_kinds, kind_of, require_kind
from members.tables import Purpose


async def received(said: Said, ctx: Context) -> Answer:
    """A file nobody asked for: from those who may import something it is looked at."""
    allowed = allowed_kinds(ctx.me)
    if not allowed:
        return Say(ctx.words("error.file_unexpected"), keeps_step=True)
    if said.file is None:
        return await _by_page(ctx)
    sent = await fetch(ctx, said.file)
    kind = await asyncio.to_thread(kind_of, sent.data, sent.name, allowed)
    return await _look(ctx, kind, sent) if kind else views.what_is_it(ctx, sent)


async def waiting(said: Said, ctx: Context) -> Answer:
    """While a file waits for a decision: another file takes its place, anything else is asked again."""
    if said.kind is Kind.FILE:
        return await received(said, ctx)
    return Say(ctx.words("office.choose"), keeps_step=True)


async def file_is(said: Said, ctx: Context, action: FileIs) -> Answer:
    """'Danh sách đảng viên' or 'Bộ câu hỏi'."""
    require_kind(ctx.me, action.kind)
    return await _look(ctx, action.kind, await fetch_again(ctx, action.mark))


async def import_file(said: Said, ctx: Context, action: Import) -> Answer:
    """'Nhập': fetched and read once more, then imported."""
    require_kind(ctx.me, action.kind)
    sent = await fetch_again(ctx, action.mark)
    if action.kind is FileKind.ROSTER:
        from handlers.office import roster

        return await roster.bring_in(ctx, sent)
    from handlers.office import questions

    return await questions.bring_in(ctx, sent)


async def drop(said: Said, ctx: Context, action: Drop) -> Answer:
    """'Bỏ': nothing was stored."""
    return Say(ctx.words("office.dropped"), instead=True)


async def explain(said: Said, ctx: Context) -> Answer:
    """'nhập danh sách': how to send a file."""
    if not allowed_kinds(ctx.me):
        return Say(ctx.words("error.not_allowed"))
    return await _by_page(ctx) if takes_no_files(ctx) else views.how_to_send(ctx)


async def how_to_send(said: Said, ctx: Context, action: HowToSend) -> Answer:
    """The same from the menu."""
    return await explain(said, ctx)


async def _look(ctx: Context, kind: FileKind, sent: SentFile) -> Answer:
    if kind is FileKind.ROSTER:
        from handlers.office import roster

        return await roster.look(ctx, sent)
    from handlers.office import questions

    return await questions.look(ctx, sent)


async def _by_page(ctx: Context) -> Say:
    """Where no file arrives with its content, a page takes it."""
    if not has_pages(ctx):
        return Say(ctx.words("office.no_files_here"), keeps_step=True)
    return Say(ctx.words("office.by_page"), rows(await page_link(ctx, Purpose.FILE_IN)), keeps_step=True)
