"""A file arrives: what is it, what would importing it do, shall it be imported?"""

from __future__ import annotations

import asyncio

from bot.context import Context
from bot.language import Kind, Said, Say
from bot.router import Answer
from db.errors import BadInput, NotAllowed
from handlers.office import questions, roster, views
from handlers.office.actions import Drop, FileIs, FileKind, HowToSend, Import
from handlers.office.files import SentFile, fetch, fetch_again
from members.identity import Who
from members.permissions import Right, has_somewhere
from members.roster_head import find_head
from members.secret_files import stamped_secret
from members.workbook import Sheet, open_workbook

RIGHTS = {FileKind.ROSTER: Right.MANAGE_ROSTER, FileKind.QUESTIONS: Right.IMPORT_QUESTIONS}
PLAIN_TEXT = (".gift", ".txt")


async def received(said: Said, ctx: Context) -> Answer:
    """A file nobody asked for: from those who may import something it is looked at."""
    allowed = _allowed(ctx.me)
    if said.file is None or not allowed:
        return Say(ctx.words("error.file_unexpected"), keeps_step=True)
    sent = await fetch(ctx, said.file)
    kind = await _kind_of(sent, allowed)
    return await _look(ctx, kind, sent) if kind else views.what_is_it(ctx, sent)


async def waiting(said: Said, ctx: Context) -> Answer:
    """While a file waits for a decision: another file takes its place, anything else is asked again."""
    if said.kind is Kind.FILE:
        return await received(said, ctx)
    return Say(ctx.words("office.choose"), keeps_step=True)


async def file_is(said: Said, ctx: Context, action: FileIs) -> Answer:
    """'Danh sách đảng viên' or 'Bộ câu hỏi'."""
    _require(ctx.me, action.kind)
    return await _look(ctx, action.kind, await fetch_again(ctx, action.mark))


async def import_file(said: Said, ctx: Context, action: Import) -> Answer:
    """'Nhập': fetched and read once more, then imported."""
    _require(ctx.me, action.kind)
    sent = await fetch_again(ctx, action.mark)
    if action.kind is FileKind.ROSTER:
        return await roster.bring_in(ctx, sent)
    return await questions.bring_in(ctx, sent)


async def drop(said: Said, ctx: Context, action: Drop) -> Answer:
    """'Bỏ': nothing was stored."""
    return Say(ctx.words("office.dropped"), instead=True)


async def explain(said: Said, ctx: Context) -> Answer:
    """'nhập danh sách': how to send a file."""
    return views.how_to_send(ctx) if _allowed(ctx.me) else Say(ctx.words("error.not_allowed"))


async def how_to_send(said: Said, ctx: Context, action: HowToSend) -> Answer:
    """The same from the menu."""
    return await explain(said, ctx)


def _allowed(who: Who) -> list[FileKind]:
    return [kind for kind, right in RIGHTS.items() if has_somewhere(who, right)]


def _require(who: Who, kind: FileKind) -> None:
    if kind not in _allowed(who):
        raise NotAllowed


async def _kind_of(sent: SentFile, allowed: list[FileKind]) -> FileKind | None:
    """By its content, as far as rights leave a choice. BadInput for one stamped secret."""
    if sent.name.lower().endswith(PLAIN_TEXT):
        return FileKind.QUESTIONS
    sheets = await asyncio.to_thread(open_workbook, sent.data, sent.name)
    if stamped_secret(sheets):
        raise BadInput("office.secret")
    if len(allowed) == 1:
        return allowed[0]
    return FileKind.ROSTER if _is_roster(sheets) else None


def _is_roster(sheets: list[Sheet]) -> bool:
    return any(find_head(sheet) is not None for sheet in sheets)


async def _look(ctx: Context, kind: FileKind, sent: SentFile) -> Answer:
    if kind is FileKind.ROSTER:
        return await roster.look(ctx, sent)
    return await questions.look(ctx, sent)
