"""M-09 and 8.4: fair places, names only with consent and never with a low score, honest participation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from db.errors import NotAllowed, Refused
from members.identity import Who
from members.tables import Account, Consent, Member, PostKind
from quizzes import attempts, bank, leaderboard, rounds
from quizzes.leaderboard import Board, RoundParticipation
from quizzes.rounds import Round
from quizzes.tables import Question
from tests.support.databases import Database
from tests.unit.quizzes.world import NOW, World, draft, world

QUESTIONS = 4


@pytest.fixture
def here(database: Database) -> Iterator[World]:
    with world(database) as made:
        yield made


@pytest.fixture
def made(here: World) -> Round:
    here.fill_bank(QUESTIONS)
    return here.open_round(QUESTIONS)


def take(here: World, who: Who, made: Round, correct: int, seconds: int) -> None:
    """A ranked attempt with so many right answers, ended after so many seconds."""
    at = attempts.start(here.session, who.member_id, made.id, NOW, ranked=True)
    while at.question:
        n = at.question.position
        word = "đúng" if n < correct else "sai"
        place = next(i for i, option in enumerate(at.question.options) if option.startswith(word))
        now = NOW + timedelta(seconds=seconds)
        at = attempts.answer(here.session, at.attempt_id, who.member_id, n, {place}, now)


def board(here: World, who: Who, made: Round, names: int = 3) -> Board:
    rounds.close_due(here.session, made.closes_at)
    return leaderboard.board(here.session, who, made.id, names, made.closes_at)


def named(found: Board) -> list[tuple[int, str]]:
    return [(line.place, line.full_name) for line in found.top]


def test_faster_ranks_above_and_equals_share_a_place(here: World, made: Round) -> None:
    slow = here.member("Chậm", named=True)
    fast = here.member("Nhanh", named=True)
    equal = here.member("Bằng", named=True)
    less = here.member("Kém", named=True)
    take(here, slow, made, 4, 242)
    take(here, fast, made, 4, 190)
    take(here, equal, made, 4, 242)
    take(here, less, made, 3, 10)
    assert named(board(here, slow, made, names=4)) == [(1, "Nhanh"), (2, "Chậm"), (2, "Bằng"), (4, "Kém")]
    own = board(here, equal, made).own
    assert own is not None and (own.place, own.correct, own.seconds) == (2, 4, 242)


def test_names_only_with_consent(here: World, made: Round) -> None:
    shy = here.member("Kín Đáo")
    open_one = here.member("Công Khai", named=True)
    take(here, shy, made, 4, 10)
    take(here, open_one, made, 4, 20)
    found = board(here, open_one, made)
    assert (named(found), found.unnamed) == ([(2, "Công Khai")], 1)
    own = board(here, shy, made).own
    assert own is not None and own.place == 1


def test_a_withdrawn_consent_takes_the_name_off(here: World, made: Round) -> None:
    an = here.member("Công Khai", named=True)
    take(here, an, made, 4, 10)
    here.session.scalars(select(Consent)).one().withdrawn_at = NOW
    here.session.flush()
    assert named(board(here, an, made)) == []


def test_never_a_low_score_beside_a_name(here: World, made: Round) -> None:
    half, low, none = (here.member(name, named=True) for name in ("Nửa", "Thấp", "Không"))
    take(here, half, made, 2, 10)
    take(here, low, made, 1, 10)
    take(here, none, made, 0, 10)
    found = board(here, none, made)
    assert named(found) == [(1, "Nửa")]
    assert found.own is not None and (found.own.place, found.own.correct) == (3, 0)


def test_writers_and_approvers_are_not_ranked(here: World) -> None:
    author = here.member("Lê Soạn", PostKind.COMMITTEE_MEMBER, named=True)
    second = here.member("Trần Duyệt", PostKind.SECRETARY, named=True)
    expert = here.member("Phạm Viết", named=True)
    an = here.member("Nguyễn An", named=True)
    drafts = [draft(1), replace(draft(2), author="PHẠM VIẾT")]
    bank.import_questions(here.session, author, here.branch_id, drafts, NOW)
    for question_id in here.session.scalars(select(Question.id)).all():
        bank.approve(here.session, second, question_id, NOW)
    made = here.open_round(2)
    for who in (author, second, expert):
        take(here, who, made, 2, 1)
    take(here, an, made, 1, 500)
    assert named(board(here, an, made)) == [(1, "Nguyễn An")]
    own = board(here, author, made).own
    assert own is not None and (own.place, own.correct) == (None, 2)


def test_practice_does_not_count(here: World) -> None:
    here.fill_bank(8)
    made = here.open_round(4)
    an = here.member("Nguyễn An", named=True)
    at = attempts.start(here.session, an.member_id, made.id, NOW, ranked=False)
    while at.question:
        at = attempts.answer(here.session, at.attempt_id, an.member_id, at.question.position, {0}, NOW)
    found = board(here, an, made)
    assert (found.top, found.own, found.takers) == ((), None, 0)


def test_not_before_closing_nor_for_other_branches(here: World, made: Round) -> None:
    an = here.member("Nguyễn An")
    outsider = here.member("Vũ Ngoài", branch_id=here.branch("Chi bộ 2"))
    with pytest.raises(Refused) as refused:
        leaderboard.board(here.session, an, made.id, 3, made.closes_at - timedelta(seconds=1))
    assert refused.value.key == "quiz.board_later"
    with pytest.raises(NotAllowed):
        board(here, outsider, made)


def test_who_took_part_stays_as_it_was_at_closing(here: World, made: Round) -> None:
    people = [here.member(f"Người {n}") for n in range(5)]
    here.member("Không Máy", reachable=False)
    take(here, people[0], made, 4, 10)
    take(here, people[1], made, 2, 10)
    rounds.close_due(here.session, made.closes_at)
    for account in here.session.scalars(select(Account)):
        account.unreachable_since = made.closes_at
    here.session.flush()
    found = board(here, people[2], made)
    assert (found.takers, found.reachable) == (2, 5)
    assert leaderboard.participation(
        here.session, [here.branch_id], NOW, made.closes_at + timedelta(seconds=1)
    ) == [RoundParticipation(here.branch_id, made.id, 2, 5, Fraction(6, 20))]


def test_participation_takes_only_published_rounds_of_the_period(here: World, made: Round) -> None:
    here.member("Nguyễn An")
    period = (NOW, made.closes_at + timedelta(seconds=1))
    assert leaderboard.participation(here.session, [here.branch_id], *period) == []
    rounds.close_due(here.session, made.closes_at)
    assert len(leaderboard.participation(here.session, [here.branch_id], *period)) == 1
    assert leaderboard.participation(here.session, [here.branch_id], NOW, made.closes_at) == []
    assert leaderboard.participation(here.session, [here.branch("Chi bộ 2")], *period) == []


def test_nobody_reachable_has_no_mean(here: World, made: Round) -> None:
    rounds.close_due(here.session, made.closes_at)
    period = (NOW, made.closes_at + timedelta(seconds=1))
    (found,) = leaderboard.participation(here.session, [here.branch_id], *period)
    assert (found.takers, found.reachable, found.mean) == (0, 0, None)


def test_more_takers_than_reachable_never_exceeds_the_base(here: World, made: Round) -> None:
    exempt_later = here.member("Nguyễn An")
    take(here, exempt_later, made, 4, 10)
    here.session.get_one(Member, exempt_later.member_id).left_on = NOW.date()
    here.session.flush()
    rounds.close_due(here.session, made.closes_at)
    period = (NOW, made.closes_at + timedelta(seconds=1))
    (found,) = leaderboard.participation(here.session, [here.branch_id], *period)
    assert (found.takers, found.reachable, found.mean) == (1, 1, Fraction(1))
