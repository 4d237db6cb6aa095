"""Messages about figures: a few lines of text and one chart."""

from __future__ import annotations

from bot.context import Context
from bot.language import Choice, Picture, Say, choice, rows
from handlers.figures.actions import Figures
from locales.dates import month_text
from locales.text import Text, join
from meetings.attendance_rate import Rate
from reports.chart import ChartLabels, percent
from reports.figures import BranchFigures, Totals, is_low
from reports.overview import Overview

MOST_IN_ALT = 5
MOST_MISSING = 5
_MET_WORDS = {True: "figures.met_yes", False: "figures.met_no", None: "figures.met_not_due"}


def overview(ctx: Context, seen: Overview, png: bytes) -> Say:
    """The month in five lines, with its chart and the ways to other months."""
    summed = seen.totals
    one = seen.first[0] if summed.branches == 1 else None
    lines = [
        _heading(ctx, seen, one),
        _met(ctx, summed, one),
        _shares(ctx, summed),
        ctx.words("figures.opinions", given=summed.opinions, answered=summed.answered),
        *_last_line(ctx, seen, one),
    ]
    return Say(join(lines), rows(*_turning(ctx, seen), per_row=2), picture=Picture(png, _alt(ctx, seen)))


def month(ctx: Context, seen: Overview) -> Say:
    """The message of day 5: how many have met, and the first of those that have not."""
    summed = seen.totals
    missing = [row.name for row in seen.first if row.met is False]
    lines = [
        ctx.words(
            "figures.month",
            month=month_text(seen.period),
            met=summed.met,
            branches=summed.branches,
            percent=_percent(ctx, summed.attendance),
        )
    ]
    if missing:
        names = ", ".join(missing[:MOST_MISSING]) + (" …" if summed.not_met > MOST_MISSING else "")
        lines.append(ctx.words("figures.month_missing", n=summed.not_met, names=names))
    return Say(join(lines), rows(choice(ctx.words("figures.button_chart"), Figures(seen.period))))


def nothing(ctx: Context) -> Say:
    """A post that covers no branch."""
    return Say(ctx.words("figures.no_branches"))


def left_out(seen: Overview) -> int:
    """Branches that are not in the picture."""
    return seen.totals.branches - len(seen.first)


def chart_title(ctx: Context, seen: Overview) -> str:
    """The title in the picture."""
    return ctx.words.plain("figures.chart_title", month=month_text(seen.period))


def chart_labels(ctx: Context) -> ChartLabels:
    """The words in the picture."""
    plain = ctx.words.plain
    return ChartLabels(
        attendance=plain("figures.chart_attendance"),
        quiz=plain("figures.chart_quiz"),
        not_met=plain("figures.chart_not_met"),
        more=ctx.words.template("figures.chart_more"),
        small_note=plain("figures.small_note"),
        subtitle=ctx.settings.organisation.name,
        no_data=plain("figures.no_data"),
        decimal_mark=plain("figures.decimal_mark"),
    )


def _heading(ctx: Context, seen: Overview, one: BranchFigures | None) -> Text:
    month = month_text(seen.period)
    if one:
        return ctx.words("figures.heading_one", month=month, branch=one.name)
    return ctx.words("figures.heading", month=month, branches=seen.totals.branches)


def _met(ctx: Context, summed: Totals, one: BranchFigures | None) -> Text:
    if one is None:
        return ctx.words("figures.met", met=summed.met, branches=summed.branches)
    return ctx.words(_MET_WORDS[one.met])


def _shares(ctx: Context, summed: Totals) -> Text:
    """Attendance as a share with its counts, the quiz as counts; "–" where there was nothing to count."""
    there, quiz = summed.attendance, summed.quiz
    attendance = (
        f"{_percent(ctx, there)} ({there.present}/{there.base})" if there.base else _percent(ctx, there)
    )
    taking = f"{quiz.present}/{quiz.base}" if quiz.base else _percent(ctx, quiz)
    return ctx.words("figures.shares", attendance=attendance, quiz=taking)


def _last_line(ctx: Context, seen: Overview, one: BranchFigures | None) -> list[Text]:
    if one:
        return [ctx.words("figures.small_note")] if one.is_small else []
    named = [_named(ctx, row) for row in seen.look]
    return [ctx.words("figures.look", names=join(named, "; "))] if named else []


def _named(ctx: Context, row: BranchFigures) -> Text:
    """The branch with the first thing to look after."""
    if row.met is False:
        return ctx.words("figures.look_not_met", name=row.name)
    if is_low(row):
        share, small = _percent(ctx, row.attendance), "*" if row.is_small else ""
        return ctx.words("figures.look_attendance", name=row.name, percent=share, small=small)
    return ctx.words("figures.look_opinions", name=row.name, n=row.unanswered)


def _turning(ctx: Context, seen: Overview) -> list[Choice]:
    buttons = []
    if seen.older:
        buttons.append(choice(ctx.words("figures.button_older"), Figures(_month_from(seen.period, -1))))
    if seen.newer:
        buttons.append(choice(ctx.words("figures.button_newer"), Figures(_month_from(seen.period, 1))))
    return buttons


def _month_from(period: str, months: int) -> str:
    year, month = divmod(int(period[:4]) * 12 + int(period[5:]) - 1 + months, 12)
    return f"{year}-{month + 1:02}"


def _alt(ctx: Context, seen: Overview) -> str:
    """The chart for those who cannot see it: its first rows."""
    parts = [_alt_row(ctx, row) for row in seen.first[:MOST_IN_ALT]]
    if seen.totals.branches > MOST_IN_ALT:
        parts.append(ctx.words.plain("figures.chart_alt_more", n=seen.totals.branches - MOST_IN_ALT))
    return ctx.words.plain("figures.chart_alt", month=month_text(seen.period), rows="; ".join(parts))


def _alt_row(ctx: Context, row: BranchFigures) -> str:
    shares = {"attendance": _percent(ctx, row.attendance), "quiz": _percent(ctx, row.quiz)}
    return ctx.words.plain("figures.chart_alt_row", name=row.name, **shares)


def _percent(ctx: Context, rate: Rate) -> str:
    return percent(rate, chart_labels(ctx))
