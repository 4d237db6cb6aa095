"""What is told to members and to the secretary while the meeting is on; read fresh when it is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.context import Context
from bot.language import Say, choice, rows
from db.errors import Refused
from handlers.checkin import list_views
from handlers.checkin.actions import Admit, AskCode, Leave, Put, ShowList
from handlers.checkin.typed import rules_of
from handlers.checkin.views import names_of
from handlers.pages.offering import with_page
from meetings import checkin_run
from meetings.attendance import Roll, RollLine, is_awaited, roll_of
from meetings.checkin import LIVE_SECONDS
from meetings.tables import MeetingState, Presence
from members.tables import Purpose


async def opened(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To members: check-in is open. Not to who is on the list already."""
    if not await ctx.store.read(is_awaited, args["meeting"], ctx.me.member_id):
        return None
    here = choice(ctx.words("checkin.button_here"), AskCode(args["meeting"]))
    invited = Say(ctx.words("checkin.invited"), rows(here))
    return await with_page(ctx, invited, Purpose.CHECKIN, args["meeting"])


async def live(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To who opened: names that came within the same few seconds."""
    listed = await _list(ctx, args["meeting"])
    if listed is None or listed.meeting.state is not MeetingState.CHECKIN_OPEN:
        return None
    since = datetime.fromtimestamp(args["since"], UTC)
    until = since + timedelta(seconds=LIVE_SECONDS)
    came = [line for line in listed.lines if line.in_the_room and line.at and since <= line.at < until]
    if not came:
        return None
    rate = listed.rate
    text = ctx.words("checkin.came", names=names_of(ctx, came), present=rate.present, base=rate.base)
    return Say(text, rows(choice(ctx.words("checkin.button_list"), ShowList(args["meeting"], 0))))


async def many_tries(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To the secretary: somebody typed five wrong codes."""
    listed, line = await _line(ctx, args)
    if listed is None or line is None or line.in_the_room:
        return None
    put = Put(args["meeting"], args["member"], Presence.PRESENT)
    return Say(
        ctx.words("checkin.many_tries", name=line.name),
        rows(choice(ctx.words("checkin.button_put"), put)),
    )


async def late_update(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To the secretary: a right code came after the list was closed."""
    listed, line = await _line(ctx, args)
    if listed is None or line is None or line.in_the_room:
        return None
    admit = Admit(args["meeting"], args["member"], Presence(args["presence"]))
    return Say(
        ctx.words("checkin.late_update", name=line.name),
        rows(
            choice(ctx.words("checkin.button_put"), admit),
            choice(ctx.words("checkin.button_leave"), Leave(args["meeting"])),
        ),
    )


async def to_confirm(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To the secretary: the clerk closed the list."""
    listed = await _list(ctx, args["meeting"])
    if listed is None or listed.meeting.state is not MeetingState.CHECKIN_CLOSED:
        return None
    return list_views.closed(ctx, listed)


async def helped(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To a member with an account whom somebody else put on the list."""
    listed = await ctx.store.read(roll_of, args["meeting"], ctx.settings.zone)
    mine = listed.line_of(ctx.me.member_id)
    return Say(ctx.words("checkin.you_were_helped", helper=mine.helper)) if mine and mine.helper else None


async def _list(ctx: Context, meeting_id: int) -> Roll | None:
    """The list, if the receiver may still see it."""
    try:
        return await ctx.store.read(checkin_run.list_of, ctx.me, meeting_id, rules_of(ctx.settings))
    except Refused:
        return None


async def _line(ctx: Context, args: dict[str, Any]) -> tuple[Roll | None, RollLine | None]:
    listed = await _list(ctx, args["meeting"])
    return listed, listed.line_of(args["member"]) if listed else None
