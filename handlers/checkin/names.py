"""The list: pages with names to press, and names typed."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said, Say
from bot.router import Answer
from db.errors import Refused
from handlers.checkin import list_views, member, run
from handlers.checkin.actions import Put, ShowList, Tick
from handlers.checkin.typed import meant, rules_of
from meetings import checkin_run, roll
from meetings.attendance import Roll
from meetings.tables import Presence
from members.permissions import Right, has_somewhere


async def list_word(_said: Said, ctx: Context) -> Answer:
    """ "Danh sách": the page of now."""
    return list_views.page(ctx, await _list(ctx, await run.running(ctx)), 0)


async def list_pressed(_said: Said, ctx: Context, action: ShowList) -> Answer:
    """[Danh sách], [Trang sau], [Trang trước]."""
    return list_views.page(ctx, await _list(ctx, action.meeting), action.page, instead=True)


async def tick(_said: Said, ctx: Context, action: Tick) -> Answer:
    """A name pressed."""
    presence = Presence.PRESENT if action.there else Presence.ABSENT
    listed = await _set(ctx, action.meeting, (action.member,), presence)
    return list_views.page(ctx, listed, action.page, instead=True, changed=action.member)


async def put(_said: Said, ctx: Context, action: Put) -> Answer:
    """One of several of a name, or a name out of a note to the secretary."""
    listed = await _set(ctx, action.meeting, (action.member,), action.presence)
    return list_views.put(ctx, listed, action.member)


async def there(said: Said, ctx: Context) -> Answer:
    """ "Có mặt Nguyễn Văn An", "có mặt 3, 7". From a member: a name helped, or digits that are no code."""
    if has_somewhere(ctx.me, Right.RUN_CHECKIN):
        return await _named(ctx, Presence.PRESENT)
    if any(letter.isdigit() for letter in ctx.found[0]):
        return await member.no_code(said, ctx)
    return await member.help_named(said, ctx)


async def late(_said: Said, ctx: Context) -> Answer:
    """ "Đến muộn 5"."""
    return await _named(ctx, Presence.LATE)


async def not_there(_said: Said, ctx: Context) -> Answer:
    """ "Vắng mặt 3, 7": strikes out."""
    return await _named(ctx, Presence.ABSENT)


async def excused(_said: Said, ctx: Context) -> Answer:
    """ "Vắng có lý do 4": somebody told the secretary."""
    return await _named(ctx, Presence.EXCUSED)


async def all_but(_said: Said, ctx: Context) -> Answer:
    """ "Tất cả có mặt trừ 3, 7"."""
    listed = await _list(ctx, await run.running(ctx))
    wanted = meant(listed, ctx.found[0] or "")
    if wanted.unclear or wanted.unknown:
        return list_views.which(ctx, listed, wanted, Presence.ABSENT)
    done = await ctx.store.write(
        roll.all_present_except, ctx.me, listed.meeting.id, wanted.members, ctx.now, rules_of(ctx.settings)
    )
    return list_views.marked(ctx, done)


async def _named(ctx: Context, presence: Presence) -> Say:
    if not has_somewhere(ctx.me, Right.RUN_CHECKIN):
        raise Refused("checkin.for_clerk")
    listed = await _list(ctx, await run.running(ctx))
    wanted = meant(listed, ctx.found[0])
    if wanted.unclear or wanted.unknown:
        return list_views.which(ctx, listed, wanted, presence)
    done = await _set(ctx, listed.meeting.id, wanted.members, presence)
    return list_views.put(ctx, done, *wanted.members)


async def _list(ctx: Context, meeting_id: int) -> Roll:
    return await ctx.store.read(checkin_run.list_of, ctx.me, meeting_id, rules_of(ctx.settings))


async def _set(ctx: Context, meeting_id: int, members: tuple[int, ...], presence: Presence) -> Roll:
    return await ctx.store.write(
        roll.set_presence, ctx.me, meeting_id, members, presence, ctx.now, rules_of(ctx.settings)
    )
