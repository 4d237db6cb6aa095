"""Praise after closing: ticked by the committee, recorded once, told once, named only with consent (B-07)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from db.errors import BadInput, NotAllowed, Refused
from db.outbox import OutboxRow
from members.identity import Who
from members.tables import AuditEntry, PostKind
from quizzes import attempts, rewards, rounds
from quizzes.rounds import Round
from quizzes.tables import Reward
from tests.support.databases import Database
from tests.unit.quizzes.world import NOW, World, world


@pytest.fixture
def here(database: Database) -> Iterator[World]:
    with world(database) as made:
        yield made


@pytest.fixture
def made(here: World) -> Round:
    here.fill_bank(2)
    return here.open_round(2)


@pytest.fixture
def secretary(here: World) -> Who:
    return here.member("Trần Bí", PostKind.SECRETARY)


def take(here: World, name: str, made: Round, correct: int, *, named: bool) -> int:
    who = here.member(name, named=named)
    at = attempts.start(here.session, who.member_id, made.id, NOW, ranked=True)
    while at.question:
        n = at.question.position
        word = "đúng" if n < correct else "sai"
        place = next(i for i, option in enumerate(at.question.options) if option.startswith(word))
        at = attempts.answer(here.session, at.attempt_id, who.member_id, n, {place}, NOW)
    return who.member_id


def test_praise_is_recorded_and_told_once(here: World, made: Round, secretary: Who) -> None:
    an = take(here, "Nguyễn An", made, 2, named=True)
    shy = take(here, "Kín Đáo", made, 2, named=False)
    take(here, "Thấp", made, 0, named=True)
    rounds.close_due(here.session, made.closes_at)
    found = rewards.candidates(here.session, secretary, made.id, 3, made.closes_at)
    assert [(c.member_id, c.place, c.public, c.praised) for c in found] == [
        (an, 1, True, False),
        (shy, 1, False, False),
    ]
    for chosen in ([an, shy], [an, shy], [an]):
        assert rewards.praise(here.session, secretary, made.id, chosen, 3, made.closes_at) == 2
    lines = here.session.scalars(select(Reward)).all()
    assert {(line.member_id, line.decided_by) for line in lines} == {
        (an, secretary.member_id),
        (shy, secretary.member_id),
    }
    told_of = here.session.scalars(select(OutboxRow).where(OutboxRow.notice == "quiz.praised"))
    assert len(told_of.all()) == 4
    assert len(here.session.scalars(select(AuditEntry)).all()) == 1
    told = rewards.praise_told(here.session, made.id, made.closes_at)
    assert told is not None and (told.names, told.unnamed) == (("Nguyễn An",), 1)
    assert (told.takers, told.reachable) == (3, 4)


def test_the_form_is_kept_as_text(here: World, made: Round, secretary: Who) -> None:
    an = take(here, "Nguyễn An", made, 2, named=True)
    rounds.close_due(here.session, made.closes_at)
    rewards.praise(here.session, secretary, made.id, [an], 3, made.closes_at)
    rewards.set_form(here.session, secretary, made.id, "  Giấy  khen ", made.closes_at)
    assert here.session.scalars(select(Reward.form)).all() == ["Giấy khen"]
    for form in ("", "x" * 201):
        with pytest.raises(BadInput):
            rewards.set_form(here.session, secretary, made.id, form, made.closes_at)


def test_only_candidates_only_after_closing_only_by_the_committee(
    here: World, made: Round, secretary: Who
) -> None:
    an = take(here, "Nguyễn An", made, 2, named=True)
    low = take(here, "Thấp", made, 0, named=True)
    rounds.close_due(here.session, made.closes_at)
    for chosen in ([], [low], [an, low], [9999]):
        with pytest.raises(BadInput):
            rewards.praise(here.session, secretary, made.id, chosen, 3, made.closes_at)
    with pytest.raises(Refused):
        rewards.praise(here.session, secretary, made.id, [an], 3, NOW)
    member = here.member("Lê Bình")
    other = here.member("Vũ Khác", PostKind.SECRETARY, branch_id=here.branch("Chi bộ 2"))
    for somebody in (member, other):
        with pytest.raises(NotAllowed):
            rewards.candidates(here.session, somebody, made.id, 3, made.closes_at)
        with pytest.raises(NotAllowed):
            rewards.set_form(here.session, somebody, made.id, "Sách", made.closes_at)
    assert here.session.scalars(select(Reward)).all() == []
    assert rewards.praise_told(here.session, made.id, made.closes_at) is None
