"""Scenes of the secretary before the meeting: the calendar, the quiz, requests to be absent."""

import re
from datetime import date, timedelta

from simulator.month import labels as see
from simulator.month.acts import Actor, count_of
from simulator.month.phones import labels_of, said_in

_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_SOON = timedelta(days=32)
_LISTED = re.compile(r"^– (.+)$", re.MULTILINE)
_TOPIC = r".+ \(\d+ câu\)"


async def plan_meeting(secretary: Actor, today: date) -> date:
    """Set the monthly rule if there is none, keep the coming date even on a day off; the day told."""
    told = await secretary.say(see.SCHEDULE, f"{see.NEXT_MEETING}|{see.NONE_PLANNED}")
    if not _DAY.search(said_in(told)):
        await secretary.say(see.RULE_WORD, see.TYPE_RULE)
        await secretary.say(see.RULE, see.RULE_SET)
    asked = await secretary.say(see.DATES_WORD, f"{see.DATE_ASKED}|{see.NO_DATES}")
    if _DAY.search(said_in(asked)) and day_in(said_in(asked)) - today < _SOON:
        await secretary.choose(see.KEEP_DATE, see.DATE_FIXED)
    return day_in(said_in(await secretary.say(see.SCHEDULE, see.NEXT_MEETING)))


def day_in(text: str) -> date:
    """The first date in a text: dd/mm/yyyy."""
    found = _DAY.search(text)
    if found is None:
        raise ValueError(f"there is no date in {text!r}")
    return date(int(found[3]), int(found[2]), int(found[1]))


async def make_quiz(secretary: Actor, number: int) -> None:
    """Make a quiz in the chat if there is none; the branches choose different topics."""
    if not await _has_none(secretary):
        return
    asked = await secretary.say(see.MAKE_QUIZ, see.WHICH_TOPIC)
    topics = [label for label in labels_of(asked) if re.fullmatch(_TOPIC, label)]
    await secretary.choose(re.escape(topics[number % len(topics)]), see.PROPOSAL)
    await secretary.choose(see.CREATE, see.QUIZ_MADE)


async def _has_none(secretary: Actor) -> bool:
    told = await secretary.say(see.QUIZ_WORD, f"{see.QUIZ_INTRO}|{see.QUIZ_NONE}|{see.GOING_ON}")
    return re.search(see.QUIZ_NONE, said_in(told)) is not None


async def decide_excuses(secretary: Actor, count: int) -> None:
    """Approve as many requests as have come."""
    for _ in range(count):
        await secretary.sees(see.EXCUSE_ASKED)
        await secretary.choose(see.APPROVE, see.EXCUSE_DECIDED)


async def look_whom_to_call(secretary: Actor, names: list[str]) -> None:
    """The call list below 'ai dự': exactly those whom no message reaches."""
    await secretary.say(see.WHO_COMES, see.WHO_SEEN)
    if not names:
        secretary.stage.ledger.expect(
            "a call list without names", None, secretary.phone.with_choice(see.CALL)
        )
        return
    told = await secretary.choose(see.CALL, see.CALL_LIST)
    found = sorted(_LISTED.findall(said_in(told)))
    secretary.stage.ledger.expect(f"whom {secretary.player.name} must call", sorted(names), found)


async def look_who_comes(secretary: Actor, coming: int, excused: int, silent: int) -> None:
    """'ai dự': the numbers told must be the ones of the bookkeeping."""
    told = await secretary.say(see.WHO_COMES, see.WHO_SEEN)
    for what, expected, sight in (
        ("coming", coming, r"(\d+) dự"),
        ("asked to be absent", excused, r"(\d+) xin vắng"),
        ("silent", silent, r"(\d+) chưa trả lời"),
    ):
        found = next(iter(count_of(told, sight)), 0)
        branch = secretary.player.branch
        secretary.stage.ledger.expect(f"{what}, as the secretary of {branch} is told", expected, found)
