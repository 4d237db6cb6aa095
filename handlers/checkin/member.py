"""A member checks in: typed code, scanned link, "tôi có mặt", or for somebody without a phone."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said, Say
from bot.router import Answer
from handlers.checkin import run, views
from handlers.checkin.actions import AskCode, Help, HelpFor, Start
from handlers.checkin.typed import meant, rules_of
from meetings import checkin, roll
from meetings.attendance import roll_of
from meetings.checkin_run import find_meeting
from members.permissions import Right, has_somewhere


async def typed_code(said: Said, ctx: Context) -> Answer:
    """Six digits, alone or after "điểm danh", "có mặt"."""
    seen = await ctx.store.write(
        checkin.check_in_by_code, ctx.me, ctx.found[0], ctx.now, said.key, rules_of(ctx.settings)
    )
    return views.checked_in(ctx, seen)


async def scanned(_said: Said, ctx: Context) -> Answer:
    """The link behind the QR picture."""
    token = f"ci-{ctx.found[0]}"
    seen = await ctx.store.write(checkin.check_in_by_link, ctx.me, token, ctx.now, rules_of(ctx.settings))
    return views.checked_in(ctx, seen)


async def start(said: Said, ctx: Context) -> Answer:
    """ "Điểm danh": who runs check-in sees the meeting, everybody else is asked for the code."""
    if has_somewhere(ctx.me, Right.RUN_CHECKIN):
        running = await ctx.store.read(find_meeting, ctx.me, ctx.now)
        if running is not None:
            return await run.overview(ctx, running[0])
    return await i_am_here(said, ctx)


async def started(said: Said, ctx: Context, _action: Start) -> Answer:
    """The same from the menu."""
    return await start(said, ctx)


async def i_am_here(_said: Said, ctx: Context) -> Answer:
    """ "Có mặt": already recorded, or the six digits are asked for."""
    seen = await ctx.store.read(checkin.where_i_stand, ctx.me, ctx.now)
    return views.checked_in(ctx, seen) if seen else views.ask_code(ctx)


async def asked(said: Said, ctx: Context, _action: AskCode) -> Answer:
    """The button [Tôi có mặt] of the notice."""
    return await i_am_here(said, ctx)


async def no_code(_said: Said, ctx: Context) -> Answer:
    """Something else than six digits where the code was expected; not counted as a try."""
    return views.ask_code(ctx, "checkin.six_digits")


async def whom_to_help(_said: Said, ctx: Context) -> Answer:
    """ "Điểm danh hộ": the names not yet on the list."""
    return await _offer_help(ctx)


async def help_pressed(_said: Said, ctx: Context, _action: Help) -> Answer:
    """The same from a button."""
    return await _offer_help(ctx)


async def help_for(_said: Said, ctx: Context, action: HelpFor) -> Answer:
    """A name chosen."""
    return await _help(ctx, action.meeting, action.member)


async def help_named(said: Said, ctx: Context) -> Answer:
    """ "Điểm danh hộ Nguyễn Văn An"; in the step of helping the name alone."""
    typed = ctx.found[0] if ctx.found else said.text
    can = await ctx.store.read(roll.whom_to_help, ctx.me, ctx.now, rules_of(ctx.settings))
    listed = await ctx.store.read(roll_of, can.meeting_id, ctx.settings.zone)
    wanted = meant(listed, typed)
    if len(wanted.members) != 1 or wanted.unclear or wanted.unknown:
        return views.which_to_help(ctx, can.meeting_id, wanted)
    return await _help(ctx, can.meeting_id, wanted.members[0])


async def _offer_help(ctx: Context) -> Say:
    can = await ctx.store.read(roll.whom_to_help, ctx.me, ctx.now, rules_of(ctx.settings))
    return views.offer_help(ctx, can)


async def _help(ctx: Context, meeting_id: int, member_id: int) -> Say:
    helped = await ctx.store.write(
        roll.mark_for, ctx.me, meeting_id, member_id, ctx.now, rules_of(ctx.settings)
    )
    return views.helped(ctx, helped)
