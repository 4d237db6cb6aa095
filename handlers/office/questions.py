"""A question bank sent as a file: read here, imported by the quiz room."""

from __future__ import annotations

import asyncio

from bot.context import Context
from bot.language import Say, choice, rows
from bot.router import Answer
from handlers.office.actions import Drop, Import
from handlers.office.files import SentFile
from handlers.quiz.import_views import preview_text, report_say
from members.sent_files import FileKind
from quizzes.bank import home_unit, import_questions
from quizzes.formats.draft import QuestionFile
from quizzes.formats.reading import read_questions


async def look(ctx: Context, sent: SentFile) -> Answer:
    """How many questions can be used, and what is wrong with the others."""
    bank = await _read(ctx, sent)
    choices = (
        [choice(ctx.words("office.import"), Import(FileKind.QUESTIONS, sent.mark))] if bank.drafts else []
    )
    choices.append(choice(ctx.words("office.drop"), Drop()))
    return Say(preview_text(ctx, bank.drafts, bank.faults), rows(*choices), expects=sent.kept())


async def bring_in(ctx: Context, sent: SentFile) -> Answer:
    """Import it into the bank of the sender's branch, or of the committee for its office."""
    bank = await _read(ctx, sent)
    unit = await ctx.store.read(home_unit, ctx.me)
    report = await ctx.store.write(import_questions, ctx.me, unit, bank.drafts, ctx.now)
    return report_say(ctx, report, bank.faults)


async def _read(ctx: Context, sent: SentFile) -> QuestionFile:
    return await asyncio.to_thread(read_questions, sent.data, sent.name, today=ctx.today)
