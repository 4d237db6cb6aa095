"""The questions of a round as one attempt shows them."""

from __future__ import annotations

import random
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from weakref import WeakKeyDictionary

from msgspec import Struct
from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session

from db.looking import Look
from members.names import fold
from quizzes.tables import Question, QuizRound, RoundQuestion

LETTERS = "ABCDEFGH"
KEPT_MOST = 4096  # papers in memory, and questions: those of one bank are shared by its papers

_KEPT: WeakKeyDictionary[Engine, OrderedDict[tuple[int, bool], tuple[Asked, ...]]] = WeakKeyDictionary()

# "Tất cả các phương án trên", "Cả A và B": moving such an option would change what it says.
_NAMES_OTHERS = re.compile(
    r"\b(tat ca|ca (hai|ba|bon|nam|2|3|4|5)|(phuong an|dap an|cau|y) (tren|a|b|c|d|e)|(ca )?a (va|&) b"
    r"|b (va|&) c|a, ?b|b, ?c|deu (dung|sai)|all of the above|none of the above)\b"
)

_NAMES_LETTER = re.compile(r"\b(phuong an|dap an|cau|y|option|answer)( dung)?( la)?:? ?[a-h]\b")


_QUESTIONS = Look(
    lambda _: (
        select(
            Question.id,
            Question.text,
            Question.options,
            Question.correct,
            Question.explanation,
            Question.source,
        )
        .join(RoundQuestion, RoundQuestion.question_id == Question.id)
        .where(RoundQuestion.round_id == bindparam("round"))
        .where(RoundQuestion.practice == bindparam("for_practice"))
        .order_by(RoundQuestion.position)
    )
)


class _Chance(threading.local):
    """Made once a thread, since making one costs more than drawing an order."""

    def __init__(self) -> None:
        self.of_thread = random.Random()  # noqa: S311 (an order, not a secret)


_CHANCE = _Chance()


class Asked(Struct, frozen=True):
    """A question of a paper; `options` and `correct` in the order of the bank."""

    question_id: int
    text: str
    options: tuple[str, ...]
    correct: frozenset[int]
    explanation: str
    source: str

    @property
    def many(self) -> bool:
        """More than one option is right; only the whole set counts (domain.md 8.4)."""
        return len(self.correct) > 1


class Shown(Struct, frozen=True):
    """A question on the screen: options in the order of this attempt, the first is A."""

    position: int
    total: int
    text: str
    options: tuple[str, ...]
    many: bool


class Explained(Struct, frozen=True):
    """A question with its key. `right` and `own` are places among the options as shown."""

    shown: Shown
    right: tuple[int, ...]
    own: tuple[int, ...]
    explanation: str
    source: str


def paper(session: Session, round_id: int, *, practice: bool) -> tuple[Asked, ...]:
    """The questions of a round in order. Practice falls back to the ranked ones where there are no others.

    For rounds that have opened: those no longer change, so their papers are kept in memory.
    """
    kept = _KEPT.setdefault(session.get_bind().engine, OrderedDict())
    known = kept.get((round_id, practice))
    if known is None:
        own = _questions(session, round_id, practice)
        known = own if own or not practice else _questions(session, round_id, practice=False)
        if len(kept) >= KEPT_MOST:
            kept.popitem(last=False)
        kept[round_id, practice] = known
    return known


@lru_cache(maxsize=4096)
def order_of(asked: Asked, seed: int | None, position: int) -> tuple[int, ...]:
    """Which option of the bank stands at each place on the screen; the bank's order without a seed."""
    order = list(range(len(asked.options)))
    if seed is not None and not _order_matters(asked):
        chance = _CHANCE.of_thread
        chance.seed(seed * 1_000 + position)
        chance.shuffle(order)
    return tuple(order)


def show(questions: Sequence[Asked], seed: int | None, position: int) -> Shown:
    """The question at `position` as this attempt sees it."""
    asked = questions[position]
    options = tuple(asked.options[i] for i in order_of(asked, seed, position))
    return Shown(position, len(questions), asked.text, options, asked.many)


def explain(
    questions: Sequence[Asked], seed: int | None, position: int, chosen: Sequence[int] = ()
) -> Explained:
    """The same with its key; `chosen` are indexes of the bank."""
    asked = questions[position]
    order = order_of(asked, seed, position)
    return Explained(
        show(questions, seed, position),
        tuple(place for place, option in enumerate(order) if option in asked.correct),
        tuple(place for place, option in enumerate(order) if option in chosen),
        asked.explanation,
        asked.source,
    )


def any_secret(session: Session, questions: Sequence[Asked], now: datetime) -> bool:
    """Whether one of these is asked in a ranked paper that has not closed yet, in whatever branch."""
    prints = select(Question.fingerprint).where(Question.id.in_([q.question_id for q in questions]))
    still_asked = (
        select(Question.id)
        .join(RoundQuestion, RoundQuestion.question_id == Question.id)
        .join(QuizRound, QuizRound.id == RoundQuestion.round_id)
        .where(RoundQuestion.practice.is_(False), QuizRound.closes_at > now)
        .where(Question.fingerprint.in_(prints))
    )
    return session.scalar(still_asked.limit(1)) is not None


@lru_cache(maxsize=4096)
def _order_matters(asked: Asked) -> bool:
    named = (_NAMES_OTHERS.search(fold(option)) for option in asked.options)
    return any(named) or _NAMES_LETTER.search(fold(asked.explanation)) is not None


def _questions(session: Session, round_id: int, practice: bool) -> tuple[Asked, ...]:
    rows = _QUESTIONS.rows(session, {"round": round_id, "for_practice": practice})
    return tuple(_asked(r.id, r.text, tuple(r.options), frozenset(r.correct), *r[4:]) for r in rows)


_asked = lru_cache(maxsize=KEPT_MOST)(Asked)
