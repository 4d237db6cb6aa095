"""Withdrawing makes quiz results anonymous and changes nobody else's place (M-12)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from members.identity import Who
from members.tables import PostKind
from quizzes import attempts, bank, leaderboard, rewards, rounds
from quizzes.forgetting import forget_taker
from quizzes.rounds import Round
from quizzes.tables import Answer, Attempt, Question, Reward
from tests.support.databases import Database
from tests.unit.quizzes.world import NOW, World, draft, world


@pytest.fixture
def here(database: Database) -> Iterator[World]:
    with world(database) as made:
        yield made


def take(here: World, who: Who, made: Round, correct: int) -> None:
    at = attempts.start(here.session, who.member_id, made.id, NOW, ranked=True)
    while at.question:
        n = at.question.position
        word = "đúng" if n < correct else "sai"
        place = next(i for i, option in enumerate(at.question.options) if option.startswith(word))
        at = attempts.answer(here.session, at.attempt_id, who.member_id, n, {place}, NOW)


def test_published_results_stay_without_the_name(here: World) -> None:
    here.fill_bank(2)
    made = here.open_round(2)
    first, second = here.member("Nhất", named=True), here.member("Nhì", named=True)
    secretary = here.member("Trần Bí", PostKind.SECRETARY)
    take(here, first, made, 2)
    take(here, second, made, 1)
    attempts.start(here.session, first.member_id, made.id, NOW, ranked=False)
    rounds.close_due(here.session, made.closes_at)
    rewards.praise(here.session, secretary, made.id, [first.member_id], 3, made.closes_at)
    before = leaderboard.participation(here.session, [here.branch_id], NOW, made.closes_at.replace(year=2027))
    forget_taker(here.session, first.member_id)
    forget_taker(here.session, first.member_id)
    after = leaderboard.participation(here.session, [here.branch_id], NOW, made.closes_at.replace(year=2027))
    assert after == before
    found = leaderboard.board(here.session, second, made.id, 3, made.closes_at)
    assert [(line.place, line.full_name) for line in found.top] == [(2, "Nhì")]
    assert (found.unnamed, found.takers) == (1, 2)
    assert leaderboard.board(here.session, first, made.id, 3, made.closes_at).own is None
    assert here.session.scalars(select(Reward)).all() == []
    left = here.session.scalars(select(Attempt).order_by(Attempt.id)).all()
    assert [(a.member_id, a.correct) for a in left] == [(None, 2), (second.member_id, 1)]
    assert {a.attempt_id for a in here.session.scalars(select(Answer))} == {left[1].id}


def test_what_is_not_published_goes(here: World) -> None:
    here.fill_bank(2)
    made = here.open_round(2)
    an = here.member("Nguyễn An")
    take(here, an, made, 2)
    forget_taker(here.session, an.member_id)
    assert here.session.scalars(select(Attempt)).all() == []
    assert here.session.scalars(select(Answer)).all() == []


def test_a_writers_result_takes_no_place_afterwards(here: World) -> None:
    writer, an = here.member("Phạm Viết"), here.member("Nguyễn An")
    drafts = [replace(draft(n), author="Phạm Viết") for n in (1, 2)]
    bank.import_questions(here.session, None, here.branch_id, drafts, NOW, approved=True)
    made = here.open_round(2)
    take(here, writer, made, 2)
    take(here, an, made, 1)
    rounds.close_due(here.session, made.closes_at)
    forget_taker(here.session, writer.member_id)
    own = leaderboard.board(here.session, an, made.id, 3, made.closes_at).own
    assert own is not None and own.place == 1
    assert len(here.session.scalars(select(Question)).all()) == 2
