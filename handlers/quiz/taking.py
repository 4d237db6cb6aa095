"""Taking a quiz: introduction, ranked attempt, practice, answers pressed and typed."""

from __future__ import annotations

import re
from functools import partial

from bot.context import Context
from bot.language import Kind, Said, Say
from bot.router import Answer, Deed
from handlers.quiz import views
from handlers.quiz.actions import HandIn, Mark, Pick, ShowIntro, Start
from members.names import fold
from quizzes import attempts, overview
from quizzes.attempts import Given
from quizzes.overview import Own
from quizzes.paper import LETTERS, Shown

_LEAD = re.compile(r"^(cau|chon|dap an|phuong an|em chon|toi chon)\s+")
_BETWEEN = re.compile(r"[\s,;.+&/)]+|\bva\b|\band\b")


async def intro_word(said: Said, ctx: Context) -> Answer:
    """'trắc nghiệm'."""
    seen = await ctx.store.read(overview.current, ctx.me, ctx.now)
    return views.intro(ctx, seen) if seen else Say(ctx.words("quiz.none_yet"))


async def intro_choice(said: Said, ctx: Context, action: ShowIntro) -> Answer:
    """The same from the menu."""
    return await intro_word(said, ctx)


async def take_word(said: Said, ctx: Context) -> Answer:
    """'làm bài': begins where the introduction has just been shown or the time runs, else shows it first."""
    if round_id := ctx.data.get("quiz_round"):
        return await _start(ctx, int(round_id), ranked=True)
    seen = await ctx.store.read(overview.current, ctx.me, ctx.now)
    if seen is not None and seen.own is Own.RUNNING:
        return await _start(ctx, seen.round.id, ranked=True)
    return await intro_word(said, ctx)


async def practice_word(said: Said, ctx: Context) -> Answer:
    """'luyện tập'."""
    seen = await ctx.store.read(overview.current, ctx.me, ctx.now)
    if seen is None or not seen.is_open:
        return await intro_word(said, ctx)
    return await _start(ctx, seen.round.id, ranked=False)


async def start(said: Said, ctx: Context, action: Start) -> Answer:
    """[Làm bài], [Luyện tập], [Làm tiếp]."""
    return await _start(ctx, action.round, ranked=action.ranked)


async def pick(said: Said, ctx: Context, action: Pick) -> Answer:
    """A letter of a question with one right option."""
    return _answer(ctx, action.attempt, action.position, {action.place})


async def mark(said: Said, ctx: Context, action: Mark) -> Answer:
    """A letter where several may be right: shown as chosen, not yet handed in."""
    at = await ctx.store.write(attempts.standing, action.attempt, ctx.me.member_id, ctx.now)
    if at.question is None or at.question.position != action.position:
        return views.standing(ctx, at)
    known = action.mask & (1 << len(at.question.options)) - 1
    return views.standing(ctx, at, known)


async def hand_in(said: Said, ctx: Context, action: HandIn) -> Answer:
    """[Xong]."""
    places = {place for place in range(len(LETTERS)) if action.mask >> place & 1}
    return _answer(ctx, action.attempt, action.position, places)


async def typed(said: Said, ctx: Context) -> Answer:
    """'B', 'câu b', 'A C', 'a,c', '2', or the option's own words."""
    if said.kind is not Kind.TEXT:
        return Say(ctx.words("quiz.file_again"))
    attempt_id = int(ctx.data["attempt"])
    at = await ctx.store.write(attempts.standing, attempt_id, ctx.me.member_id, ctx.now)
    if at.question is None:
        return views.standing(ctx, at)
    places = places_in(said.text, at.question)
    if not places:
        return Say(ctx.words("quiz.which_letter"), keeps_step=True)
    return _answer(ctx, attempt_id, int(ctx.data["position"]), places)


def places_in(text: str, shown: Shown) -> set[int]:
    """The places on the screen that were typed; empty when no option can be meant."""
    whole = fold(text)
    own_words = [place for place, option in enumerate(shown.options) if fold(option) == whole]
    if own_words:
        return set(own_words[:1])
    parts = [part for part in _BETWEEN.split(_LEAD.sub("", whole)) if part]
    if shown.many and len(parts) == 1 and parts[0].isalpha():
        parts = list(parts[0])
    places = [_place(part) for part in parts]
    return set() if None in places else {place for place in places if place is not None}


def _place(part: str) -> int | None:
    if len(part) == 1 and part.upper() in LETTERS:
        return LETTERS.index(part.upper())
    return int(part) - 1 if part in "12345678" and len(part) == 1 else None


async def _start(ctx: Context, round_id: int, *, ranked: bool) -> Answer:
    at = await ctx.store.write(attempts.start, ctx.me.member_id, round_id, ctx.now, ranked=ranked)
    return views.standing(ctx, at)


def _answer(ctx: Context, attempt_id: int, position: int, places: set[int]) -> Deed:
    given = Given(attempt_id, ctx.me.member_id, position, frozenset(places), ctx.now)
    return Deed(attempts.answer_all, given, partial(views.standing, ctx))
