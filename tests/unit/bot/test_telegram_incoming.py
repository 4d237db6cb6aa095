"""Whatever arrives becomes a `Said` or is set aside with a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.incoming import read_update
from bot.channels.telegram.polling import arrival_of
from bot.channels.telegram.wire import ALLOWED_UPDATES, number_and_lane
from bot.language import Kind, Said
from tests.support.bot_api_schema import bot_api
from tests.support.bot_api_values import updates

NOW = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
CHAT = {"id": 5, "type": "private"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def message(**fields: Any) -> dict[str, Any]:
    body = {"message_id": 9, "date": 1796300000, "chat": CHAT, "from": {"id": 5}, **fields}
    return {"update_id": 77, "message": body}


def read(update: Any) -> Said:
    return read_update("telegram", json.dumps(update), NOW)


def test_a_text_message() -> None:
    said = read(message(text="có mặt"))
    assert (said.key, said.chat, said.user, said.kind) == ("telegram:77", "5", "5", Kind.TEXT)
    assert said.text == "có mặt"


def test_it_was_said_when_the_platform_says_but_never_later_than_it_came() -> None:
    assert read(message(text="a", date=int(NOW.timestamp()) - 60)).at < NOW
    assert read(message(text="a", date=int(NOW.timestamp()) + 60)).at == NOW
    assert read(message(text="a", date=int(NOW.timestamp()) - 1)).at == NOW


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("/start j-ABCD1234", Kind.START, "j-ABCD1234"),
        ("/start", Kind.START, ""),
        ("/menu", Kind.TEXT, "menu"),
        ("/diem_danh@mung_ba_bot 482193", Kind.TEXT, "diem danh 482193"),
    ],
)
def test_commands_are_words(typed: str, kind: Kind, text: str) -> None:
    said = read(message(text=typed))
    assert (said.kind, said.text) == (kind, text)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"photo": [{"file_id": "p"}]}, Kind.PHOTO),
        ({"voice": {"file_id": "v"}}, Kind.VOICE),
        ({"sticker": {"file_id": "s"}}, Kind.STICKER),
        ({"location": {"latitude": 1, "longitude": 2}}, Kind.PLACE),
        ({"document": {"file_id": "d", "file_name": "a.xlsx", "file_size": 12}}, Kind.FILE),
        ({"dice": {"value": 3}}, Kind.STICKER),
    ],
)
def test_other_things_have_a_kind(fields: dict[str, Any], kind: Kind) -> None:
    assert read(message(**fields)).kind is kind


def test_a_tap_carries_its_data_and_message() -> None:
    tap = {"id": "q", "from": {"id": 5}, "data": "rsvp:1:coming", "chat_instance": "c"}
    said = read({"update_id": 1, "callback_query": {**tap, "message": message()["message"]}})
    assert (said.kind, said.data, said.message, said.press) == (Kind.CHOICE, "rsvp:1:coming", "9", "q")


def test_a_tap_on_a_message_that_is_gone() -> None:
    said = read({"update_id": 1, "callback_query": {"id": "q", "from": {"id": 5}, "data": "a"}})
    assert (said.chat, said.message) == ("5", "")


@pytest.mark.parametrize(("status", "kind"), [("kicked", Kind.BLOCKED), ("member", Kind.UNBLOCKED)])
def test_blocking_and_coming_back(status: str, kind: Kind) -> None:
    change = {"chat": CHAT, "from": {"id": 5}, "date": 1, "new_chat_member": {"status": status}}
    assert read({"update_id": 1, "my_chat_member": change}).kind is kind


@given(updates(*ALLOWED_UPDATES))
def test_whatever_the_manual_lets_telegram_send_is_understood(update: dict[str, Any]) -> None:
    assert bot_api().problems("Update", update) == []
    arrival = arrival_of(json.dumps(update).encode())
    said = read_update("telegram", arrival.raw, NOW)
    assert said.key == f"telegram:{arrival.update_id}"
    assert said.chat == arrival.lane
    assert said.at <= NOW
    assert bool(said.press) is ("callback_query" in update and bool(update["callback_query"]["id"]))


@given(updates(*(set(bot_api().types["Update"]) - {"update_id", *ALLOWED_UPDATES})))
def test_what_we_did_not_ask_for_is_set_aside_with_a_reason(update: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="did not ask for"):
        read(update)


@given(JSON)
def test_anything_is_stored_and_read_or_refused(update: Any) -> None:
    arrival = arrival_of(json.dumps(update).encode())
    assert arrival.update_id
    assert arrival.lane
    try:
        said = read_update("telegram", arrival.raw, NOW)
    except ValueError as refused:
        assert str(refused)
    else:
        assert said.chat


@given(st.sampled_from(["message_id", "chat", "from", "date", "text"]), JSON)
def test_one_wrong_field_never_raises_anything_else(name: str, value: Any) -> None:
    update = message(text="a")
    update["message"][name] = value
    try:
        read(update)
    except ValueError as refused:
        assert str(refused)


def test_a_tap_and_a_message_of_one_chat_share_a_lane() -> None:
    tap = {"id": "q", "from": {"id": 5}, "message": message()["message"]}
    lanes = {
        number_and_lane(json.dumps(update))[1] for update in (message(text="a"), {"callback_query": tap})
    }
    assert lanes == {"5"}


@pytest.mark.parametrize(
    ("text", "addressed", "said"),
    [
        ("@Mung_Ba_bot kết quả", True, "kết quả"),
        ("kết quả @mung_ba_bot", True, "kết quả"),
        ("/ket_qua", True, "ket qua"),
        ("/ket_qua@mung_ba_bot", True, "ket qua"),
        ("/ket_qua@another_bot", False, "ket qua"),
        ("kết quả", False, "kết quả"),
        ("@mung_ba_bot_2 kết quả", False, "@mung_ba_bot_2 kết quả"),
    ],
)
def test_in_a_group_only_what_is_said_to_us_counts(text: str, addressed: bool, said: str) -> None:
    group = {"id": -100, "type": "supergroup"}
    told = in_group({"chat": group, "text": text})
    assert (told.private, told.addressed, told.text) == (False, addressed, said)


def test_a_reply_to_us_is_said_to_us() -> None:
    group = {"id": -100, "type": "group"}
    for username, addressed in (("mung_ba_bot", True), ("somebody", False)):
        reply = {"message_id": 1, "chat": group, "from": {"id": 2, "username": username}}
        told = in_group({"chat": group, "text": "kết quả", "reply_to_message": reply})
        assert told.addressed is addressed


def in_group(message: dict[str, Any]) -> Said:
    body = {"message_id": 5, "from": {"id": 7}, "date": 0, **message}
    return read_update("telegram", json.dumps({"update_id": 1, "message": body}), NOW, "mung_ba_bot")
