"""An attempt: answered in order, once, in time; whatever else arrives leads to where it stands (D5, D6)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import BadInput, NotAllowed, NotFound, Refused
from db.places import Place
from members.identity import Who
from members.tables import MemberStatus, PostKind
from quizzes import attempts, overview, paper
from quizzes.attempts import Note, Standing
from quizzes.paper import Asked
from quizzes.rounds import Round
from quizzes.tables import Answer, Attempt, QuizRound, RoundQuestion
from tests.support.databases import Database
from tests.unit.quizzes.world import NOW, World, world, world_in

SECOND = timedelta(seconds=1)


@pytest.fixture
def here(database: Database) -> Iterator[World]:
    with world(database) as made:
        yield made


@pytest.fixture
def an(here: World) -> Who:
    return here.member("Nguyễn An")


def start(here: World, who: Who, made: Round, now: datetime = NOW, *, ranked: bool = True) -> Standing:
    return attempts.start(here.session, who.member_id, made.id, now, ranked=ranked)


def right(at: Standing) -> set[int]:
    """The places of the right options, which the tests know by their words."""
    assert at.question is not None
    return {place for place, option in enumerate(at.question.options) if "đúng" in option}


def wrong(at: Standing) -> set[int]:
    assert at.question is not None
    return {next(place for place, option in enumerate(at.question.options) if "sai" in option)}


def single(at: Standing) -> set[int]:
    """The right place where only 'đúng n' counts."""
    assert at.question is not None
    return {next(i for i, option in enumerate(at.question.options) if option.startswith("đúng"))}


def reply(here: World, who: Who, at: Standing, places: set[int], now: datetime = NOW) -> Standing:
    assert at.question is not None
    return attempts.answer(here.session, at.attempt_id, who.member_id, at.question.position, places, now)


def test_all_right_in_order(here: World, an: Who) -> None:
    here.fill_bank(4)
    at = start(here, an, here.open_round())
    for n in range(4):
        assert at.question is not None and (at.question.position, at.question.total) == (n, 4)
        at = reply(here, an, at, single(at), NOW + (n + 1) * 10 * SECOND)
        assert (at.note, at.noted) == (Note.RECORDED, n)
    assert at.question is None and at.result is not None
    assert (at.result.correct, at.result.answered, at.result.total, at.result.seconds) == (4, 4, 4, 40)


def test_a_double_tap_counts_once_and_shows_the_next_question(here: World, an: Who) -> None:
    here.fill_bank(4)
    first = start(here, an, here.open_round())
    once = reply(here, an, first, single(first))
    twice = reply(here, an, first, single(first))
    assert once.question == twice.question
    assert (once.note, twice.note) == (Note.RECORDED, Note.RECORDED)
    stored = here.session.get_one(Attempt, first.attempt_id)
    here.session.refresh(stored)
    assert (stored.answered, stored.correct) == (1, 1)


def test_another_answer_to_an_old_question_changes_nothing(here: World, an: Who) -> None:
    here.fill_bank(4)
    first = start(here, an, here.open_round())
    second = reply(here, an, first, wrong(first))
    back = reply(here, an, first, single(first))
    assert (back.note, back.noted, back.question) == (Note.NOT_CHANGED, 0, second.question)
    stored = here.session.get_one(Attempt, first.attempt_id)
    here.session.refresh(stored)
    assert (stored.answered, stored.correct) == (1, 0)


def test_a_question_not_asked_yet_cannot_be_answered(here: World, an: Who) -> None:
    here.fill_bank(4)
    at = start(here, an, here.open_round())
    ahead = attempts.answer(here.session, at.attempt_id, an.member_id, 2, {0}, NOW)
    assert (ahead.note, ahead.question) == (Note.RESUMED, at.question)
    assert here.session.scalars(select(Answer)).all() == []


def test_it_goes_on_where_it_stopped(here: World, an: Who) -> None:
    here.fill_bank(4)
    made = here.open_round()
    at = start(here, an, made)
    stopped = reply(here, an, at, single(at))
    again = start(here, an, made, NOW + timedelta(minutes=3))
    assert (again.attempt_id, again.note, again.question) == (at.attempt_id, Note.RESUMED, stopped.question)
    assert again.ends_at == NOW + timedelta(minutes=10)


def test_only_one_ranked_attempt(here: World, an: Who) -> None:
    here.fill_bank(2)
    made = here.open_round(count=2)
    at = start(here, an, made)
    while at.question:
        at = reply(here, an, at, wrong(at))
    again = start(here, an, made, NOW + SECOND)
    assert (again.note, again.result, again.attempt_id) == (Note.FINISHED_BEFORE, at.result, at.attempt_id)


@pytest.mark.parametrize(
    ("after", "counts"), [(timedelta(minutes=10) - SECOND, True), (timedelta(minutes=10), False)]
)
def test_the_time_limit_is_the_servers(here: World, an: Who, after: timedelta, counts: bool) -> None:
    here.fill_bank(2)
    at = start(here, an, here.open_round(count=2))
    late = reply(here, an, at, single(at), NOW + after)
    assert (late.note is Note.RECORDED) is counts
    assert (late.result is None) is counts
    if late.result:
        assert (late.note, late.result.correct, late.result.seconds) == (Note.TIME_UP, 0, 600)


def test_the_round_closes_over_a_running_attempt(here: World, an: Who) -> None:
    here.fill_bank(2)
    made = here.open_round(count=2)
    at = start(here, an, made, made.closes_at - timedelta(minutes=1))
    assert at.ends_at == made.closes_at
    late = reply(here, an, at, single(at), made.closes_at)
    assert late.note is Note.TIME_UP and late.closed
    assert late.result is not None and late.result.seconds == 60


def test_nobody_starts_before_opening_or_after_closing(here: World, an: Who) -> None:
    here.fill_bank(4)
    made = here.open_round()
    for moment, key in ((NOW - SECOND, "quiz.not_open_yet"), (made.closes_at, "quiz.closed")):
        for ranked in (True, False):
            with pytest.raises(Refused) as refused:
                start(here, an, made, moment, ranked=ranked)
            assert refused.value.key == key


def test_attempts_are_private_and_rounds_of_the_branch(here: World, an: Who) -> None:
    here.fill_bank(4)
    made = here.open_round()
    at = start(here, an, made)
    other = here.member("Lê Bình")
    outsider = here.member("Vũ Ngoài", branch_id=here.branch("Chi bộ 2"))
    suspended = here.member("Hồ Đình", status=MemberStatus.SUSPENDED)
    with pytest.raises(NotAllowed):
        attempts.answer(here.session, at.attempt_id, other.member_id, 0, {0}, NOW)
    with pytest.raises(NotAllowed):
        attempts.standing(here.session, 999, other.member_id, NOW)
    for who in (outsider, suspended):
        with pytest.raises(NotAllowed):
            start(here, who, made)
    with pytest.raises(NotFound):
        attempts.start(here.session, an.member_id, 999, NOW, ranked=True)


@pytest.mark.parametrize("places", [set(), {4}, {-1}, {0, 9}, {0, 1}])
def test_options_that_cannot_be_meant_are_refused(here: World, an: Who, places: set[int]) -> None:
    here.fill_bank(4)
    at = start(here, an, here.open_round())
    with pytest.raises(BadInput):
        reply(here, an, at, places)
    assert here.session.scalars(select(Answer)).all() == []


@pytest.mark.parametrize("position", [-1, 4, 10**9])
def test_forged_positions_are_refused(here: World, an: Who, position: int) -> None:
    here.fill_bank(4)
    at = start(here, an, here.open_round())
    with pytest.raises(BadInput):
        attempts.answer(here.session, at.attempt_id, an.member_id, position, {0}, NOW)


def test_several_right_options_count_only_as_a_whole(here: World, an: Who) -> None:
    here.fill_bank(3, many=True)
    at = start(here, an, here.open_round(count=3))
    assert at.question is not None and at.question.many
    at = reply(here, an, at, right(at))
    at = reply(here, an, at, single(at))
    at = reply(here, an, at, right(at) | wrong(at))
    assert at.result is not None and at.result.correct == 1


def test_options_are_shuffled_for_each_attempt_but_stay_put_within_it(here: World) -> None:
    here.fill_bank(4)
    made = here.open_round()
    orders = set()
    for n in range(12):
        who = here.member(f"Người {n}")
        at = start(here, who, made)
        again = attempts.standing(here.session, at.attempt_id, who.member_id, NOW)
        assert at.question is not None and at.question == again.question
        orders.add(at.question.options)
    assert len(orders) > 1
    assert len({frozenset(order) for order in orders}) == 1


@pytest.mark.parametrize(
    ("options", "explanation"),
    [
        (("Một", "Hai", "Ba", "Tất cả các phương án trên"), ""),
        (("Một", "Hai", "Cả A và B"), ""),
        (("Một", "Hai", "Cả hai ý trên đều đúng"), ""),
        (("Một", "Hai", "Ba", "Bốn"), "Đáp án C, vì Điều 9."),
    ],
)
def test_options_that_name_each_other_keep_their_order(options: tuple[str, ...], explanation: str) -> None:
    asked = Asked(1, "?", options, frozenset({0}), explanation, "")
    assert {paper.order_of(asked, seed, 0) for seed in range(30)} == {tuple(range(len(options)))}


def test_practice_on_other_questions_teaches_at_once(here: World, an: Who) -> None:
    here.fill_bank(8)
    made = here.open_round(count=4)
    at = start(here, an, made, ranked=False)
    assert at.ends_at is None
    after = reply(here, an, at, wrong(at))
    assert after.learned is not None
    assert after.learned.right == tuple(single(at)) and after.learned.own == tuple(wrong(at))
    while after.question:
        after = reply(here, an, after, single(after))
    assert after.result is not None and after.result.correct == 3
    assert start(here, an, made, ranked=False).attempt_id != at.attempt_id
    assert here.session.scalars(select(Attempt).where(Attempt.ranked)).all() == []


def test_practice_on_the_same_questions_gives_nothing_away(here: World, an: Who) -> None:
    here.fill_bank(4)
    made = here.open_round(count=4)
    at = start(here, an, made, ranked=False)
    while at.question:
        at = reply(here, an, at, single(at))
        assert at.learned is None
    assert at.result is not None and at.result.correct is None


def test_practice_gives_no_key_of_another_branchs_open_round(here: World, an: Who) -> None:
    here.fill_bank(8)
    made = here.open_round(count=4)
    practised = here.session.scalars(
        select(RoundQuestion.question_id).where(RoundQuestion.round_id == made.id, RoundQuestion.practice)
    ).all()
    elsewhere = QuizRound(
        key="elsewhere",
        branch_id=here.branch("Chi bộ 2"),
        title="",
        opens_at=NOW,
        closes_at=NOW + timedelta(days=1),
        minutes=10,
    )
    here.session.add(elsewhere)
    here.session.flush()
    here.session.add(
        RoundQuestion(round_id=elsewhere.id, practice=False, position=0, question_id=practised[0])
    )
    here.session.flush()
    at = start(here, an, made, ranked=False)
    assert reply(here, an, at, single(at)).learned is None
    tomorrow = NOW + timedelta(days=1)  # the other round closes at this moment
    again = attempts.standing(here.session, at.attempt_id, an.member_id, tomorrow)
    assert reply(here, an, again, single(again), tomorrow).learned is not None


def test_the_ranked_attempt_never_tells_the_key_before_closing(here: World, an: Who) -> None:
    here.fill_bank(4)
    made = here.open_round()
    at = start(here, an, made)
    while at.question:
        at = reply(here, an, at, wrong(at))
        assert at.learned is None
    with pytest.raises(Refused) as refused:
        overview.explained(here.session, an, made.id, 0, made.closes_at - SECOND)
    assert refused.value.key == "quiz.answers_later"


def test_after_closing_each_question_is_explained_as_it_was_seen(here: World, an: Who) -> None:
    here.fill_bank(4)
    made = here.open_round()
    at = start(here, an, made)
    seen, answered = at.question, wrong(at)
    reply(here, an, at, answered)
    found = overview.explained(here.session, an, made.id, 0, made.closes_at)
    assert found.shown == seen
    assert (found.own, found.right) == (tuple(answered), tuple(single(at)))
    assert found.source == "Điều lệ Đảng" and found.explanation.startswith("Vì lẽ")
    other = here.member("Lê Bình")
    assert overview.explained(here.session, other, made.id, 3, made.closes_at).own == ()
    for position in (-1, 4):
        with pytest.raises(NotFound):
            overview.explained(here.session, an, made.id, position, made.closes_at)
    with pytest.raises(NotAllowed):
        outsider = here.member("Vũ Ngoài", branch_id=here.branch("Chi bộ 2"))
        overview.explained(here.session, outsider, made.id, 0, made.closes_at)


def test_the_overview_follows_the_member(here: World, an: Who) -> None:
    here.fill_bank(2)
    assert overview.current(here.session, an, NOW) is None
    made = here.open_round(count=2)
    secretary = here.member("Trần Bí", PostKind.SECRETARY)
    seen = overview.current(here.session, an, NOW)
    assert seen is not None and (seen.own, seen.is_open, seen.taking) == (overview.Own.NONE, True, None)
    at = start(here, an, made)
    running = overview.of_round(here.session, an, made.id, NOW)
    assert running.own is overview.Own.RUNNING
    while at.question:
        at = reply(here, an, at, single(at))
    done = overview.of_round(here.session, an, made.id, NOW)
    assert (done.own, done.correct) == (overview.Own.DONE, 2)
    counted = overview.of_round(here.session, secretary, made.id, NOW).taking
    assert counted == overview.Taking(takers=1, reachable=2)
    assert overview.of_round(here.session, an, made.id, made.closes_at).over


async def test_a_hundred_parallel_presses_count_once(place: Place) -> None:
    engine = place.engine(writing=True)
    with Session(engine) as session:
        here = world_in(session)
        here.fill_bank(3)
        member_id = here.member("Nguyễn An").member_id
        made = here.open_round(count=3)
        session.commit()
    engine.dispose()
    store = place.store()
    try:
        begun = await asyncio.gather(
            *(store.write(attempts.start, member_id, made.id, NOW, ranked=True) for _ in range(20))
        )
        assert len({at.attempt_id for at in begun}) == 1
        attempt_id, places = begun[0].attempt_id, single(begun[0])
        answered = await asyncio.gather(
            *(store.write(attempts.answer, attempt_id, member_id, 0, places, NOW) for _ in range(100))
        )
        assert {at.question.position for at in answered if at.question} == {1}
        stored = await store.read(lambda session: session.get_one(Attempt, attempt_id))
        assert (stored.answered, stored.correct) == (1, 1)
    finally:
        await store.close()
