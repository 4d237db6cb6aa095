"""What the sender of a question file reads: what was understood, what was refused and why."""

from __future__ import annotations

from collections.abc import Sequence

from bot.context import Context
from bot.language import Say, choice, rows
from handlers.quiz.actions import NewRound
from locales.text import Text, join
from members.faults import Fault
from quizzes.bank import ImportReport
from quizzes.formats.draft import QuestionDraft

FAULTS_SHOWN = 5


def preview_text(ctx: Context, drafts: Sequence[QuestionDraft], faults: Sequence[Fault]) -> Text:
    """Before importing: 'Tệp có 48 câu dùng được, 2 lỗi', and the first faults by line."""
    told = ctx.words("quiz.preview", good=len(drafts), bad=len(faults))
    return join([told, *_fault_lines(ctx, faults)])


def report_say(ctx: Context, report: ImportReport, faults: Sequence[Fault] = ()) -> Say:
    """After importing: how many are new, who must approve them, which rows were refused."""
    lines = [ctx.words("quiz.imported", added=report.added, known=report.known)]
    if report.waiting:
        lines.append(ctx.words("quiz.import_waiting" if report.asked else "quiz.import_nobody"))
    if faults:
        lines.append(ctx.words("quiz.import_faults", n=len(faults)))
    make = choice(ctx.words("quiz.menu_make"), NewRound())
    ready = report.added and not report.waiting
    return Say(join([*lines, *_fault_lines(ctx, faults)]), rows(make) if ready else ())


def _fault_lines(ctx: Context, faults: Sequence[Fault]) -> list[Text]:
    lines = [ctx.words(fault.key("questions"), **fault.words) for fault in faults[:FAULTS_SHOWN]]
    more = len(faults) - FAULTS_SHOWN
    return [*lines, *([ctx.words("quiz.import_more_faults", n=more)] if more > 0 else [])]
