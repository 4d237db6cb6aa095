"""`check` names every branch without its one bot, and every bot that is too small."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.checking_bots import faults_of
from bot.settings import ChannelAccount
from members.bots import Bot
from tests.unit.members.conftest import Org, org, session  # noqa: F401 (fixtures)


def bot(name: str, *serves: str, people: int = 50) -> Bot:
    return Bot(name, "zalo_bot", serves, people)


def test_a_bot_a_branch_is_well(session: Session, org: Org) -> None:  # noqa: F811
    org.member("Lê An", org.branch("Chi bộ 1"))
    org.branch("Chi bộ 2")
    assert faults_of(session, [bot("a", "chi bo 1"), bot("b", "Chi bộ 2"), Bot("t", "telegram")]) == []
    assert faults_of(session, [bot("all")]) == []
    assert faults_of(session, [bot("all"), bot("a", "Chi bộ 1")]) == []


def test_what_is_wrong_is_named(session: Session, org: Org) -> None:  # noqa: F811
    first = org.branch("Chi bộ 1")
    org.branch("Chi bộ 2")
    for number in range(3):
        org.member(f"Lê Văn {number}", first)
    unknown, unserved = faults_of(session, [bot("a", "Chi bộ 1", "Chi bộ 9")])
    assert "'Chi bộ 9', which is no unit" in unknown
    assert "'Chi bộ 2' is served by no channel" in unserved
    (twice, *_) = faults_of(session, [bot("a", "Chi bộ 1"), bot("b", "Chi bộ 1"), bot("c", "Chi bộ 2")])
    assert "served by 2 channels of kind zalo_bot (a, b)" in twice
    (small,) = faults_of(session, [bot("all", people=2)])
    assert "room for 2 people" in small
    assert faults_of(session, [bot("all", people=3), bot("b", "Chi bộ 2", people=0)]) == []


def test_a_free_bot_has_its_limits_unless_told_otherwise() -> None:
    made = ChannelAccount(name="z", kind="zalo_bot")
    assert (made.people, made.messages) == (50, 3000)
    free = ChannelAccount(name="z", kind="zalo_bot", people=0, messages=0).bot
    assert (free.people, free.messages) == (0, 0)
    assert ChannelAccount(name="t").bot.messages == 0
