"""Personal links: unguessable, for a while, dead at once when their member leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from members import consent, leaving, linking, page_links
from members.identity import Who
from members.join_codes import release_member
from members.page_links import LIVES, LOOKED_AT_AFTER_USE, MOST_OF_A_KIND, LinkRefused, Opened, Why
from members.tables import Member, PageLink, PostKind, Purpose
from tests.unit.members.conftest import NOW, TODAY, Org

SECOND = timedelta(seconds=1)


@pytest.fixture
def an(session: Session, org: Org) -> Who:
    """A member who has consented."""
    who = org.member("Lê An", org.branch())
    consent.give(session, who, NOW)
    return org.who(who.member_id)


def made(session: Session, who: Who, purpose: Purpose = Purpose.RSVP, target: int = 7) -> str:
    return page_links.make_link(session, who.member_id, purpose, NOW, target=target)


def opened(session: Session, token: str, now: datetime = NOW) -> Opened:
    session.expire_all()
    return page_links.open_link(session, token, now, TODAY)


def why_not(session: Session, token: str, now: datetime = NOW) -> Why:
    with pytest.raises(LinkRefused) as refused:
        opened(session, token, now)
    return refused.value.why


def test_a_link_says_who_and_for_what_and_opens_again(session: Session, an: Who) -> None:
    token = made(session, an)
    for _ in range(3):
        link = opened(session, token)
        assert (link.who, link.purpose, link.target, link.used) == (an, Purpose.RSVP, 7, False)


def test_only_a_hash_is_kept_and_no_two_are_alike(session: Session, an: Who) -> None:
    tokens = {made(session, an) for _ in range(10)}
    assert len(tokens) == 10
    assert {len(token) for token in tokens} == {22}  # 128 bits
    stored = [str(vars(row)) for row in session.scalars(select(PageLink))]
    assert not any(token in row for token in tokens for row in stored)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_each_purpose_ends_with_its_time(session: Session, an: Who, purpose: Purpose) -> None:
    token = made(session, an, purpose)
    assert opened(session, token, NOW + LIVES[purpose] - SECOND).purpose is purpose
    assert why_not(session, token, NOW + LIVES[purpose]) is Why.EXPIRED


@pytest.mark.parametrize(
    "forged", ["", "x", "A" * 22, "A" * 23, "ă" * 22, "../../etc/passwd", "' OR 1=1 --------"]
)
def test_what_was_never_made_opens_nothing(session: Session, an: Who, forged: str) -> None:
    made(session, an)
    assert why_not(session, forged) is Why.UNKNOWN


def test_a_letter_more_less_or_other_opens_nothing(session: Session, an: Who) -> None:
    token = made(session, an)
    for other in (token[:-1], token + "A", token.swapcase(), f" {token}", f"{token}\n"):
        assert why_not(session, other) is Why.UNKNOWN


def test_leaving_kills_all_links_for_good(session: Session, org: Org, an: Who) -> None:
    account = org.account("a", member_id=an.member_id)
    tokens = [made(session, an, purpose) for purpose in Purpose]
    leaving.withdraw(session, account, [], NOW, key="k")
    assert {why_not(session, token) for token in tokens} == {Why.LEFT}
    consent.give(session, an, NOW)  # back again: an old address stays dead
    assert {why_not(session, token) for token in tokens} == {Why.LEFT}
    assert opened(session, made(session, an)).who.member_id == an.member_id


def test_somebody_else_holding_the_phone_kills_them(session: Session, org: Org, an: Who) -> None:
    org.account("kept", member_id=an.member_id)
    stolen = org.account("stolen", channel="zalo", member_id=an.member_id)
    token = made(session, an)
    leaving.not_me(session, stolen, NOW, key="k")
    assert why_not(session, token) is Why.LEFT


def test_taking_a_second_messenger_back_kills_them(session: Session, org: Org, an: Who) -> None:
    own = org.account("own", member_id=an.member_id)
    other = org.account("other", channel="zalo", member_id=an.member_id)
    token = made(session, an)
    linking.unlink(session, an, own, other, NOW)
    assert why_not(session, token) is Why.LEFT


def test_a_new_join_code_kills_them(session: Session, org: Org, an: Who) -> None:
    secretary = org.member("Bí Thư", an.branch_id, PostKind.SECRETARY)
    token = made(session, an)
    release_member(session, secretary, an.member_id, NOW)
    assert why_not(session, token) is Why.LEFT


def test_off_the_roll_or_without_consent_nothing_opens(session: Session, org: Org, an: Who) -> None:
    token = made(session, an)
    session.get_one(Member, an.member_id).left_on = TODAY
    session.flush()
    assert why_not(session, token) is Why.LEFT
    silent = org.member("Chưa Đồng Ý", an.branch_id)
    assert why_not(session, made(session, silent)) is Why.LEFT


def test_a_used_link_acts_no_more_and_is_looked_at_a_while(session: Session, an: Who) -> None:
    token = made(session, an, Purpose.FILE_IN)
    link_id = page_links.act(session, token, NOW, TODAY, lambda _session, link: link.link_id)
    page_links.use_up(session, link_id, NOW, added=3)
    session.flush()
    link = opened(session, token, NOW + LOOKED_AT_AFTER_USE - SECOND)
    assert link.used and link.data == {"added": 3}
    with pytest.raises(LinkRefused) as refused:
        page_links.act(session, token, NOW, TODAY, lambda _session, link: link.link_id)
    assert refused.value.why is Why.USED
    assert why_not(session, token, NOW + LOOKED_AT_AFTER_USE) is Why.USED


def test_a_deed_is_not_done_with_a_dead_link(session: Session, an: Who) -> None:
    token = made(session, an)
    page_links.kill_links(session, an.member_id, NOW)
    with pytest.raises(LinkRefused):
        page_links.act(session, token, NOW, TODAY, lambda *_what: pytest.fail("it was done"))


def test_the_oldest_of_too_many_go(session: Session, an: Who) -> None:
    tokens = [made(session, an) for _ in range(MOST_OF_A_KIND + 2)]
    other = made(session, an, Purpose.OPINION)
    assert why_not(session, tokens[1]) is Why.UNKNOWN
    assert opened(session, tokens[2]).who == an
    assert opened(session, other).who == an


def test_old_links_say_why_for_a_month_and_are_forgotten(session: Session, an: Who) -> None:
    token = made(session, an)
    ended = NOW + LIVES[Purpose.RSVP] + page_links.TOLD_WHY_FOR
    assert not page_links.has_outlived(session, ended - SECOND)
    assert why_not(session, token, ended - SECOND) is Why.EXPIRED
    assert page_links.has_outlived(session, ended)
    page_links.forget_outlived(session, ended)
    assert session.scalar(select(func.count()).select_from(PageLink)) == 0
