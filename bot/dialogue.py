"""One update from recognition to answer: who speaks, which handler, what is said when it cannot be done.

The answer and the chat's next step are committed together with the mark that the update is handled
(`commit`), before anything is sent; a crash between repeats the handler, whose effects are keyed.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.orm import Session

from bot.context import UNREAD, Context, Home
from bot.language import Choice, FileIn, Kind, Said, Say, rows
from bot.logs import also_about
from bot.router import Answer, Audience, Deed, Reached, Router
from db import conversation as conversations
from db.conversation import Conversation
from db.errors import MungBaError, Refused
from locales.text import Text
from locales.words import Words
from members import budget, identity
from members.budget import Seat, Served
from members.identity import Recognised
from members.names import fold

log = logging.getLogger(__name__)
_KEY = re.compile(r"(?:cau |chon )?(?:\d{1,2}|[a-h])[.)]?")
SEEN_EVERY = timedelta(hours=1)
Fetch = Callable[[FileIn], Awaitable[bytes]]
Gate = Callable[[Said, Context], Awaitable[Answer]]


class Dialogue:
    """Turns a `Said` into answers. `gates` answer those who may not use a route yet."""

    def __init__(self, home: Home, router: Router, gates: dict[Audience, Gate]) -> None:
        self._home = home
        self._router = router
        self._gates = gates

    async def answer(self, said: Said, fetch: Fetch | None = None) -> list[Say] | Doing:
        """The messages to send back, or what is to be done for them; never an exception from a handler."""
        words = Words(said.language)
        try:
            ctx, standing = await self._context(said, words, fetch)
            words = ctx.words
            answer = await self._respond(said, ctx, standing)
            return Doing(answer, words, said) if isinstance(answer, Deed) else _as_list(answer)
        except _ToldBefore:
            return []
        except Exception as error:
            return [_apology(error, words, said)]

    async def _respond(self, said: Said, ctx: Context, standing: Conversation) -> Answer:
        if not said.private:
            return await self._in_group(said, ctx)
        reached = self._router.find(said, standing)
        if reached is None:
            gate = self._gates.get(_missing(ctx, Audience.MEMBER)) if _is_typed(said) else None
            return await gate(said, ctx) if gate is not None else _lost(said, ctx, standing)
        if reached.prose and _is_key(said):
            return _stale_key(ctx, standing)
        return await self._reached(said, replace(ctx, found=reached.found), reached)

    async def _reached(self, said: Said, ctx: Context, reached: Reached) -> Answer:
        gate = self._gates.get(_missing(ctx, reached.audience))
        if gate is not None:
            return await gate(said, ctx)
        return await reached.call(said, ctx)

    async def _in_group(self, said: Said, ctx: Context) -> Answer:
        """Shortly, and only what everybody may see; all else is for the private chat."""
        reached = self._router.find_in_group(said)
        if said.kind not in _SAID_IN_GROUPS or not (said.addressed or reached):
            return None
        if reached is not None and _missing(ctx, reached.audience) is Audience.ANYONE:
            return await reached.call(said, ctx)
        link = self._home.links.start(said.channel, "")
        return Say(ctx.words("error.private_only", link=link), keeps_step=True)

    async def _context(self, said: Said, words: Words, fetch: Fetch | None) -> tuple[Context, Conversation]:
        store = self._home.store
        asked = Recall(said, self._home.local_day(said.at), self._router.reads_step(said))
        known, standing = await store.read_each(recall_all, asked)
        if said.private and _is_news(said, known):
            await store.write(identity.meet, said.channel, said.user, said.chat, words.language, said.at)
            known, standing = await store.read_each(recall_all, asked)
        if known is not None and known.who is not None:
            also_about(member=known.who.member_id)
        if said.private and known is not None:
            await self._count_person(said, known, budget.month_with(asked.today))
        context = Context(
            home=self._home,
            now=said.at,
            words=Words(known.language) if known else words,
            channel=said.channel,
            account_id=known.account_id if known else 0,
            who=known.who if known else None,
            data=standing.data if asked.step else UNREAD,
            fetch=fetch,
        )
        return context, standing

    async def _count_person(self, said: Said, known: Recognised, month: str) -> None:
        """Count who is served this month; somebody for whom the bot has no room hears it once."""
        if known.counted_in == month:
            return
        settings = self._home.settings
        bot = next((bot for bot in settings.bots if bot.name == said.channel), None)
        if bot is None:
            return
        if known.who is not None or not bot.people:
            served = Served(known.account_id, said.channel, month)
            await self._home.store.write_each(budget.count_served, served)
            return
        seat = await self._home.store.write(
            budget.take_seat, known.account_id, bot, settings.bots, month, said.key, said.at
        )
        if seat is Seat.NONE:
            raise Refused("budget.bot_full", people=bot.people)
        if seat is Seat.NONE_AS_TOLD:
            raise _ToldBefore


class Doing(Struct, frozen=True):
    """What somebody asked for and is still to be done, in the transaction that keeps the answer."""

    deed: Deed
    words: Words
    said: Said

    def told(self, outcome: Any) -> list[Say]:
        """The messages to send back for what came of it."""
        try:
            if isinstance(outcome, Exception):
                raise outcome
            return _as_list(self.deed.say(outcome))
        except Exception as error:
            return [_apology(error, self.words, self.said)]


def do_all(session: Session, doing: Sequence[Doing]) -> list[list[Say]]:
    """Do it, what many share in one run; what each is told."""
    told: dict[str, list[Say]] = {}
    together: dict[Callable[..., Sequence[Any]], list[Doing]] = {}
    for one in doing:
        together.setdefault(one.deed.use_case, []).append(one)
    for use_case, some in together.items():
        outcomes = use_case(session, [one.deed.item for one in some])
        told.update({one.said.key: one.told(outcome) for one, outcome in zip(some, outcomes, strict=True)})
    return [told[one.said.key] for one in doing]


class _ToldBefore(Exception):
    """Somebody who knows that there is no room for them here: nothing more is said."""


def _is_news(said: Said, known: Recognised | None) -> bool:
    """Whether it has to be noted that the account is there, or in use again. Only a private chat tells where.

    Somebody on two messengers is noted at every change, so that reminders follow at once.
    """
    if known is None or not known.reachable or said.at - known.last_seen_at > SEEN_EVERY:
        return True
    return known.elsewhere_at is not None and known.last_seen_at <= known.elsewhere_at < said.at


class Recall(Struct, frozen=True):
    """Who speaks, and what is the chat in the middle of?"""

    said: Said
    today: date
    step: bool  # whether the second question matters


Recalled = tuple[Recognised | None, Conversation]


def recall_all(session: Session, asked: Sequence[Recall]) -> list[Recalled]:
    """Everybody's account and step."""
    found: dict[str, Recalled] = {}
    together: dict[tuple[str, date], list[Recall]] = {}
    for one in asked:
        together.setdefault((one.said.channel, one.today), []).append(one)
    for (channel, today), some in together.items():
        known = identity.recognise_all(session, channel, {one.said.user for one in some}, today)
        moments = {(one.said.chat, one.said.user): one.said.at for one in some if one.step}
        steps = conversations.load_all(session, channel, moments) if moments else {}
        for one in some:
            step = steps.get((one.said.chat, one.said.user), Conversation())
            found[one.said.key] = known.get(one.said.user), step
    return [found[one.said.key] for one in asked]


def _missing(ctx: Context, audience: Audience) -> Audience:
    """The lowest audience the person does not reach; ANYONE when nothing is missing."""
    if audience >= Audience.LINKED and ctx.who is None:
        return Audience.LINKED
    if audience >= Audience.MEMBER and ctx.who is not None and not ctx.who.consented:
        return Audience.MEMBER
    return Audience.ANYONE


_SAID_IN_GROUPS = frozenset({Kind.TEXT, Kind.START, Kind.CHOICE})
_NOT_UNDERSTOOD = {
    Kind.CHOICE: "error.old_button",
    Kind.START: "error.not_understood",
    Kind.FILE: "error.file_unexpected",
    Kind.PHOTO: "error.text_only",
    Kind.VOICE: "error.text_only",
    Kind.PLACE: "error.text_only",
    Kind.STICKER: "error.text_only",
}


def _lost(said: Said, ctx: Context, standing: Conversation) -> Answer:
    """Nobody claims it. A number or letter that is not on the list brings the list back."""
    if standing.listed and _is_key(said):
        return _stale_key(ctx, standing)
    sentence = _not_understood(said)
    return Say(ctx.words(sentence), keeps_step=True) if sentence else None


def _is_key(said: Said) -> bool:
    """A number or letter and nothing else."""
    return _is_typed(said) and _KEY.fullmatch(fold(said.text)) is not None


def _stale_key(ctx: Context, standing: Conversation) -> Say:
    """It is not on the list that stands now: the list again, or what is waited for."""
    if not standing.listed:
        return Say(ctx.words("error.text_awaited"), keeps_step=True)
    choices = rows(*(Choice(offer.label, offer.data, key=offer.key) for offer in standing.listed))
    return Say(ctx.words("error.no_such_choice"), choices, keeps_step=True)


def _is_typed(said: Said) -> bool:
    return said.kind is Kind.TEXT and bool(said.text.strip())


def _not_understood(said: Said) -> str | None:
    """What to say when nobody claims it; nothing for events that nobody expects an answer to."""
    if said.kind is Kind.TEXT:
        return "error.not_understood" if said.text.strip() else "error.empty_message"
    return _NOT_UNDERSTOOD.get(said.kind)


def _as_list(answer: Say | list[Say] | None) -> list[Say]:
    if answer is None:
        return []
    return answer if isinstance(answer, list) else [answer]


def _apology(error: Exception, words: Words, said: Said) -> Say:
    """The border: a refusal in its own words, anything else with a short code that the log has too."""
    if isinstance(error, Refused):
        return Say(_sentence(error, words), keeps_step=True)
    code = secrets.token_hex(3)
    log.error("handling %s failed, code %s", said.key, code, exc_info=error)
    if isinstance(error, MungBaError) and error.key != "error.unexpected":
        return Say(_sentence(error, words), keeps_step=True)
    return Say(words("error.unexpected", code=code), keeps_step=True)


def _sentence(error: MungBaError, words: Words) -> Text:
    return words(error.key, **error.args_for_person)
