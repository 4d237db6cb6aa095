"""Rounds: the proposed moments, the chosen questions, opened once, closed and published once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from db.errors import BadInput, NotAllowed, NotFound, Refused
from db.outbox import OutboxRow
from members.tables import MemberStatus, PostKind
from quizzes import attempts, bank, paper, planning, rounds
from quizzes.rounds import Round
from quizzes.tables import Attempt, Question, QuizRound, RoundQuestion
from tests.support.databases import Database
from tests.unit.quizzes.world import NOW, TOPIC, ZONE, World, draft, world

MEETING = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)  # 19:30 on the 3rd


@pytest.fixture
def here(database: Database) -> Iterator[World]:
    with world(database) as made:
        yield made


def make(here: World, now: datetime = NOW, count: int = 4, seed: int | None = None) -> Round:
    return rounds.make_round(
        here.session, None, here.branch_id, TOPIC, now, zone=ZONE, count=count, minutes=10, seed=seed
    )


def asked(here: World, round_id: int, *, practice: bool = False) -> list[int]:
    return list(
        here.session.scalars(
            select(RoundQuestion.question_id)
            .where(RoundQuestion.round_id == round_id, RoundQuestion.practice.is_(practice))
            .order_by(RoundQuestion.position)
        )
    )


def told(here: World, notice: str) -> list[int | None]:
    rows = here.session.scalars(select(OutboxRow).where(OutboxRow.notice == notice).order_by(OutboxRow.id))
    return [row.member_id for row in rows]


def test_opens_seven_days_before_and_closes_the_evening_before(here: World) -> None:
    here.fill_bank(10)
    here.meeting(MEETING)
    made = make(here)
    assert made.opens_at == datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
    assert made.closes_at == datetime(2026, 12, 2, 13, 0, tzinfo=UTC)
    assert (made.questions, made.minutes, made.title) == (4, 10, TOPIC)


def test_made_late_it_opens_at_once(here: World) -> None:
    here.fill_bank(10)
    here.meeting(MEETING)
    now = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    assert make(here, now).opens_at == now


def test_made_on_the_last_evening_it_closes_an_hour_before_the_meeting(here: World) -> None:
    here.fill_bank(10)
    here.meeting(MEETING)
    assert make(here, datetime(2026, 12, 2, 12, 30, tzinfo=UTC)).closes_at == MEETING - timedelta(hours=1)


def test_made_in_the_last_hours_it_is_refused(here: World) -> None:
    here.fill_bank(10)
    here.meeting(MEETING)
    with pytest.raises(Refused) as refused:
        make(here, MEETING - timedelta(minutes=119))
    assert refused.value.key == "quiz.meeting_too_close"


def test_without_a_meeting_it_is_open_seven_days(here: World) -> None:
    here.fill_bank(10)
    made = make(here)
    assert (made.opens_at, made.closes_at) == (NOW, datetime(2026, 12, 2, 13, 0, tzinfo=UTC))


def test_moments_that_make_no_sense_are_refused(here: World) -> None:
    here.fill_bank(10)
    for opens, closes in ((NOW, NOW), (NOW + timedelta(2), NOW + timedelta(1)), (NOW - timedelta(2), NOW)):
        with pytest.raises(BadInput):
            rounds.make_round(
                here.session,
                None,
                here.branch_id,
                TOPIC,
                NOW,
                zone=ZONE,
                count=4,
                minutes=10,
                times=planning.Times(opens, closes),
            )


def test_making_it_twice_makes_one(here: World) -> None:
    here.fill_bank(10)
    here.meeting(MEETING)
    assert make(here).id == make(here, NOW + timedelta(hours=3)).id
    assert len(here.session.scalars(select(QuizRound)).all()) == 1


def test_one_topic_gives_all_branches_one_paper_and_a_seed_another(here: World) -> None:
    here.fill_bank(30)
    first = asked(here, make(here, count=10).id)
    other_branch = here.branch("Chi bộ 2")
    same = rounds.make_round(here.session, None, other_branch, TOPIC, NOW, zone=ZONE, count=10, minutes=10)
    seeded = rounds.make_round(
        here.session, None, here.branch("Chi bộ 3"), TOPIC, NOW, zone=ZONE, count=10, minutes=10, seed=7
    )
    assert first == asked(here, same.id)
    assert len(set(first)) == 10
    assert first != asked(here, seeded.id)


def test_papers_in_memory_share_their_questions_and_the_oldest_goes_first(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "KEPT_MOST", 2)
    here.fill_bank(4)
    made = [
        rounds.make_round(
            here.session, None, here.branch(f"Chi bộ {n}"), TOPIC, NOW, zone=ZONE, count=4, minutes=9
        )
        for n in range(2, 5)
    ]
    papers = [paper.paper(here.session, one.id, practice=False) for one in made]
    assert [question.question_id for question in papers[0]] == asked(here, made[0].id)
    assert all(one is other for one, other in zip(papers[0], papers[2], strict=True))
    again = [paper.paper(here.session, one.id, practice=False) for one in reversed(made)]
    assert [one is two for one, two in zip(again, reversed(papers), strict=True)] == [True, True, False]
    assert again == papers[::-1]


def test_practice_asks_other_questions_where_there_are_enough(here: World) -> None:
    here.fill_bank(9)
    made = make(here, count=5)
    practice = asked(here, made.id, practice=True)
    assert len(practice) == 4
    assert set(practice).isdisjoint(asked(here, made.id))


def test_a_small_bank_has_no_practice_paper_of_its_own(here: World) -> None:
    here.fill_bank(6)
    made = make(here, count=4)
    assert asked(here, made.id, practice=True) == []


def test_questions_expired_by_closing_or_waiting_for_approval_are_not_asked(here: World) -> None:
    last_day = date(2026, 12, 2)
    drafts = [
        draft(1, valid_until=last_day - timedelta(days=1)),
        draft(2, valid_until=last_day),
        draft(3),
    ]
    bank.import_questions(here.session, None, here.branch_id, drafts, NOW, approved=True)
    bank.import_questions(here.session, None, here.branch_id, [draft(4)], NOW)
    here.meeting(MEETING)
    texts = here.session.scalars(select(Question.text).where(Question.id.in_(asked(here, make(here).id))))
    assert set(texts) == {draft(2).text, draft(3).text}


def test_a_topic_without_questions_is_not_found(here: World) -> None:
    with pytest.raises(NotFound):
        make(here)


def test_the_next_meetings_topic_is_offered_first(here: World) -> None:
    here.fill_bank(9, topic="Điều lệ Đảng")
    here.fill_bank(3)
    here.meeting(MEETING, topic="TU PHE BINH va phê bình")
    secretary = here.member("Trần Bí", PostKind.SECRETARY)
    found = planning.topics(here.session, secretary, here.branch_id, NOW, ZONE)
    assert [(t.name, t.questions, t.of_meeting) for t in found] == [
        (TOPIC, 3, True),
        ("Điều lệ Đảng", 9, False),
    ]


@pytest.mark.parametrize("kind", [None, PostKind.CLERK, PostKind.OFFICE])
def test_only_the_committee_makes_rounds(here: World, kind: PostKind | None) -> None:
    here.fill_bank(5)
    somebody = here.member("Vũ Ai", *([kind] if kind else []))
    with pytest.raises(NotAllowed):
        rounds.make_round(here.session, somebody, here.branch_id, TOPIC, NOW, zone=ZONE, count=4, minutes=10)
    with pytest.raises(NotAllowed):
        planning.topics(here.session, somebody, here.branch_id, NOW, ZONE)


def test_a_secretary_makes_none_for_another_branch(here: World) -> None:
    here.fill_bank(5)
    secretary = here.member("Trần Bí", PostKind.SECRETARY)
    with pytest.raises(NotAllowed):
        rounds.make_round(
            here.session, secretary, here.branch("Chi bộ 2"), TOPIC, NOW, zone=ZONE, count=4, minutes=10
        )


def test_opening_is_told_once_to_those_we_can_reach(here: World) -> None:
    here.fill_bank(5)
    an = here.member("Nguyễn An")
    here.member("Không Máy", reachable=False)
    here.member("Miễn Sinh Hoạt", status=MemberStatus.EXEMPT)
    here.member("Người Ngoài", branch_id=here.branch("Chi bộ 2"))
    here.meeting(MEETING)
    made = make(here)
    assert rounds.open_due(here.session, made.opens_at - timedelta(seconds=1)) == 0
    assert rounds.next_due(here.session) == made.opens_at
    assert rounds.open_due(here.session, made.opens_at) == 1
    assert rounds.open_due(here.session, made.opens_at + timedelta(hours=1)) == 0
    assert told(here, "quiz.opened") == [an.member_id]
    row = here.session.scalars(select(OutboxRow)).one()
    assert row.expires_at == made.closes_at
    assert rounds.next_due(here.session) == made.closes_at


def test_closing_finishes_attempts_and_publishes_once(here: World) -> None:
    here.fill_bank(5)
    an, binh = here.member("Nguyễn An"), here.member("Lê Bình")
    made = here.open_round()
    attempts.start(here.session, an.member_id, made.id, NOW, ranked=True)
    late = made.closes_at - timedelta(minutes=2)
    attempts.start(here.session, binh.member_id, made.id, late, ranked=True)
    assert rounds.close_due(here.session, made.closes_at - timedelta(seconds=1)) == 0
    assert rounds.close_due(here.session, made.closes_at) == 1
    assert rounds.close_due(here.session, made.closes_at + timedelta(minutes=1)) == 0
    ended = {a.member_id: a.finished_at for a in here.session.scalars(select(Attempt))}
    assert ended == {an.member_id: NOW + timedelta(minutes=10), binh.member_id: made.closes_at}
    assert told(here, "quiz.published") == [an.member_id, binh.member_id]
    assert rounds.next_due(here.session) is None
    stored = here.session.get_one(QuizRound, made.id)
    assert (stored.published_at, stored.reachable) == (made.closes_at, 2)


def test_a_round_slept_through_is_published_but_not_announced(here: World) -> None:
    here.fill_bank(5)
    here.member("Nguyễn An")
    made = here.open_round()
    later = made.closes_at + timedelta(hours=2)
    rounds.close_due(here.session, later)
    rounds.open_due(here.session, later)
    assert told(here, "quiz.opened") == []
    assert len(told(here, "quiz.published")) == 1


def test_a_round_is_taken_back_only_before_it_opens(here: World) -> None:
    here.fill_bank(5)
    here.meeting(MEETING)
    secretary = here.member("Trần Bí", PostKind.SECRETARY)
    stranger = here.member("Vũ Khác", PostKind.SECRETARY, branch_id=here.branch("Chi bộ 2"))
    made = make(here)
    with pytest.raises(NotAllowed):
        rounds.cancel_round(here.session, stranger, made.id, NOW)
    with pytest.raises(Refused):
        rounds.cancel_round(here.session, secretary, made.id, made.opens_at)
    for _ in range(2):
        rounds.cancel_round(here.session, secretary, made.id, NOW)
    assert here.session.scalars(select(QuizRound)).all() == []
    assert make(here).questions == 4
