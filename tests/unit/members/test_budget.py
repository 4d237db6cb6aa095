"""The month's messages: counted once, kept for answers first, for meetings second; people counted once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import usage
from db.due import Due
from db.outbox import OutboxRow, OutboxState, Priority, enqueue
from meetings.calendar import VIET_NAM
from members import budget
from members.bots import Bot
from members.budget import Claim, Seat, Served
from members.consent import give
from members.tables import Account, PostKind
from tests.unit.members.conftest import NOW, Org

MONTH = "2026-11"
BOT = Bot("zalo", "zalo_bot", people=2, messages=100)


def queue(session: Session, key: str, **changes: Any) -> None:
    values: dict[str, Any] = {
        "key": key,
        "channel": "zalo",
        "chat": "z",
        "member_id": None,
        "notice": "quiz.opened",
        "args": {},
        "priority": Priority.REMINDER,
        "now": NOW,
    }
    enqueue(session, **{**values, **changes})


def claimed(session: Session) -> list[str]:
    [taken] = budget.claim_within(session, [Claim(BOT, MONTH, Due("zalo", NOW), 10)])
    return [letter.key for letter in taken.letters]


def fates(session: Session) -> dict[str, tuple[str, str | None]]:
    session.expire_all()
    return {row.key: (row.state.value, row.reason) for row in session.scalars(select(OutboxRow))}


def test_the_month_is_the_installations_own() -> None:
    assert budget.month_of(datetime(2026, 11, 30, 16, 59, tzinfo=UTC), VIET_NAM) == "2026-11"
    assert budget.month_of(datetime(2026, 11, 30, 17, 0, tzinfo=UTC), VIET_NAM) == "2026-12"


def test_counters_add_up_by_account_and_month(session: Session) -> None:
    for sent, heard in ((2, 0), (3, 1)):
        usage.count(session, "zalo", MONTH, sent=sent, heard=heard)
    usage.count(session, "zalo", "2026-12", sent=9)
    usage.count(session, "zalo-2", MONTH, sent=9)
    assert usage.used(session, "zalo", MONTH) == usage.Used(sent=5, heard=1)
    assert budget.left_of(session, BOT, MONTH) == 95
    assert budget.left_of(session, Bot("zalo", "zalo_bot", messages=100, counts_inbound=True), MONTH) == 94
    assert budget.left_of(session, BOT, "2027-01") == 100


@pytest.mark.parametrize(
    ("sent", "goes"),
    [
        (0, ["open", "invite", "quiz", "news"]),
        (74, ["open"]),
        (75, ["open", "invite"]),
        (84, ["open"]),
        (85, []),
    ],
)
def test_the_rest_is_dropped_first_then_meetings(session: Session, sent: int, goes: list[str]) -> None:
    usage.count(session, "zalo", MONTH, sent=sent)
    queue(session, "news", priority=Priority.BULK)
    queue(session, "quiz")
    queue(session, "invite", notice="invitation.invite", priority=Priority.PERSONAL)
    queue(session, "open", notice="checkin.opened", priority=Priority.MEETING)
    found = claimed(session)
    assert found[: len(goes)] == goes[: len(found)]
    held = {key for key, fate in fates(session).items() if fate == ("unreachable", budget.HELD_BACK)}
    assert held == {"news", "quiz", "invite", "open"} - set(found)
    assert "news" in held or sent == 0


def test_what_is_on_its_way_is_spent_already(session: Session) -> None:
    usage.count(session, "zalo", MONTH, sent=72)
    for key in "abcdef":
        queue(session, key)
    taken = [
        [letter.key for letter in one.letters]
        for one in budget.claim_within(session, [Claim(BOT, MONTH, Due("zalo", NOW), 2)] * 3)
    ]
    assert taken == [["a", "b"], ["c"], []]


def test_what_is_held_back_goes_to_another_messenger(session: Session, org: Org) -> None:
    usage.count(session, "zalo", MONTH, sent=90)
    an = org.member("Lê An", org.branch())
    give(session, an, NOW)
    org.account("z", "zalo", an.member_id)
    org.account("t", "telegram", an.member_id)
    queue(session, "quiz", member_id=an.member_id)
    assert claimed(session) == []
    row = session.scalars(select(OutboxRow)).one()
    session.refresh(row)
    assert (row.state, row.channel, row.chat) == (OutboxState.QUEUED, "telegram", "t")


def test_no_limit_holds_nothing_back(session: Session) -> None:
    queue(session, "quiz")
    [taken] = budget.claim_within(session, [Claim(Bot("zalo", "zalo_bot"), MONTH, Due("zalo", NOW), 10)])
    assert (len(taken.letters), taken.refused) == (1, 0)


def test_people_are_counted_once_a_month_and_the_next_one_hears_it_once(session: Session, org: Org) -> None:
    branch = org.branch()
    secretary = org.member("Phạm Thư", branch, PostKind.SECRETARY)
    give(session, secretary, NOW)
    own = org.account("s", "zalo", secretary.member_id)
    first, second = org.account("1", "zalo"), org.account("2", "zalo")

    def seat(account: int, key: str, month: str = MONTH) -> Seat:
        session.flush()
        return budget.take_seat(session, account, BOT, [BOT], month, key, NOW)

    assert [seat(own, "a"), seat(own, "b"), seat(first, "c")] == [Seat.TAKEN] * 3
    assert usage.used(session, "zalo", MONTH).people == 2
    assert seat(second, "d") is Seat.NONE
    assert seat(second, "d") is Seat.NONE, "the same update again says the same"
    assert seat(second, "e") is Seat.NONE_AS_TOLD
    told = [row for row in session.scalars(select(OutboxRow)) if row.notice == "budget.full_told"]
    assert [row.member_id for row in told] == [secretary.member_id]
    member = session.get_one(Account, second)
    member.member_id = org.member("Lê An", branch).member_id
    assert seat(second, "f") is Seat.TAKEN, "members are always served"
    assert seat(first, "g", "2026-12") is Seat.NONE, "two members may still come"
    member.member_id = None
    assert seat(first, "h", "2027-01") is Seat.TAKEN


def test_those_who_are_always_served_are_counted_once_a_month(session: Session, org: Org) -> None:
    one, two = org.account("1", "zalo"), org.account("2", "zalo")
    served = [Served(account, "zalo", MONTH) for account in (one, two, one)]
    budget.count_served(session, served)
    budget.count_served(session, served[:1])
    assert usage.used(session, "zalo", MONTH).people == 2
    budget.count_served(session, [Served(one, "zalo", "2026-12")])
    assert usage.used(session, "zalo", "2026-12").people == 1
    assert budget.take_seat(session, two, BOT, [BOT], MONTH, "a", NOW) is Seat.TAKEN
    assert usage.used(session, "zalo", MONTH).people == 2, "counted before"


def test_a_month_used_up_is_told_on_another_messenger_once(session: Session, org: Org) -> None:
    branch = org.branch()
    an, secretary = org.member("Lê An", branch), org.member("Phạm Thư", branch, PostKind.SECRETARY)
    for who in (an, secretary):
        give(session, who, NOW)
        org.account(f"z{who.member_id}", "zalo", who.member_id)
    org.account("t", "telegram", an.member_id)
    for _ in range(2):
        budget.tell_spent(session, BOT, f"z{an.member_id}", MONTH, NOW)
    assert usage.used(session, "zalo", MONTH).spent_at == NOW
    rows = {row.notice: row for row in session.scalars(select(OutboxRow))}
    assert (rows["budget.spent"].channel, rows["budget.spent"].member_id) == ("telegram", an.member_id)
    assert rows["budget.spent_told"].state is OutboxState.UNREACHABLE
    assert len(rows) == 2
