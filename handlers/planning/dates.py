"""Deciding on dates: keep, take the suggestion, type another one, call off, the monthly rule."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bot.context import Context
from bot.language import Said, Say
from db.errors import Refused
from handlers.planning import actions as act
from handlers.planning import views
from locales.text import Text
from meetings import content, moving, overview, planning
from meetings.content import Part
from meetings.tables import MeetingState
from meetings.typed_moment import read_moment, read_rule
from members.permissions import Right


async def to_confirm(_said: Said, ctx: Context, action: act.Dates) -> Say:
    """The nearest date that waits."""
    return await _next_date(ctx, action.branch)


async def says_dates(_said: Said, ctx: Context) -> Say:
    """'xác nhận lịch'."""
    return await _next_date(ctx, await _my_branch(ctx))


async def keep(_said: Said, ctx: Context, action: act.KeepDate) -> Say:
    """This date stays."""
    times, day = ctx.settings.timetable, _day(action.day)
    done = await ctx.store.write(moving.keep_date, ctx.me, action.meeting, day, ctx.now, times)
    return await _next_date(ctx, done.meeting.branch_id, views.decided(done, ctx))


async def take(_said: Said, ctx: Context, action: act.TakeDay) -> Say:
    """The suggested day."""
    times, day = ctx.settings.timetable, _day(action.day)
    done = await ctx.store.write(moving.take_suggestion, ctx.me, action.meeting, day, ctx.now, times)
    return await _next_date(ctx, done.meeting.branch_id, views.decided(done, ctx))


async def ask_moment(_said: Said, ctx: Context, action: act.AskMoment) -> Say:
    """Type another day or hour."""
    return views.ask_moment(await ctx.store.read(overview.to_plan, ctx.me, action.meeting), ctx)


async def moment_typed(said: Said, ctx: Context) -> Say:
    """Another day or hour was typed."""
    meeting = await ctx.store.read(overview.to_plan, ctx.me, int(ctx.data["meeting"]))
    times = ctx.settings.timetable
    moment = read_moment(said.text, meeting.starts_at, ctx.now, times)
    done = await ctx.store.write(moving.move, ctx.me, meeting.id, moment, ctx.now, times)
    return views.edit(done.meeting, ctx, views.decided(done, ctx))


async def list_meetings(_said: Said, ctx: Context, action: act.ListMeetings) -> Say:
    """The next meetings."""
    found = await ctx.store.read(overview.planned, ctx.me, action.branch, ctx.now, 6)
    return views.meetings(found, action.branch, ctx)


async def edit(_said: Said, ctx: Context, action: act.Edit) -> Say:
    """One meeting."""
    return views.edit(await ctx.store.read(overview.to_plan, ctx.me, action.meeting), ctx)


async def ask_part(_said: Said, ctx: Context, action: act.AskPart) -> Say:
    """Type the agenda, the topic or the place."""
    meeting = await ctx.store.read(overview.to_plan, ctx.me, action.meeting)
    return views.ask_part(meeting, action.part, ctx)


async def part_typed(said: Said, ctx: Context) -> Say:
    """The agenda, the topic or the place was typed."""
    part = Part(ctx.data["part"])
    meeting = await ctx.store.write(
        content.write_part, ctx.me, int(ctx.data["meeting"]), part, said.text, ctx.now
    )
    return views.edit(meeting, ctx, ctx.words("planning.written"))


async def ask_call_off(_said: Said, ctx: Context, action: act.AskCallOff) -> Say:
    """Really?"""
    return views.ask_call_off(await ctx.store.read(overview.to_plan, ctx.me, action.meeting), ctx)


async def call_off(_said: Said, ctx: Context, action: act.CallOff) -> Say:
    """It does not take place."""
    return views.called_off(await ctx.store.write(moving.call_off, ctx.me, action.meeting, ctx.now), ctx)


async def ask_rule(_said: Said, ctx: Context, action: act.AskRule) -> Say:
    """Type the monthly rule."""
    await ctx.store.read(overview.planned, ctx.me, action.branch, ctx.now, 1)
    return views.ask_rule(action.branch, ctx)


async def says_rule(_said: Said, ctx: Context) -> Say:
    """'đặt lịch'."""
    return views.ask_rule(await _my_branch(ctx), ctx)


async def rule_typed(said: Said, ctx: Context) -> Say:
    """The monthly rule was typed, as an answer or at any time."""
    branch = int(ctx.data["branch"]) if "branch" in ctx.data else await _my_branch(ctx)
    rule, times = read_rule(said.text), ctx.settings.timetable
    done = await ctx.store.write(
        planning.set_rule, ctx.me, branch, rule.day, rule.at, rule.place, ctx.now, times
    )
    return views.rule_set(done, ctx)


async def confirm_notice(ctx: Context, args: dict[str, Any]) -> Say | None:
    """Notice: a date comes near and nobody has decided."""
    if ctx.who is None:
        return None
    try:
        meeting = await ctx.store.read(overview.to_plan, ctx.who, int(args["meeting"]))
    except Refused:
        return None
    waits = meeting.state is MeetingState.TO_CONFIRM and meeting.starts_at > ctx.now
    return views.date_question(meeting, 1, ctx) if waits else None


async def _next_date(ctx: Context, branch: int, done: Text | None = None) -> Say:
    found = await ctx.store.read(overview.dates_to_confirm, ctx.me, branch, ctx.now)
    return views.to_confirm(found, branch, ctx, done)


async def _my_branch(ctx: Context) -> int:
    return (await ctx.store.read(overview.my_branches, ctx.me, Right.PLAN_MEETINGS))[0].id


def _day(number: int) -> date:
    """The day a button carries; a forged one is like an old one."""
    try:
        return datetime.strptime(str(number), "%Y%m%d").date()  # noqa: DTZ007 (a local day, no moment)
    except ValueError:
        raise Refused("planning.already_decided") from None
