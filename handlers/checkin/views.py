"""What members and who opens check-in read."""

from __future__ import annotations

from bot.context import Context
from bot.language import Choice, Expects, Picture, Say, choice, rows
from handlers.checkin.actions import Close, Help, HelpFor, Open, ReadCode, ShowList
from handlers.checkin.typed import Meant
from locales.dates import clock_text, moment_text
from locales.text import Text, join
from meetings.attendance import Roll, RollLine
from meetings.checkin import CheckedIn, Outcome
from meetings.checkin_run import Opened, Shown
from meetings.qr import qr_png
from meetings.roll import CanHelp, Helped
from meetings.tables import Presence

CODE_STEP = "checkin.code"
HELP_STEP = "checkin.help"
MOST_NAMES = 8


def checked_in(ctx: Context, seen: CheckedIn) -> Say:
    """What became of a member's try."""
    text = ctx.words(
        f"checkin.{seen.outcome.value}",
        time=clock_text(seen.at, ctx.settings.zone, ctx.words),
        left=seen.tries_left,
    )
    if seen.outcome in {Outcome.PRESENT, Outcome.LATE, Outcome.ALREADY}:
        return Say(text, rows(choice(ctx.words("checkin.button_help"), Help())))
    again = seen.outcome in {Outcome.WRONG, Outcome.OTHER_BRANCH}
    return Say(text, expects=Expects(CODE_STEP) if again else None)


def ask_code(ctx: Context, sentence: str = "checkin.ask_code") -> Say:
    """The six digits, please."""
    return Say(ctx.words(sentence), expects=Expects(CODE_STEP))


def offer_help(ctx: Context, can: CanHelp) -> Say:
    """Names not yet on the list, at most eight; others are typed."""
    if not can.lines:
        return Say(ctx.words("checkin.all_there"))
    shown = can.lines[:MOST_NAMES]
    names = [choice(line.name, HelpFor(can.meeting_id, line.member_id)) for line in shown]
    return Say(ctx.words("checkin.whom_to_help", left=can.left), rows(*names), expects=Expects(HELP_STEP))


def which_to_help(ctx: Context, meeting_id: int, wanted: Meant) -> Say:
    """Several of that name, or nobody."""
    names = [choice(_numbered(line), HelpFor(meeting_id, line.member_id)) for line in wanted.unclear]
    sentence = "checkin.which_one" if names else "checkin.one_name"
    return Say(ctx.words(sentence), rows(*names[:MOST_NAMES]), expects=Expects(HELP_STEP))


def helped(ctx: Context, done: Helped) -> Say:
    """Somebody was put on the list by a helper."""
    if done.already:
        return Say(ctx.words("checkin.helped_already", name=done.name))
    return Say(ctx.words("checkin.helped_done", name=done.name, left=done.left))


def before(ctx: Context, listed: Roll) -> Say:
    """Check-in is not open yet."""
    opening = choice(ctx.words("checkin.button_open"), Open(listed.meeting.id, again=False))
    moment = moment_text(listed.meeting.starts_at, ctx.settings.zone, ctx.words)
    text = ctx.words("checkin.before", branch=listed.meeting.branch_name, moment=moment)
    return Say(text, rows(opening))


def opened(ctx: Context, done: Opened) -> Say:
    """Check-in stands open: where the screen is, what to press."""
    if done.on_paper:
        return Say(ctx.words("checkin.on_paper"), _list_button(ctx, done.meeting_id))
    screen = ctx.home.links.web(f"/man-hinh/{done.screen_token}")
    return Say(ctx.words("checkin.opened", screen=screen), _run_buttons(ctx, done.meeting_id))


def running(ctx: Context, listed: Roll, *, checked_in: bool) -> Say:
    """Check-in is open: how many are there."""
    rate = listed.rate
    text = ctx.words("checkin.running", present=rate.present, base=rate.base)
    if not checked_in:
        text = join([text, ctx.words("checkin.you_too")])
    expects = None if checked_in else Expects(CODE_STEP)
    return Say(text, _run_buttons(ctx, listed.meeting.id), expects=expects)


def code(ctx: Context, shown: Shown) -> Say:
    """The code for reading aloud, and its QR picture."""
    spaced = f"{shown.code[:3]} {shown.code[3:]}"
    link = ctx.home.links.start(ctx.channel, shown.link)
    text = ctx.words("checkin.code_now", code=spaced, seconds=shown.seconds_left)
    newer = choice(ctx.words("checkin.button_newer"), ReadCode(shown.meeting_id))
    picture = Picture(qr_png(link), ctx.words.plain("checkin.qr_alt"))
    return Say(text, rows(newer), picture=picture)


def names_of(ctx: Context, lines: list[RollLine]) -> Text:
    """Names in one line, helpers told; beyond eight the rest is counted."""
    parts = [_with_helper(ctx, line) for line in lines[:MOST_NAMES]]
    if len(lines) > MOST_NAMES:
        parts.append(ctx.words("checkin.and_more", count=len(lines) - MOST_NAMES))
    return join(parts, ", ")


def _with_helper(ctx: Context, line: RollLine) -> Text:
    name = Text() + line.name
    if line.helper:
        name = name + " " + ctx.words("checkin.by_helper", helper=line.helper)
    if line.presence is Presence.LATE:
        name = name + " " + ctx.words("checkin.is_late")
    return name


def _numbered(line: RollLine) -> str:
    return f"{line.number}. {line.name}"


def _run_buttons(ctx: Context, meeting_id: int) -> tuple[tuple[Choice, ...], ...]:
    return rows(
        choice(ctx.words("checkin.button_code"), ReadCode(meeting_id)),
        choice(ctx.words("checkin.button_list"), ShowList(meeting_id, 0)),
        choice(ctx.words("checkin.button_close"), Close(meeting_id)),
    )


def _list_button(ctx: Context, meeting_id: int) -> tuple[tuple[Choice, ...], ...]:
    return rows(choice(ctx.words("checkin.button_list"), ShowList(meeting_id, 0)))
