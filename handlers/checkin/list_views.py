"""The list as who runs check-in reads it: pages of names, the summary after closing, the confirmed list."""

from __future__ import annotations

from bot.context import Context
from bot.language import Choice, Expects, Say, choice, rows
from handlers.checkin.actions import Close, Confirm, Heads, Open, Put, ShowList, Tick
from handlers.checkin.typed import Meant
from handlers.checkin.views import MOST_NAMES, names_of
from locales.dates import day_text
from locales.text import Text, join
from locales.words import Words
from meetings.attendance import Roll, RollLine
from meetings.attendance_rate import Rate
from meetings.tables import MeetingState, Presence
from members.permissions import Right, has_somewhere

HEADS_STEP = "checkin.heads"
PER_PAGE = 8
_MARKS = {Presence.PRESENT: "✅ ", Presence.LATE: "⏰ "}


def page(ctx: Context, listed: Roll, number: int, *, instead: bool = False, changed: int = 0) -> Say:
    """Eight names; a press puts a name on the list or strikes it out. A confirmed list is only read."""
    last = max(0, (len(listed.lines) - 1) // PER_PAGE)
    number = min(max(number, 0), last)
    lines = listed.lines[number * PER_PAGE : (number + 1) * PER_PAGE]
    text = join([_heading(ctx, listed), *_body(ctx, listed, lines, number, last)])
    fixed = listed.meeting.state is MeetingState.HELD
    names = [] if fixed else [_name_button(ctx, listed, line, number) for line in lines]
    choices: tuple[tuple[Choice, ...], ...] = (
        *names,
        *_turning(ctx, listed, number, last),
        *_ending(ctx, listed),
    )
    return Say(text, choices, instead=instead, toast=_toast(ctx, listed, changed))


def put(ctx: Context, listed: Roll, *member_ids: int) -> Say:
    """These names stand so now."""
    lines = [line for line in listed.lines if line.member_id in member_ids]
    said = join(
        [ctx.words("checkin.put", name=line.name, state=_state(ctx, line)) for line in lines[:MOST_NAMES]]
    )
    return Say(join([said, _count(ctx, listed)]), _list_button(ctx, listed))


def marked(ctx: Context, listed: Roll) -> Say:
    """The paper list was entered: the counts."""
    return Say(
        join([ctx.words("checkin.marked"), _count(ctx, listed)]),
        rows(*_flat(_ending(ctx, listed)), *_flat(_list_button(ctx, listed))),
    )


def which(ctx: Context, listed: Roll, wanted: Meant, presence: Presence) -> Say:
    """Nothing was recorded: nobody of that name, or several."""
    if wanted.unknown or len(wanted.members) > 0:
        names = ", ".join((*wanted.unknown, *(line.name for line in wanted.unclear)))[:200]
        return Say(ctx.words("checkin.unknown_names", names=names), _list_button(ctx, listed))
    several = [_put_button(listed, line, presence) for line in wanted.unclear[:MOST_NAMES]]
    return Say(ctx.words("checkin.which_one"), rows(*several))


def closed(ctx: Context, listed: Roll, sentence: str = "checkin.closed_now") -> Say:
    """The summary after closing: the machine says so many, how many heads are in the room?"""
    parts = [ctx.words(sentence, count=listed.in_the_room), _others(ctx, listed)]
    if listed.waiting_excuses:
        parts.append(ctx.words("checkin.waiting_excuses", count=listed.waiting_excuses))
    right = choice(
        ctx.words("checkin.button_right", count=listed.in_the_room),
        Heads(listed.meeting.id, listed.in_the_room),
        key="A",
    )
    again = choice(ctx.words("checkin.button_again"), Open(listed.meeting.id, again=True), key="C")
    return Say(
        join([*parts, ctx.words("checkin.how_many_heads")]),
        rows(right, _see_list(ctx, listed, "B"), again),
        expects=Expects(HEADS_STEP, {"meeting": listed.meeting.id}),
    )


def counted(ctx: Context, listed: Roll, heads: int) -> Say:
    """Heads against names, and the confirmation for who may give it."""
    names = listed.in_the_room
    sentence = "same" if names == heads else "too_many_names" if names > heads else "too_few_names"
    text = ctx.words(f"checkin.{sentence}", names=names, heads=heads, difference=abs(names - heads))
    see = _see_list(ctx, listed, "B")
    if not has_somewhere(ctx.me, Right.CONFIRM_LIST):
        return Say(join([text, ctx.words("checkin.secretary_confirms")]), rows(see))
    confirm = choice(ctx.words("checkin.button_confirm"), Confirm(listed.meeting.id, names, heads), key="A")
    return Say(text, rows(confirm, see), expects=Expects(HEADS_STEP, {"meeting": listed.meeting.id}))


def held(ctx: Context, listed: Roll) -> Say:
    """The list is confirmed."""
    rate = listed.rate
    text = ctx.words(
        "checkin.confirmed",
        present=rate.present,
        base=rate.base,
        percent=percent_text(rate, ctx.words),
    )
    return Say(join([text, _others(ctx, listed)]), _list_button(ctx, listed))


def percent_text(rate: Rate, words: Words) -> str:
    """'92,9 %'; '–' where nobody was expected."""
    percent = rate.percent()
    if percent is None:
        return "–"
    whole, tenth = str(percent).split(".")
    return words.plain("checkin.percent", whole=whole, tenth=tenth)


def _heading(ctx: Context, listed: Roll) -> Text:
    day = day_text(listed.meeting.starts_at.astimezone(ctx.settings.zone).date())
    rate = listed.rate
    return ctx.words(
        "checkin.list_head", branch=listed.meeting.branch_name, day=day, present=rate.present, base=rate.base
    )


def _body(ctx: Context, listed: Roll, lines: tuple[RollLine, ...], number: int, last: int) -> list[Text]:
    place = [ctx.words("checkin.page", page=number + 1, pages=last + 1)] if last else []
    if listed.meeting.state is MeetingState.HELD:
        return [*(_line_text(ctx, line) for line in lines), *place]
    helped = [_line_text(ctx, line) for line in lines if line.helper]
    return [*helped, *place, ctx.words("checkin.list_how")]


def _line_text(ctx: Context, line: RollLine) -> Text:
    return ctx.words("checkin.line", number=line.number, name=names_of(ctx, [line]), state=_state(ctx, line))


def _name_button(ctx: Context, listed: Roll, line: RollLine, number: int) -> tuple[Choice, ...]:
    mark = _MARKS.get(line.presence, "") if line.presence else ""
    label = f"{mark}{line.number}. {line.name}"
    if line.presence is Presence.EXCUSED:
        label = f"{label} ({_state(ctx, line)})"
    wanted = Tick(listed.meeting.id, line.member_id, not line.in_the_room, number)
    return (choice(label, wanted, key=str(line.number)),)


def _put_button(listed: Roll, line: RollLine, presence: Presence) -> Choice:
    return choice(f"{line.number}. {line.name}", Put(listed.meeting.id, line.member_id, presence))


def _turning(ctx: Context, listed: Roll, number: int, last: int) -> tuple[tuple[Choice, ...], ...]:
    back = choice(ctx.words("checkin.button_back"), ShowList(listed.meeting.id, number - 1), key="T")
    onward = choice(ctx.words("checkin.button_onward"), ShowList(listed.meeting.id, number + 1), key="S")
    turning = (*((back,) if number else ()), *((onward,) if number < last else ()))
    return (turning,) if turning else ()


def _ending(ctx: Context, listed: Roll) -> tuple[tuple[Choice, ...], ...]:
    if listed.meeting.state is MeetingState.HELD:
        return ()
    opened = listed.meeting.state is MeetingState.CHECKIN_OPEN
    label = "checkin.button_close" if opened else "checkin.button_done"
    return ((choice(ctx.words(label), Close(listed.meeting.id), key="X"),),)


def _see_list(ctx: Context, listed: Roll, key: str = "") -> Choice:
    return choice(ctx.words("checkin.button_list"), ShowList(listed.meeting.id, 0), key=key)


def _list_button(ctx: Context, listed: Roll) -> tuple[tuple[Choice, ...], ...]:
    return rows(_see_list(ctx, listed))


def _flat(choices: tuple[tuple[Choice, ...], ...]) -> tuple[Choice, ...]:
    return tuple(choice for row in choices for choice in row)


def _toast(ctx: Context, listed: Roll, changed: int) -> str:
    line = listed.line_of(changed)
    return ctx.words.plain("checkin.put", name=line.name, state=_state(ctx, line)) if line else ""


def _state(ctx: Context, line: RollLine) -> str:
    return ctx.words.plain(f"checkin.state_{line.presence.value if line.presence else 'none'}")


def _count(ctx: Context, listed: Roll) -> Text:
    rate = listed.rate
    return ctx.words("checkin.count", present=rate.present, base=rate.base)


def _others(ctx: Context, listed: Roll) -> Text:
    return ctx.words(
        "checkin.others",
        late=listed.count(Presence.LATE),
        excused=listed.count(Presence.EXCUSED),
        absent=listed.count(Presence.ABSENT),
    )
