"""The comparison at the end of the walk names whatever is not as the players noted it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.month.accounts import Account, AddressBook
from simulator.month.audit import Audit, audit
from simulator.month.ledger import Figures, Ledger, differences, twice
from simulator.month.reminders import reminder_in
from simulator.month.sent import Journal
from simulator.month.windows import Windows
from tests.unit.simulator.month_world import BOT, FIRST, INVITATION, TOMORROW, answered, database, sent

PEOPLE = [FIRST, FIRST + 1, FIRST + 2]


def noted() -> Ledger:
    """Three people who did everything right."""
    ledger = Ledger()
    ledger.joined = set(PEOPLE)
    ledger.must_be_reminded(set(PEOPLE), "d-7")
    ledger.presence = dict.fromkeys(PEOPLE, "present")
    ledger.answers.update(PEOPLE)
    ledger.opinions.update(PEOPLE)
    ledger.taps = {"press-1"}
    ledger.did(FIRST, "tapped [Tôi sẽ dự]", "sẽ dự", seen=True)
    return ledger


def invitations() -> list[dict[str, object]]:
    return [*(sent(person, INVITATION) for person in PEOPLE), answered("press-1")]


def faults_of(found: Audit, ledger: Ledger) -> list[str]:
    return [*found.faults, *differences(ledger.figures(), found.figures, "the world")]


def compare(
    folder: Path, ledger: Ledger, calls: list[dict[str, object]], change: str = ""
) -> tuple[Audit, list[str]]:
    file = folder / "mungba.db"
    db = database(file, len(PEOPLE))
    if change:
        db.execute(change)
        db.commit()
    db.close()
    people = ((person, [Account("telegram", BOT)]) for person in PEOPLE)
    found = audit(ledger, Windows([]), Journal(calls, AddressBook.of(people)), file)
    return found, faults_of(found, ledger)


def test_all_as_noted(tmp_path: Path) -> None:
    found, faults = compare(tmp_path, noted(), invitations())
    assert faults == []
    assert found.figures == Figures(members=3, reminders_sent=3, checked_in=3, quiz_answers=3, opinions=3)


def test_a_lost_act_is_counted_and_named(tmp_path: Path) -> None:
    ledger = noted()
    ledger.did(FIRST, "said 'lịch'", "Buổi tới", seen=False)
    found, faults = compare(tmp_path, ledger, invitations())
    assert found.figures.lost == 1
    assert any("said 'lịch'" in fault for fault in faults)


def test_a_press_nobody_answered_is_lost(tmp_path: Path) -> None:
    found, faults = compare(tmp_path, noted(), invitations()[:-1])
    assert found.figures.lost == 1
    assert any("press-1" in fault for fault in faults)


def test_a_doubled_reminder_is_counted_and_named(tmp_path: Path) -> None:
    found, faults = compare(tmp_path, noted(), [*invitations(), sent(FIRST, INVITATION)])
    assert (found.figures.reminders_twice, found.figures.reminders_sent) == (1, 4)
    assert any(str(FIRST) in fault and "reminders" in fault for fault in faults)


def test_two_different_reminders_on_one_day_are_named(tmp_path: Path) -> None:
    ledger = noted()
    ledger.must_be_reminded({FIRST}, "d-1")
    calls = [*invitations(), sent(FIRST, TOMORROW)]
    _, faults = compare(
        tmp_path, ledger, calls, "INSERT INTO outbox VALUES ('x', 'invitation.soon', 'sent', '')"
    )
    assert faults == [f"2 reminders to {FIRST} on 2026-11-26"]


def test_a_reminder_that_never_came_is_named(tmp_path: Path) -> None:
    found, faults = compare(tmp_path, noted(), invitations()[1:])
    assert found.figures.reminders_sent == 2
    assert any("reminder" in fault and "nothing" in fault for fault in faults)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("DELETE FROM attendance WHERE member_id = 2", "presence"),
        ("UPDATE attendance SET presence = 'late' WHERE member_id = 2", "presence"),
        ("DELETE FROM answer WHERE attempt_id = 2", "quiz answers"),
        ("INSERT INTO answer VALUES (2, 1)", "quiz answers"),
        ("INSERT INTO opinion VALUES (2)", "opinions"),
        ("DELETE FROM opinion WHERE author_id = 2", "opinions"),
    ],
)
def test_a_wrong_line_of_a_person_is_named(tmp_path: Path, change: str, what: str) -> None:
    _, faults = compare(tmp_path, noted(), invitations(), change)
    assert any(fault.startswith(f"{what} of {FIRST + 1}") for fault in faults)


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("DELETE FROM consent WHERE member_id = 2", "members is 2, the bookkeeping says 3"),
        ("UPDATE inbox SET state = 'set_aside', reason = 'r' WHERE id = 2", "lost is 1"),
        ("UPDATE outbox SET state = 'failed' WHERE key = 'd-7:2'", "message d-7:2 is failed"),
    ],
)
def test_what_the_tables_show_is_told(tmp_path: Path, change: str, number: str) -> None:
    _, faults = compare(tmp_path, noted(), invitations(), change)
    assert any(number in fault for fault in faults)


def test_a_call_the_platform_refused_is_told(tmp_path: Path) -> None:
    refused = {**sent(FIRST, "x"), "ok": False, "description": "Bad Request: message is too long"}
    same = {**refused, "description": "Bad Request: message is not modified"}
    _, faults = compare(tmp_path, noted(), [*invitations(), refused, same])
    assert faults == ["sendMessage refused: Bad Request: message is too long"]


def test_expectations_that_fail_are_told(tmp_path: Path) -> None:
    ledger = noted()
    ledger.expect("score of An", 7, 8)
    ledger.expect("score of Bình", 7, 7)
    _, faults = compare(tmp_path, ledger, invitations())
    assert faults == ["score of An: expected 7, found 8"]


@pytest.mark.parametrize("name", list(Figures().plain()))
def test_every_number_is_compared(name: str) -> None:
    wrong: Callable[[str], Figures] = lambda key: Figures(**{key: 1})  # noqa: E731
    assert len(differences(Figures(), wrong(name), "x")) == 1
    assert differences(Figures(), Figures(), "x") == []


def test_reminders_are_told_apart() -> None:
    assert reminder_in(INVITATION) == "d-7"
    assert reminder_in(TOMORROW) == "d-1"
    assert reminder_in(TOMORROW.replace("Ngày mai", "Hôm nay")) == "d-0"
    assert reminder_in("Chi ủy chưa thấy xác nhận của đồng chí về buổi sinh hoạt") == "d-3"
    assert reminder_in("✅ Đã ghi nhận: đồng chí sẽ dự") is None


def test_twice_counts_what_came_beyond_the_first() -> None:
    ledger = Ledger()
    ledger.must_be_reminded({1, 2}, "d-7")
    assert twice(ledger.reminders) == 0
    ledger.must_be_reminded({2}, "d-7")
    ledger.must_be_reminded({2}, "d-7")
    assert twice(ledger.reminders) == 2
