"""Conversations of those who prepare meetings: dates, content, who comes, excuses."""

from __future__ import annotations

from bot.router import Feature, MenuItem, on, route
from handlers.planning import actions as act
from handlers.planning import answers, dates, excuses
from members.identity import Who
from members.permissions import Right, has_somewhere

# Only what begins like a rule: a wish that mentions "hằng tháng" is somebody's opinion.
TYPED_RULE = (
    r"(?:(?:dat )?lich )?(?:hop |sinh hoat )?ngay (?:mung |mong )?\d{1,2} (?:hang|moi) thang,? (?:luc )?"
    r"\d{1,2} ?(?::|h|gio|g)(?![a-z]).{0,300}"
)


def _prepares(who: Who) -> bool:
    return has_somewhere(who, Right.SEE_ANSWERS)


FEATURE = Feature(
    "planning",
    actions=(
        on(act.Home, answers.home),
        on(act.Silent, answers.silent),
        on(act.Lost, answers.lost),
        on(act.Dates, dates.to_confirm),
        on(act.KeepDate, dates.keep),
        on(act.TakeDay, dates.take),
        on(act.AskMoment, dates.ask_moment),
        on(act.ListMeetings, dates.list_meetings),
        on(act.Edit, dates.edit),
        on(act.AskPart, dates.ask_part),
        on(act.AskCallOff, dates.ask_call_off),
        on(act.CallOff, dates.call_off),
        on(act.AskRule, dates.ask_rule),
        on(act.Excuses, excuses.waiting),
        on(act.Decide, excuses.decide),
    ),
    words=(
        route("planning.word.home", answers.home),
        route("planning.word.who", answers.says_who),
        route("planning.word.dates", dates.says_dates),
        route("planning.word.rule", dates.says_rule),
        route("planning.word.excuses", excuses.waiting),
    ),
    patterns=(route(TYPED_RULE, dates.rule_typed),),
    steps=(
        route("planning.moment", dates.moment_typed),
        route("planning.part", dates.part_typed),
        route("planning.rule", dates.rule_typed),
    ),
    notices={
        "planning.excuse_asked": excuses.asked,
        "planning.help_asked": excuses.help_asked,
        "planning.to_confirm": dates.confirm_notice,
    },
    menu=(MenuItem("planning.menu", act.Home(), 60, _prepares),),
)
