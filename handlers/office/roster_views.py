"""What an office reads about its member list."""

from __future__ import annotations

from collections.abc import Sequence

from bot.context import Context
from bot.language import Choice, FileOut, Say, choice, rows
from handlers.office.actions import Drop, Import
from handlers.office.files import SentFile
from handlers.office.views import short_name
from locales.text import Text, join
from members.faults import Fault
from members.roster_import import RosterReport
from members.sent_files import FileKind

FAULTS_SHOWN = 10
NAMES_SHOWN = 5
NOTES_SHOWN = 4


def preview(ctx: Context, sent: SentFile, report: RosterReport) -> list[Say]:
    """n good lines, what they would change, faults by line; nothing is stored yet."""
    words = ctx.words
    lines = [
        words("office.preview", file=short_name(sent), good=report.members, bad=_bad_lines(report.faults)),
        _totals(ctx, report),
        _changes(ctx, report),
        *_warnings(ctx, report),
    ]
    choices = [choice(words("office.import"), Import(FileKind.ROSTER, sent.mark))] if report.members else []
    choices.append(choice(words("office.drop"), Drop()))
    return [
        *_fault_says(ctx, report.faults),
        *_note_says(ctx, report.notes),
        Say(join(lines), rows(*choices), expects=sent.kept()),
    ]


def imported(ctx: Context, report: RosterReport) -> Say:
    """What was done."""
    lines = [
        ctx.words("office.imported"),
        _totals(ctx, report),
        _changes(ctx, report),
        *_missing(ctx, report),
    ]
    return Say(join(lines), rows(_who_joined(ctx)))


def _totals(ctx: Context, report: RosterReport) -> Text:
    return ctx.words(
        "office.totals",
        branches=report.branches,
        members=report.members,
        official=report.official,
        probationary=report.probationary,
    )


def _changes(ctx: Context, report: RosterReport) -> Text:
    counts = {"added": report.added, "changed": report.changed, "unchanged": report.unchanged}
    return ctx.words("office.changes", **counts)


def _warnings(ctx: Context, report: RosterReport) -> list[Text]:
    """What an office should look at before importing."""
    found = []
    if report.posts_begun or report.posts_ended:
        found.append(ctx.words("office.posts", begun=report.posts_begun, ended=report.posts_ended))
    if report.new_branches:
        found.append(_names(ctx, "office.new_branches", report.new_branches))
    if report.renamed:
        found.append(_names(ctx, "office.renamed", report.renamed))
    return [*found, *_missing(ctx, report)]


def _missing(ctx: Context, report: RosterReport) -> list[Text]:
    return [_names(ctx, "office.missing", report.missing)] if report.missing else []


def _names(ctx: Context, key: str, names: Sequence[str]) -> Text:
    rest = len(names) - NAMES_SHOWN
    more = ctx.words.plain("office.and_more", count=rest) if rest > 0 else ""
    return ctx.words(key, count=len(names), names="; ".join(names[:NAMES_SHOWN]) + more)


def _bad_lines(faults: Sequence[Fault]) -> int:
    return len({(fault.detail.get("sheet"), fault.line) for fault in faults})


def _fault_says(ctx: Context, faults: Sequence[Fault]) -> list[Say]:
    """The first ten by line; all of them as a text file when there are more."""
    sentences = [ctx.words(fault.key("roster"), **fault.words) for fault in faults]
    if not sentences:
        return []
    shown = [ctx.words("office.faults", count=len(sentences)), *sentences[:FAULTS_SHOWN]]
    rest = len(sentences) - FAULTS_SHOWN
    if rest <= 0:
        return [Say(join(shown), keeps_step=True)]
    whole = "\n".join(sentence.plain for sentence in sentences) + "\n"
    file = FileOut(ctx.words.plain("office.faults_file"), whole.encode("utf-8-sig"))
    return [Say(join([*shown, ctx.words("office.faults_rest", rest=rest)]), file=file, keeps_step=True)]


def _note_says(ctx: Context, notes: Sequence[Fault]) -> list[Say]:
    """What was assumed or left out, the first few."""
    sentences = [ctx.words(one.key("roster"), **one.words) for one in notes]
    if not sentences:
        return []
    rest = len(sentences) - NOTES_SHOWN
    more = [ctx.words("office.notes_rest", rest=rest)] if rest > 0 else []
    return [Say(join([ctx.words("office.notes"), *sentences[:NOTES_SHOWN], *more]), keeps_step=True)]


def _who_joined(ctx: Context) -> Choice:
    from handlers.joining.actions import WhoJoined

    return choice(ctx.words("office.who_joined"), WhoJoined())
