"""What is said to those who help with joining."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.context import Context
from bot.language import Choice, Expects, Say, choice, rows
from db.errors import NotAllowed
from handlers.joining.actions import AskWhose, NewCode, WhoJoined
from locales.dates import day_text
from locales.text import join
from members.join_codes import shown
from members.joining_state import BranchState, Person, one_person

NAMES_SHOWN = 10
BRANCHES_SHOWN = 4
CHOICES_SHOWN = 3
WHOSE = "joining.whose"


def who_joined(ctx: Context, states: list[BranchState]) -> Say:
    """One branch with names for its secretary; several as counts, those lagging first."""
    lines = [
        ctx.words("joining.state", **_counts(state)) for state in _lagging_first(states)[:BRANCHES_SHOWN]
    ]
    if len(states) > BRANCHES_SHOWN:
        lines.append(ctx.words("joining.more_branches", count=len(states) - BRANCHES_SHOWN))
    waiting = [name for state in states for name in state.waiting]
    if waiting:
        rest = len(waiting) - NAMES_SHOWN
        names = ", ".join(waiting[:NAMES_SHOWN])
        key = "joining.waiting_more" if rest > 0 else "joining.waiting"
        lines.append(ctx.words(key, names=names, rest=rest))
    return Say(join(lines), rows(choice(ctx.words("joining.new_code"), AskWhose())))


def ask_whose(ctx: Context) -> Say:
    """The name is typed, as a branch has forty."""
    return Say(ctx.words("joining.whose"), expects=Expects(WHOSE))


def whom(ctx: Context, found: list[Person]) -> Say:
    """Those whose name fits, at most three; else the name is asked again."""
    again = Expects(WHOSE)
    if not found:
        return Say(ctx.words("joining.nobody"), expects=again)
    if len(found) > CHOICES_SHOWN:
        return Say(ctx.words("joining.too_many_named", count=len(found)), expects=again)
    return Say(ctx.words("joining.which"), rows(*(_person(p) for p in found)), expects=again)


def linked_already(ctx: Context, person: Person) -> Say:
    """A new code unlinks the old phone: ask."""
    words = ctx.words
    return Say(
        words("joining.linked_already", name=person.full_name),
        rows(
            choice(words("joining.renew_sure"), NewCode(person.member_id, sure=True)),
            choice(words("joining.keep_link"), WhoJoined()),
        ),
    )


def code_made(ctx: Context, person: Person, code: str, expires_at: datetime) -> Say:
    """The code, said once."""
    link = ctx.home.links.start(ctx.channel, f"j-{code}")
    day = day_text(ctx.home.local_day(expires_at))
    return Say(ctx.words("joining.code_made", name=person.full_name, code=shown(code), day=day, link=link))


async def not_me_told(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To secretary and office: somebody said 'không phải tôi'."""
    return await _about(ctx, "joining.not_me_told", args["member"])


async def has_left(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To the secretary: somebody withdrew their consent."""
    return await _about(ctx, "joining.has_left", args["member"])


async def alarm(ctx: Context, args: dict[str, Any]) -> Say | None:
    """To the office: many wrong codes today."""
    return Say(ctx.words("joining.alarm", count=args["count"]))


async def _about(ctx: Context, key: str, member_id: int) -> Say | None:
    if ctx.who is None:
        return None
    try:
        person = await ctx.store.read(one_person, ctx.who, member_id, ctx.today)
    except NotAllowed:  # the post ended, or the member left, before this went out
        return None
    if person.linked:
        return None
    new = choice(ctx.words("joining.new_code"), NewCode(member_id, sure=False))
    return Say(ctx.words(key, name=person.full_name), rows(new))


def _person(person: Person) -> Choice:
    name = f"{person.full_name} ({person.mark})" if person.mark else person.full_name
    return choice(name, NewCode(person.member_id, sure=False))


def _lagging_first(states: list[BranchState]) -> list[BranchState]:
    return sorted(states, key=lambda s: s.linked / s.total if s.total else 1.0)


def _counts(state: BranchState) -> dict[str, str | int]:
    return {
        "branch": state.branch_name,
        "linked": state.linked,
        "total": state.total,
        "consented": state.consented,
    }
