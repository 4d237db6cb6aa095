"""Who runs check-in: open, read the code, close, count heads, confirm."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said, Say
from bot.router import Answer
from db.errors import Refused
from handlers.checkin import list_views, views
from handlers.checkin.actions import Admit, Close, Confirm, Heads, Leave, Open, ReadCode
from handlers.checkin.typed import rules_of
from meetings import checkin_run, roll
from meetings.attendance import IN_THE_ROOM, Roll
from meetings.tables import MeetingState


async def running(ctx: Context) -> int:
    """The meeting this person runs now, or Refused."""
    found = await ctx.store.read(checkin_run.find_meeting, ctx.me, ctx.now)
    if found is None:
        raise Refused("checkin.nothing_to_run")
    return found[0]


async def overview(ctx: Context, meeting_id: int) -> Say:
    """How the meeting stands, with what can be done next."""
    listed = await ctx.store.read(checkin_run.list_of, ctx.me, meeting_id, rules_of(ctx.settings))
    if listed.meeting.state is MeetingState.CHECKIN_OPEN:
        mine = listed.line_of(ctx.me.member_id)
        return views.running(ctx, listed, checked_in=mine is None or mine.in_the_room)
    if listed.meeting.state is MeetingState.CHECKIN_CLOSED:
        return list_views.closed(ctx, listed)
    return (
        list_views.held(ctx, listed)
        if listed.meeting.state is MeetingState.HELD
        else views.before(ctx, listed)
    )


async def open_word(_said: Said, ctx: Context) -> Answer:
    """ "Mở điểm danh"; when it has been closed already, its summary with [Mở lại]."""
    meeting_id = await running(ctx)
    listed = await ctx.store.read(checkin_run.list_of, ctx.me, meeting_id, rules_of(ctx.settings))
    if listed.meeting.state in {MeetingState.CHECKIN_CLOSED, MeetingState.HELD}:
        return await overview(ctx, meeting_id)
    return await _open(ctx, meeting_id, again=False)


async def open_pressed(_said: Said, ctx: Context, action: Open) -> Answer:
    """[Mở điểm danh], [Mở lại]."""
    return await _open(ctx, action.meeting, again=action.again)


async def read_code(_said: Said, ctx: Context, action: ReadCode) -> Answer:
    """[Đọc mã]."""
    shown = await ctx.store.read(checkin_run.shown_code, ctx.me, action.meeting, ctx.now)
    return views.code(ctx, shown)


async def code_word(_said: Said, ctx: Context) -> Answer:
    """ "Đọc mã"."""
    shown = await ctx.store.read(checkin_run.shown_code, ctx.me, await running(ctx), ctx.now)
    return views.code(ctx, shown)


async def close_word(_said: Said, ctx: Context) -> Answer:
    """ "Đóng điểm danh"."""
    return await _close(ctx, await running(ctx))


async def close_pressed(_said: Said, ctx: Context, action: Close) -> Answer:
    """[Đóng điểm danh], [Xong danh sách]."""
    return await _close(ctx, action.meeting)


async def heads_typed(said: Said, ctx: Context) -> Answer:
    """The number of people in the room, typed after closing."""
    typed = said.text.strip()
    meeting_id = int(ctx.data["meeting"])
    listed = await ctx.store.read(checkin_run.list_of, ctx.me, meeting_id, rules_of(ctx.settings))
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 4):  # noqa: PLR2004 (no room holds more)
        return list_views.closed(ctx, listed, "checkin.heads_number")
    return list_views.counted(ctx, listed, int(typed))


async def heads_pressed(_said: Said, ctx: Context, action: Heads) -> Answer:
    """[Đúng 27]."""
    listed = await ctx.store.read(checkin_run.list_of, ctx.me, action.meeting, rules_of(ctx.settings))
    return list_views.counted(ctx, listed, action.heads)


async def confirm(_said: Said, ctx: Context, action: Confirm) -> Answer:
    """[Xác nhận danh sách]."""
    listed = await ctx.store.write(
        checkin_run.confirm_list,
        ctx.me,
        action.meeting,
        action.shown,
        action.heads,
        ctx.now,
        rules_of(ctx.settings),
    )
    return list_views.held(ctx, listed)


async def admit(_said: Said, ctx: Context, action: Admit) -> Answer:
    """A late update accepted."""
    if action.presence not in IN_THE_ROOM:
        raise Refused("error.old_button")
    listed = await ctx.store.write(
        roll.admit_late,
        ctx.me,
        action.meeting,
        action.member,
        action.presence,
        ctx.now,
        rules_of(ctx.settings),
    )
    return list_views.put(ctx, listed, action.member)


async def leave(_said: Said, ctx: Context, _action: Leave) -> Answer:
    """A late update left out."""
    return Say(ctx.words("checkin.left_as_is"), instead=True)


async def _open(ctx: Context, meeting_id: int, *, again: bool) -> Say:
    opened = await ctx.store.write(
        checkin_run.open_checkin, ctx.me, meeting_id, ctx.now, rules_of(ctx.settings), again=again
    )
    return views.opened(ctx, opened)


async def _close(ctx: Context, meeting_id: int) -> Say:
    listed = await ctx.store.write(
        checkin_run.close_checkin, ctx.me, meeting_id, ctx.now, rules_of(ctx.settings)
    )
    return list_views.held(ctx, listed) if _is_held(listed) else list_views.closed(ctx, listed)


def _is_held(listed: Roll) -> bool:
    return listed.meeting.state is MeetingState.HELD
