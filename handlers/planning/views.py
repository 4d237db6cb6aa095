"""The secretary's view of meetings: who comes, what waits for a decision, what can be changed."""

from __future__ import annotations

from datetime import date

from bot.context import Context
from bot.language import Choice, Expects, Say, choice, rows
from handlers.invitation.views import about, day_of, moment_of, title_of
from handlers.planning import actions as act
from locales.dates import day_text, weekday_text
from locales.text import Text, join
from meetings.calendar import Clash, ClashKind, find_clash
from meetings.content import Part
from meetings.moving import Decided
from meetings.overview import Branch, Overview
from meetings.planning import RuleSet
from meetings.tables import MeetingState
from meetings.turnout import Turnout
from meetings.upcoming import MeetingSeen

PAGE = 10


def branches(found: list[Branch], ctx: Context) -> Say:
    """Which branch?"""
    return Say(ctx.words("planning.which_branch"), rows(*(choice(b.name, act.Home(b.id)) for b in found)))


def home(seen: Overview, ctx: Context) -> Say:
    """The next meeting's answers, and only the choices that lead somewhere."""
    lines = [ctx.words("planning.home", branch=seen.branch.name)]
    if seen.turnout:
        lines += [_heading(seen.turnout.meeting, ctx), counts(seen.turnout, ctx)]
    else:
        lines.append(ctx.words("planning.none_planned"))
    return Say(join(lines), rows(*_home_choices(seen, ctx), per_row=2), instead=True)


def _home_choices(seen: Overview, ctx: Context) -> list[Choice]:
    words, branch = ctx.words, seen.branch.id
    found = []
    if seen.turnout:
        found.append(choice(words("planning.see_silent"), act.Silent(seen.turnout.meeting.id)))
    if seen.excuses:
        found.append(choice(words("planning.see_excuses", count=seen.excuses), act.Excuses()))
    if seen.to_confirm and seen.may_plan:
        found.append(choice(words("planning.see_dates", count=seen.to_confirm), act.Dates(branch)))
    if seen.may_plan:
        found.append(choice(words("planning.see_list"), act.ListMeetings(branch)))
        found.append(choice(words("planning.ask_rule"), act.AskRule(branch)))
    return found


def counts(seen: Turnout, ctx: Context) -> Text:
    """'31 sẽ dự, 3 xin vắng, 2 được miễn, 4 chưa trả lời'."""
    numbers = {
        "coming": seen.coming,
        "excused": seen.excused,
        "needs_help": seen.needs_help,
        "exempt": seen.exempt,
        "away": seen.away,
        "silent": len(seen.silent),
    }
    always = ("coming", "silent")
    shown = {name: n for name, n in numbers.items() if n or name in always}
    parts = [ctx.words(f"planning.count_{name}", count=n) for name, n in shown.items()]
    return ctx.words("planning.counts", total=seen.total, counts=join(parts, ", "))


def silent(seen: Turnout, page: int, ctx: Context) -> Say:
    """The list to call: who has not answered."""
    meeting = seen.meeting
    more = _pager(seen.silent, page, act.Silent(meeting.id, page + 1), ctx)
    if seen.unreachable:
        label = ctx.words("planning.see_lost", count=len(seen.unreachable))
        more.append(choice(label, act.Lost(meeting.id)))
    key = "planning.silent" if seen.silent else "planning.all_answered"
    lines = [_heading(meeting, ctx), counts(seen, ctx), ctx.words(key), *_names(seen.silent, page, ctx)]
    return Say(join(lines), rows(*more, _back(meeting.branch_id, ctx)), instead=True)


def lost(seen: Turnout, page: int, ctx: Context) -> Say:
    """The list to call: whom no message reaches."""
    meeting = seen.meeting
    more = _pager(seen.unreachable, page, act.Lost(meeting.id, page + 1), ctx)
    key = "planning.lost" if seen.unreachable else "planning.all_reachable"
    lines = [ctx.words(key, day=day_of(meeting, ctx)), *_names(seen.unreachable, page, ctx)]
    return Say(join(lines), rows(*more, _back(meeting.branch_id, ctx)), instead=True)


def to_confirm(found: list[MeetingSeen], branch: int, ctx: Context, done: Text | None = None) -> Say:
    """The next date to decide, after what was just decided."""
    lines = [done] if done else []
    if not found:
        lines.append(ctx.words("planning.none_to_confirm"))
        return Say(join(lines), rows(_back(branch, ctx)), instead=True)
    asked = date_question(found[0], len(found), ctx)
    return Say(join([*lines, asked.text]), asked.choices, instead=True)


def date_question(meeting: MeetingSeen, count: int, ctx: Context) -> Say:
    """Why this date needs a decision, and the three ways to decide."""
    day = ctx.home.local_day(meeting.starts_at)
    clash = find_clash(day)
    lines = [ctx.words("planning.confirm_date", count=count, moment=moment_of(meeting, ctx))]
    lines += [_why(kind, clash, ctx) for kind in clash.kinds] if clash else []
    choices = [
        choice(ctx.words("planning.keep", day=day_text(day)), act.KeepDate(meeting.id, number_of(day)))
    ]
    if meeting.suggested_on:
        lines.append(ctx.words("planning.suggestion", day=weekday_text(meeting.suggested_on, ctx.words)))
        label = ctx.words("planning.take", day=day_text(meeting.suggested_on))
        choices.append(choice(label, act.TakeDay(meeting.id, number_of(meeting.suggested_on))))
    choices.append(choice(ctx.words("planning.other_moment"), act.AskMoment(meeting.id)))
    return Say(join(lines), rows(*choices))


def decided(done: Decided, ctx: Context) -> Text:
    """What stands now and how many are told."""
    key = "planning.moved" if done.told else "planning.fixed"
    lines = [ctx.words(key, moment=moment_of(done.meeting, ctx), count=done.told)]
    return join([*lines, ctx.words("planning.clashes_too")] if done.clashes else lines)


def called_off(done: Decided, ctx: Context) -> Say:
    """It does not take place."""
    text = ctx.words("planning.called_off", moment=moment_of(done.meeting, ctx), count=done.told)
    return Say(text, rows(_back(done.meeting.branch_id, ctx)), instead=True)


def ask_call_off(meeting: MeetingSeen, ctx: Context) -> Say:
    """Really?"""
    yes = choice(ctx.words("planning.call_off_yes", day=day_of(meeting, ctx)), act.CallOff(meeting.id))
    no = choice(ctx.words("planning.back"), act.Edit(meeting.id))
    return Say(
        ctx.words("planning.call_off_sure", moment=moment_of(meeting, ctx)), rows(yes, no), instead=True
    )


def ask_moment(meeting: MeetingSeen, ctx: Context) -> Say:
    """Type another day or hour."""
    example = day_of(meeting, ctx)
    text = ctx.words("planning.type_moment", moment=moment_of(meeting, ctx), example=example)
    return Say(text, expects=Expects("planning.moment", {"meeting": meeting.id}))


def ask_part(meeting: MeetingSeen, part: Part, ctx: Context) -> Say:
    """Type the agenda, the topic or the place."""
    text = ctx.words(f"planning.type_{part}", day=day_of(meeting, ctx))
    return Say(text, expects=Expects("planning.part", {"meeting": meeting.id, "part": part.value}))


def ask_rule(branch: int, ctx: Context) -> Say:
    """Type the monthly rule."""
    return Say(ctx.words("planning.type_rule"), expects=Expects("planning.rule", {"branch": branch}))


def rule_set(done: RuleSet, ctx: Context) -> Say:
    """The rule, how much was written down, what waits."""
    words = ctx.words
    hour = f"{done.at:%H:%M}"
    lines = [words("planning.rule_set", day=f"{done.day:02}", hour=hour, place=done.place)]
    lines.append(words("planning.rule_meetings", count=len(done.ahead), waiting=done.to_confirm))
    if done.kept:
        lines.append(words("planning.rule_kept", count=done.kept))
    choices = [choice(words("planning.see_list"), act.ListMeetings(done.branch_id))]
    if done.to_confirm:
        choices.insert(
            0, choice(words("planning.see_dates", count=done.to_confirm), act.Dates(done.branch_id))
        )
    return Say(join(lines), rows(*choices))


def meetings(found: list[MeetingSeen], branch: int, ctx: Context) -> Say:
    """The next meetings, each a choice."""
    if not found:
        return Say(
            ctx.words("planning.no_rule"), rows(choice(ctx.words("planning.ask_rule"), act.AskRule(branch)))
        )
    choices = [choice(_label(meeting, ctx), act.Edit(meeting.id)) for meeting in found]
    return Say(ctx.words("planning.choose_meeting"), rows(*choices), instead=True)


def edit(meeting: MeetingSeen, ctx: Context, done: Text | None = None) -> Say:
    """One meeting and what can be changed."""
    words = ctx.words
    lines = [done] if done else []
    lines += [_heading(meeting, ctx), words("planning.at_place", place=meeting.place), *about(meeting, ctx)]
    choices = [choice(words("planning.change_moment"), act.AskMoment(meeting.id))]
    choices += [choice(words(f"planning.change_{part}"), act.AskPart(meeting.id, part)) for part in Part]
    if meeting.state is not MeetingState.CANCELLED:
        choices.append(choice(words("planning.call_off"), act.AskCallOff(meeting.id)))
    return Say(join(lines), rows(*choices, _back(meeting.branch_id, ctx), per_row=2), instead=True)


def number_of(day: date) -> int:
    """20270104."""
    return int(f"{day:%Y%m%d}")


def _heading(meeting: MeetingSeen, ctx: Context) -> Text:
    key = f"planning.heading_{meeting.state}"
    return ctx.words(key, title=title_of(meeting, ctx), moment=moment_of(meeting, ctx))


def _label(meeting: MeetingSeen, ctx: Context) -> Text:
    return ctx.words(f"planning.label_{meeting.state}", moment=moment_of(meeting, ctx))


def _why(kind: ClashKind, clash: Clash, ctx: Context) -> Text:
    holiday = ctx.words.plain(f"planning.holiday_{clash.holiday.key}") if clash.holiday else ""
    return ctx.words(f"planning.clash_{kind}", holiday=holiday, days=clash.days_to_tet or 0)


def _names(names: tuple[str, ...], page: int, ctx: Context) -> list[Text]:
    """Without numbers: below it may stand a list to type from, whose numbers mean something."""
    first = max(page, 0) * PAGE
    shown = names[first : first + PAGE]
    return [ctx.words("planning.name", name=name) for name in shown]


def _pager(names: tuple[str, ...], page: int, after: act.Silent | act.Lost, ctx: Context) -> list[Choice]:
    more = len(names) > (max(page, 0) + 1) * PAGE
    return [choice(ctx.words("planning.next_page"), after)] if more else []


def _back(branch: int, ctx: Context) -> Choice:
    return choice(ctx.words("planning.back"), act.Home(branch))
