"""States go forward, answers come back to the author, strangers are refused alike."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import BadInput, NotAllowed, Refused
from db.outbox import OutboxRow
from members.tables import AuditEntry, PostKind
from opinions.answering import answer, set_state
from opinions.forgetting import forget_author
from opinions.reading import for_answer, own, own_after_step, waiting_after
from opinions.tables import OpinionState, OpinionStep, Visibility
from tests.unit.opinions.conftest import NOW, Town

ABOVE = (PostKind.SECRETARY, PostKind.COMMITTEE_MEMBER, PostKind.LEADER, PostKind.OFFICE)


def _steps(session: Session) -> list[str]:
    return [row.notice for row in session.scalars(select(OutboxRow)) if row.notice == "opinions.step"]


def test_received_considered_answered(session: Session, town: Town) -> None:
    an, chi = town.member("An"), town.member("Chi", PostKind.SECRETARY)
    opinion = town.says(an).opinion_id
    set_state(session, chi, opinion, OpinionState.CONSIDERING, NOW, key="k1")
    done = answer(session, chi, opinion, " Đã thay đèn ", NOW, key="k2")
    assert done.state is OpinionState.ANSWERED
    page = own(session, an, 0)
    assert page is not None
    assert (page.opinion.state, page.opinion.answer) == (OpinionState.ANSWERED, "Đã thay đèn")
    assert len(_steps(session)) == 2


def test_the_same_update_tells_once(session: Session, town: Town) -> None:
    an, chi = town.member("An"), town.member("Chi", PostKind.SECRETARY)
    opinion = town.says(an).opinion_id
    for _ in range(2):
        set_state(session, chi, opinion, OpinionState.CONSIDERING, NOW, key="k1")
        answer(session, chi, opinion, "Đã thay", NOW, key="k2")
    assert len(session.scalars(select(OpinionStep)).all()) == 2
    assert len(_steps(session)) == 2


def test_pressing_twice_tells_once(session: Session, town: Town) -> None:
    an, chi = town.member("An"), town.member("Chi", PostKind.SECRETARY)
    opinion = town.says(an).opinion_id
    set_state(session, chi, opinion, OpinionState.FORWARDED, NOW, key="k1")
    set_state(session, chi, opinion, OpinionState.FORWARDED, NOW, key="k2")
    assert len(_steps(session)) == 1


def test_no_step_back(session: Session, town: Town) -> None:
    chi = town.member("Chi", PostKind.SECRETARY)
    opinion = town.says(town.member("An")).opinion_id
    answer(session, chi, opinion, "Đã thay", NOW, key="k1")
    for number, state in enumerate((OpinionState.CONSIDERING, OpinionState.FORWARDED)):
        with pytest.raises(Refused) as refused:
            set_state(session, chi, opinion, state, NOW, key=f"back{number}")
        assert refused.value.key == "opinions.no_step_back"
    assert answer(session, chi, opinion, "Thêm", NOW, key="k2").state is OpinionState.ANSWERED


@pytest.mark.parametrize("state", [OpinionState.RECEIVED, OpinionState.ANSWERED])
def test_only_the_two_states_can_be_pressed(session: Session, town: Town, state: OpinionState) -> None:
    chi = town.member("Chi", PostKind.SECRETARY)
    opinion = town.says(town.member("An")).opinion_id
    with pytest.raises(BadInput):
        set_state(session, chi, opinion, state, NOW, key="k")


@pytest.mark.parametrize("post", ABOVE)
def test_nobody_above_answers_or_reads_for_answer(session: Session, town: Town, post: PostKind) -> None:
    opinion = town.says(town.member("An")).opinion_id
    above = town.member("Trên", post, at=town.committee, branch="Chi bộ 9")
    for opinion_id in (opinion, 999):
        with pytest.raises(NotAllowed):
            answer(session, above, opinion_id, "Không", NOW, key="k")
        with pytest.raises(NotAllowed):
            for_answer(session, above, opinion_id, NOW)


def test_other_branch_and_plain_member_are_refused(session: Session, town: Town) -> None:
    an = town.member("An")
    opinion = town.says(an).opinion_id
    other = town.member("Khác", PostKind.SECRETARY, branch="Chi bộ 2")
    for who in (an, other):
        with pytest.raises(NotAllowed):
            set_state(session, who, opinion, OpinionState.CONSIDERING, NOW, key="k")
    with pytest.raises(NotAllowed):
        waiting_after(session, an, 0, NOW)
    assert waiting_after(session, other, 0, NOW) is None


def test_an_author_who_left_is_told_nothing(session: Session, town: Town) -> None:
    an, chi = town.member("An"), town.member("Chi", PostKind.SECRETARY)
    opinion = town.says(an).opinion_id
    forget_author(session, an.member_id)
    session.expire_all()
    assert not answer(session, chi, opinion, "Đã thay", NOW, key="k").told
    assert _steps(session) == []
    assert for_answer(session, chi, opinion, NOW).author == ""


def test_reading_a_private_one_is_on_record(session: Session, town: Town) -> None:
    an, chi = town.member("An"), town.member("Chi", PostKind.SECRETARY)
    private = town.says(an, visibility=Visibility.COMMITTEE).opinion_id
    public = town.says(an).opinion_id
    for _ in range(2):  # the same update twice
        waiting_after(session, chi, 0, NOW)
    waiting_after(session, chi, private, NOW)
    read = session.scalars(select(AuditEntry).where(AuditEntry.action == "read_private_opinion")).all()
    assert [(entry.actor_id, entry.target) for entry in read] == [(chi.member_id, f"opinion:{private}")]
    assert public


def test_only_the_newest_step_is_told_and_only_to_the_author(session: Session, town: Town) -> None:
    an, chi = town.member("An"), town.member("Chi", PostKind.SECRETARY)
    opinion = town.says(an).opinion_id
    set_state(session, chi, opinion, OpinionState.CONSIDERING, NOW, key="k1")
    first = session.scalars(select(OpinionStep.id)).one()
    assert own_after_step(session, an, opinion, first) is not None
    assert own_after_step(session, chi, opinion, first) is None
    answer(session, chi, opinion, "Đã thay", NOW, key="k2")
    assert own_after_step(session, an, opinion, first) is None
