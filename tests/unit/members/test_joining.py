"""Joining: one use, limits on guessing, links that stand in the way, the alarm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import MungBaError, Refused, TooManyTries
from db.outbox import OutboxRow
from members.consent import give
from members.join_codes import VALID_FOR, Draft, make_codes
from members.joining import (
    ALARM_AFTER,
    TRIES_OVERALL,
    TRIES_PER_ACCOUNT,
    JoinAttempt,
    Joined,
    JoinState,
    check_tries,
    join,
)
from members.tables import Account, JoinCode, JoinTry, Member, PostKind
from tests.unit.members.conftest import NOW, TODAY, Org

HOUR = timedelta(hours=1)


def made(session: Session, org: Org, name: str = "Lê An", digest: str = "right") -> int:
    """A member with a code of that digest."""
    branch = org.branch(f"Chi bộ của {name}")
    member = org.member(name, branch)
    make_codes(session, None, branch, [Draft(member.member_id, "K7M29XQD", digest)], NOW)
    session.flush()
    return member.member_id


def attempt(
    session: Session, account: int, digest: str, key: str = "k", at: timedelta = timedelta()
) -> Joined:
    return join(session, JoinAttempt(account, digest, key), NOW + at, TODAY)


def refusal(session: Session, account: int, digest: str, at: timedelta = timedelta()) -> str:
    with pytest.raises(MungBaError) as caught:
        attempt(session, account, digest, at=at)
    return caught.value.key


def test_the_right_code_links_once_and_names_the_member(session: Session, org: Org) -> None:
    member = made(session, org)
    account = org.account("1")
    joined = attempt(session, account, "right")
    assert (joined.state, joined.full_name, joined.consented) == (JoinState.LINKED, "Lê An", False)
    assert session.get_one(Account, account).member_id == member
    assert attempt(session, account, "right", at=30 * VALID_FOR) == joined
    assert refusal(session, org.account("2"), "right") == "joining.code_used"


def test_a_consent_given_elsewhere_is_known(session: Session, org: Org) -> None:
    member = made(session, org)
    give(session, org.who(member), NOW)
    assert attempt(session, org.account("1"), "right").consented


def test_a_code_lives_seven_days_and_no_longer(session: Session, org: Org) -> None:
    made(session, org)
    assert refusal(session, org.account("1"), "right", VALID_FOR) == "joining.code_expired"
    assert attempt(session, org.account("2"), "right", at=VALID_FOR - timedelta(seconds=1)).full_name


def test_the_code_of_somebody_who_left_is_over(session: Session, org: Org) -> None:
    member = made(session, org)
    session.get_one(Member, member).left_on = TODAY
    assert refusal(session, org.account("1"), "right") == "joining.code_expired"


def test_links_in_the_way_are_refused(session: Session, org: Org) -> None:
    first, second = made(session, org), made(session, org, "Lê Bình", "other")
    mine = org.account("1", member_id=first)
    assert refusal(session, mine, "other") == "joining.account_taken"
    assert refusal(session, org.account("2"), "right") == "joining.member_taken"
    on_zalo = org.account("1", "zalo")
    assert attempt(session, on_zalo, "right").state is JoinState.LINKED
    assert session.get_one(Account, mine).member_id == first
    used = session.scalars(select(JoinCode.used_by_account).where(JoinCode.member_id == second)).one()
    assert used is None


def test_five_wrong_tries_an_hour_an_account(session: Session, org: Org) -> None:
    made(session, org)
    account = org.account("1")
    left = [
        attempt(session, account, "wrong", f"k{n}", timedelta(minutes=n)).tries_left
        for n in range(TRIES_PER_ACCOUNT)
    ]
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(TooManyTries) as caught:
        attempt(session, account, "right", at=timedelta(minutes=10))
    assert caught.value.args_for_person == {"minutes": 50}
    assert attempt(session, org.account("2"), "wrong", "other").tries_left == 4
    assert attempt(session, account, "right", at=HOUR).state is JoinState.LINKED


def test_the_same_update_counts_once(session: Session, org: Org) -> None:
    account = org.account("1")
    for _ in range(3):
        assert attempt(session, account, "wrong", "same").tries_left == 4
    assert session.scalar(select(func.count()).select_from(JoinTry)) == 1


def test_a_hundred_tries_an_hour_over_all(session: Session, org: Org) -> None:
    made(session, org)
    for n in range(TRIES_OVERALL):
        session.add(JoinTry(account_id=org.account(f"u{n}"), source_key=f"k{n}", at=NOW))
    session.flush()
    newcomer = org.account("new")
    with pytest.raises(TooManyTries):
        check_tries(session, newcomer, NOW)
    assert refusal(session, newcomer, "right") == "joining.too_many_overall"
    check_tries(session, newcomer, NOW + HOUR)


def test_refused_codes_are_no_wrong_tries(session: Session, org: Org) -> None:
    made(session, org)
    account = org.account("1")
    for _ in range(TRIES_PER_ACCOUNT + 1):
        with pytest.raises(Refused):
            attempt(session, account, "right", at=VALID_FOR)
    assert session.scalar(select(func.count()).select_from(JoinTry)) == 0


def fail(session: Session, org: Org, times: int) -> None:
    for n in range(times):
        attempt(session, org.account(f"f{n}"), "wrong", f"f{n}")


def alarmed(session: Session) -> list[int | None]:
    query = select(OutboxRow.member_id).where(OutboxRow.notice == "joining.alarm")
    return list(session.scalars(query.order_by(OutboxRow.member_id)))


def test_the_office_is_alarmed_once_a_day_at_twenty(session: Session, org: Org) -> None:
    branch = org.branch()
    office = org.member("Lê Văn Phòng", branch, PostKind.OFFICE)
    org.member("Phạm Bí Thư", branch, PostKind.SECRETARY)
    fail(session, org, ALARM_AFTER - 1)
    assert alarmed(session) == []
    attempt(session, org.account("one"), "wrong", "one")
    attempt(session, org.account("two"), "wrong", "two")
    assert alarmed(session) == [office.member_id]


def test_without_an_office_every_secretary_is_alarmed(session: Session, org: Org) -> None:
    first = org.member("Phạm Bí Thư", org.branch("Chi bộ 1"), PostKind.SECRETARY)
    second = org.member("Vũ Bí Thư", org.branch("Chi bộ 2"), PostKind.SECRETARY)
    fail(session, org, ALARM_AFTER)
    assert alarmed(session) == [first.member_id, second.member_id]
