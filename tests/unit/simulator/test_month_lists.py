"""Reading the list that stands on a phone without buttons, and typing from it."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.month.accounts import Account, AddressBook
from simulator.month.cast import Player
from simulator.month.lists import Line, lines_in, typed, without_tones
from simulator.month.phones import Phone
from simulator.month.sent import Journal
from simulator.month.windows import Windows

QUESTION = "Đã ghi câu 1.\nCâu 2/10 · còn 9 phút\nCâu nào?\n\nA. Hà Nội\nB. Pác Bó\n\n{keys}"
OA, BOT = Account("zalo_oa", "mung_ba_oa"), Account("zalo_bot", "bot_mung_ba")
AN = 5_000_000_001
START = datetime(2026, 11, 24, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Đúng không?\n\n1. Đúng\n2. Không phải tôi", [("1", "Đúng"), ("2", "Không phải tôi")]),
        (
            "Bao nhiêu?\n\nA. Đúng 13 người\nB. Xem danh sách",
            [("A", "Đúng 13 người"), ("B", "Xem danh sách")],
        ),
        (QUESTION.format(keys="A · B"), [("A", "A"), ("B", "B")]),
        (QUESTION.format(keys="✓ A · B · Xong"), [("A", "✓ A"), ("B", "B"), ("Xong", "Xong")]),
        ("Chọn\n\n1. Có\nXem bảng: https://x.vn/1", [("1", "Có")]),
        ("Chọn\n\n1. Có\n\nvà thêm một dòng", [("1", "Có")]),
        ("Kính mời đồng chí\n1. dự họp\nvà góp ý", []),
        ("Bảng\n\n1. An\n1. Bình", []),
        ("", []),
    ],
)
def test_the_last_list_is_read(text: str, lines: list[tuple[str, str]]) -> None:
    assert [(line.key, line.label) for line in lines_in(text)] == lines


def test_people_type_in_many_ways() -> None:
    chance = random.Random(1)
    ways = {typed(Line("2", "Xin vắng"), chance) for _ in range(300)}
    assert {"2", "2.", "câu 2", "Chọn 2", "Xin vắng", "xin vang", "XIN VẮNG"} <= ways
    assert {typed(Line("B", "✓ B"), chance).strip(" .)").split()[-1].upper() for _ in range(99)} <= {"B", ")"}
    assert not any("2" in typed(Line("2", "Xin vắng"), chance, words_only=True) for _ in range(99))
    assert without_tones("Đồng ý, tôi sẽ dự") == "Dong y, toi se du"


def test_a_choice_is_taken_from_the_newest_message_that_offers_it() -> None:
    phone = Phone(AN)

    def show(number: int, text: str, account: Account, *labels: str) -> None:
        buttons = [[{"text": label, "kind": "callback", "data": "x"}] for label in labels]
        place = {"id": number, "bot": account.bot, "platform": account.platform}
        phone.take({**place, "from": "bot", "text": text, "caption": None, "buttons": buttons})

    show(1, "Kính mời\n\n1. Tôi sẽ dự\n2. Xin vắng", BOT)
    found = phone.with_choice("Xin vắng")
    assert found is not None
    assert (found.line, found.newest) == (Line("2", "Xin vắng"), True)
    show(2, "Có ý kiến mới\n\n1. Xem ý kiến", BOT)
    show(1, "Thư mời", OA, "Nhờ người giúp")
    older, pressed = phone.with_choice("Xin vắng"), phone.with_choice("Nhờ người giúp")
    assert older is not None and not older.newest
    assert pressed is not None and pressed.line is None and pressed.message["bot"] == OA.bot
    show(3, "1. Tôi sẽ dự", Account("telegram", "mung_ba_bot"))  # no list where there are buttons
    again = phone.with_choice("Tôi sẽ dự")
    assert again is not None and again.message["id"] == 1


def an(*accounts: Account) -> Player:
    return Player(AN, "An", "Chi bộ 1", "", accounts=accounts)


def test_a_window_closes_seven_days_after_the_last_word_and_on_official_accounts_only() -> None:
    windows = Windows([an(OA)])
    windows.now = START
    assert windows.closed(AN)
    windows.spoke(AN)
    windows.now = START + timedelta(days=7)
    assert not windows.closed(AN)
    windows.now += timedelta(seconds=1)
    assert windows.closed(AN)
    assert not windows.closed(AN, START + timedelta(days=1))
    for other in (Windows([an(BOT)]), Windows([an(OA, BOT)])):
        other.now = START + timedelta(days=30)
        assert not other.closed(AN)


def call(account: Account, method: str, args: dict[str, Any], code: int | None = None) -> dict[str, Any]:
    told = {"ok": code is None, "error_code": code, "description": None if code is None else "no"}
    return {"bot": account.bot, "method": method, "args": args, "at": "2026-12-02T01:00:00Z", **told}


def test_the_journal_of_every_platform_tells_who_got_what() -> None:
    text = "⏰ Ngày mai, 19 giờ 30, chi bộ ta sinh hoạt tại Hội trường tầng 2."
    to_oa = {"recipient": {"user_id": OA.user(AN)}, "message": {"text": text}}
    calls = [
        call(BOT, "sendMessage", {"chat_id": BOT.user(AN), "text": text}),
        call(BOT, "sendPhoto", {"chat_id": BOT.user(AN), "caption": "Tình hình"}),
        call(BOT, "sendChatAction", {"chat_id": BOT.user(AN), "action": "typing"}),
        call(OA, "oa/message/cs", to_oa),
        call(OA, "oa/message/cs", to_oa, -230),
        call(OA, "oa/message/cs", to_oa, -220),
        call(OA, "oa/upload/image", {}),
    ]
    journal = Journal(calls, AddressBook.of([(AN, (BOT, OA))]))
    assert journal.out() == {BOT.bot: 2, OA.bot: 1}
    assert journal.reminders() == {(AN, "d-1"): 2}
    assert journal.shut_out() == {(AN, "d-1"): 1}
    silent = Windows([an(OA)])
    assert journal.refused(silent) == []
    silent.now = datetime(2026, 12, 1, tzinfo=UTC)
    silent.spoke(AN)
    assert journal.refused(silent) == ["oa/message/cs refused: no"]
