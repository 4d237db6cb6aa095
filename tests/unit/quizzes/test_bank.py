"""Importing twice changes nothing; only a second person approves (B-06)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from db.errors import NotAllowed, Refused
from db.outbox import OutboxRow
from members.tables import PostKind
from quizzes import bank, planning
from quizzes.tables import Question
from tests.support.databases import Database
from tests.unit.quizzes.world import NOW, World, draft, world


@pytest.fixture
def here(database: Database) -> Iterator[World]:
    with world(database) as made:
        yield made


def test_importing_twice_changes_nothing(here: World) -> None:
    drafts = [draft(n) for n in range(1, 6)]
    first = bank.import_questions(here.session, None, here.branch_id, drafts, NOW, approved=True)
    again = bank.import_questions(here.session, None, here.branch_id, drafts, NOW, approved=True)
    assert (first.added, first.known, first.waiting) == (5, 0, False)
    assert (again.added, again.known) == (0, 5)
    assert len(here.session.scalars(select(Question)).all()) == 5


def test_spelling_and_order_of_options_make_no_new_question(here: World) -> None:
    one = draft(1)
    same = replace(
        one, text=f"  {one.text.upper()} ", options=(one.options[1], one.options[0], *one.options[2:])
    )
    report = bank.import_questions(here.session, None, here.branch_id, [one, same], NOW, approved=True)
    assert (report.added, report.known) == (1, 1)


def test_another_option_makes_another_question(here: World) -> None:
    one = draft(1)
    other = replace(one, options=(*one.options[:3], "khác hẳn"))
    assert bank.import_questions(here.session, None, here.branch_id, [one, other], NOW).added == 2


def test_two_units_have_their_own_banks(here: World) -> None:
    for unit in (here.branch_id, here.committee_id):
        assert bank.import_questions(here.session, None, unit, [draft(1)], NOW, approved=True).added == 1
    assert len(planning.usable(here.session, here.branch_id, NOW.date())) == 1


def test_what_one_imports_another_of_the_committee_approves(here: World) -> None:
    author = here.member("Lê Soạn", PostKind.COMMITTEE_MEMBER)
    second = here.member("Trần Duyệt", PostKind.SECRETARY)
    office = here.member("Phạm Phòng", PostKind.OFFICE, at=here.committee_id)
    report = bank.import_questions(here.session, author, here.branch_id, [draft(1), draft(2)], NOW)
    assert (report.added, report.waiting, report.asked) == (2, True, 1)
    told = here.session.scalars(select(OutboxRow)).all()
    assert [(row.notice, row.member_id) for row in told] == [("quiz.approval_asked", second.member_id)]
    assert planning.usable(here.session, here.branch_id, NOW.date()) == []
    assert bank.next_pending(here.session, author) is None
    waiting = bank.next_pending(here.session, second)
    assert waiting is not None and waiting.more == 1
    with pytest.raises(Refused) as refused:
        bank.approve(here.session, author, waiting.id, NOW)
    assert refused.value.key == "quiz.own_question"
    assert bank.approve(here.session, second, waiting.id, NOW) == 1
    assert bank.approve(here.session, office, waiting.id, NOW) == 0
    assert bank.approve_up_to(here.session, second, waiting.last_id, NOW) == 1
    assert len(planning.usable(here.session, here.branch_id, NOW.date())) == 2


def test_a_lone_committee_member_is_approved_by_the_office(here: World) -> None:
    author = here.member("Lê Soạn", PostKind.SECRETARY)
    office = here.member("Phạm Phòng", PostKind.OFFICE, at=here.committee_id)
    report = bank.import_questions(here.session, author, here.branch_id, [draft(1)], NOW)
    assert report.asked == 1
    waiting = bank.next_pending(here.session, office)
    assert waiting is not None
    assert bank.approve(here.session, office, waiting.id, NOW) == 1


def test_approving_all_leaves_what_came_later(here: World) -> None:
    author = here.member("Lê Soạn", PostKind.COMMITTEE_MEMBER)
    second = here.member("Trần Duyệt", PostKind.SECRETARY)
    bank.import_questions(here.session, author, here.branch_id, [draft(1), draft(2)], NOW)
    seen = bank.next_pending(here.session, second)
    assert seen is not None
    bank.import_questions(here.session, author, here.branch_id, [draft(3)], NOW)
    assert bank.approve_up_to(here.session, second, seen.last_id, NOW) == 2
    left = bank.next_pending(here.session, second)
    assert left is not None and left.text == draft(3).text


def test_declining_removes_only_what_waits(here: World) -> None:
    author = here.member("Lê Soạn", PostKind.COMMITTEE_MEMBER)
    second = here.member("Trần Duyệt", PostKind.SECRETARY)
    bank.import_questions(here.session, author, here.branch_id, [draft(1), draft(2)], NOW)
    one, two = here.session.scalars(select(Question.id).order_by(Question.id)).all()
    bank.approve(here.session, second, one, NOW)
    for question_id in (one, two, two):
        bank.decline(here.session, second, question_id)
    assert here.session.scalars(select(Question.id)).all() == [one]


@pytest.mark.parametrize("kind", [None, PostKind.CLERK, PostKind.IN_CHARGE])
def test_others_neither_import_nor_approve(here: World, kind: PostKind | None) -> None:
    somebody = here.member("Vũ Ai", *([kind] if kind else []))
    with pytest.raises(NotAllowed):
        bank.import_questions(here.session, somebody, here.branch_id, [draft(1)], NOW)
    bank.import_questions(here.session, None, here.branch_id, [draft(1)], NOW)
    with pytest.raises(NotAllowed):
        bank.approve(here.session, somebody, here.session.scalars(select(Question.id)).one(), NOW)


def test_a_secretary_reaches_neither_other_branches_nor_the_committees_bank(here: World) -> None:
    secretary = here.member("Trần Bí", PostKind.SECRETARY)
    for unit in (here.branch("Chi bộ 2"), here.committee_id):
        with pytest.raises(NotAllowed):
            bank.import_questions(here.session, secretary, unit, [draft(1)], NOW)


def test_nobody_approves_at_once_in_a_chat(here: World) -> None:
    secretary = here.member("Trần Bí", PostKind.SECRETARY)
    with pytest.raises(NotAllowed):
        bank.import_questions(here.session, secretary, here.branch_id, [draft(1)], NOW, approved=True)
