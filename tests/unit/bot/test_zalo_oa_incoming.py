"""Whatever an Official Account's webhook brings becomes a `Said` or is set aside with a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels.zalo_oa.incoming import read_event
from bot.channels.zalo_oa.wire import CHOSEN, arrival_of
from bot.language import FileIn, Kind, Said

NOW = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
PERSON = "4912345678901234567"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def event(name: str = "user_send_text", **message: Any) -> dict[str, Any]:
    return {
        "app_id": "36",
        "oa_id": "579",
        "user_id_by_app": "552",
        "event_name": name,
        "timestamp": str(NOW_MS - 1000),
        "sender": {"id": PERSON},
        "recipient": {"id": "579"},
        "message": {"msg_id": "9b1c", **message},
    }


def read(body: Any) -> Said:
    return read_event("oa", json.dumps(body), NOW)


def test_a_text_message() -> None:
    said = read(event(text="có mặt"))
    assert (said.key, said.chat, said.user, said.kind) == ("oa:9b1c", PERSON, PERSON, Kind.TEXT)
    assert (said.text, said.private, said.data, said.press) == ("có mặt", True, "", "")


def test_a_pressed_button_is_a_choice() -> None:
    said = read(event(text=f"{CHOSEN}quiz:7:3:A"))
    assert (said.kind, said.data, said.text) == (Kind.CHOICE, "quiz:7:3:A", "")


@pytest.mark.parametrize("typed", ["#", "#dangvien học tập", "# 1", "##mb:1", " #mb: 1"])
def test_a_word_with_a_sharp_is_what_people_typed(typed: str) -> None:
    assert (read(event(text=typed)).kind, read(event(text=typed)).text) == (Kind.TEXT, typed)


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("/start j-ABCD1234", Kind.START, "j-ABCD1234"),
        ("/menu", Kind.TEXT, "menu"),
        ("/diem_danh 482193", Kind.TEXT, "diem danh 482193"),
    ],
)
def test_commands_are_words(typed: str, kind: Kind, text: str) -> None:
    said = read(event(text=typed))
    assert (said.kind, said.text) == (kind, text)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("user_send_image", Kind.PHOTO),
        ("user_send_sticker", Kind.STICKER),
        ("user_send_audio", Kind.VOICE),
        ("user_send_location", Kind.PLACE),
        ("user_send_video", Kind.STICKER),
        ("user_send_business_card", Kind.STICKER),
        ("user_submit_info", Kind.OTHER),
    ],
)
def test_other_things_have_a_kind(name: str, kind: Kind) -> None:
    said = read(event(name, attachments=[{"type": "x", "payload": {"url": "https://z.vn/1"}}]))
    assert (said.kind, said.file) == (kind, None)


@pytest.mark.parametrize(
    ("size", "bytes_"), [("18342", 18342), (18342, 18342), (None, 0), ("many", 0), ("9" * 40, 0)]
)
def test_a_file_carries_its_address_name_and_size(size: Any, bytes_: int) -> None:
    payload = {"url": "https://z.vn/f", "name": "danh-sach.xlsx", "size": size}
    said = read(event("user_send_file", attachments=[{"type": "file", "payload": payload}]))
    assert (said.kind, said.file) == (Kind.FILE, FileIn("https://z.vn/f", "danh-sach.xlsx", bytes_))


@pytest.mark.parametrize("attachments", [None, [], [{"type": "file"}], [{"payload": {"url": 5}}]])
def test_a_file_without_an_address_is_refused(attachments: Any) -> None:
    with pytest.raises(ValueError, match="without an address"):
        read(event("user_send_file", attachments=attachments))


@pytest.mark.parametrize(("name", "kind"), [("follow", Kind.START), ("unfollow", Kind.BLOCKED)])
def test_following_and_leaving(name: str, kind: Kind) -> None:
    body = {"app_id": "36", "event_name": name, "follower": {"id": PERSON}, "timestamp": str(NOW_MS)}
    said = read(body)
    assert (said.kind, said.chat, said.text) == (kind, PERSON, "")
    assert said.key == read(body).key != read({**body, "timestamp": "1"}).key


@pytest.mark.parametrize("where", [{"group_id": "77"}, {"recipient": {"id": "77"}}])
def test_in_a_group_the_chat_is_the_group(where: dict[str, Any]) -> None:
    said = read({**event("user_send_group_text", text="menu"), **where})
    assert (said.chat, said.user, said.private, said.text) == ("group.77", PERSON, False, "menu")


@pytest.mark.parametrize("stamp", [str(NOW_MS + 60_000), "", "soon", -5, "9" * 30, "²"])
def test_an_odd_or_later_time_is_when_it_came(stamp: Any) -> None:
    assert read({**event(text="a"), "timestamp": stamp}).at == NOW


def test_it_was_said_when_the_platform_says() -> None:
    assert (NOW - read(event(text="a")).at).total_seconds() == 1


@pytest.mark.parametrize("name", ["oa_send_text", "user_received_message", "user_seen_message"])
def test_echoes_are_not_stored(name: str) -> None:
    assert arrival_of(json.dumps(event(name, text="a"))) is None


def test_a_repetition_has_the_same_number_and_everything_of_a_chat_one_lane() -> None:
    first, again = arrival_of(json.dumps(event(text="a"))), arrival_of(json.dumps(event(text="a")))
    assert first == again
    assert first is not None
    assert (first.update_id, first.lane) == ("9b1c", PERSON)
    leaving = arrival_of(json.dumps({"event_name": "unfollow", "follower": {"id": PERSON}}))
    assert leaving is not None
    assert leaving.lane == PERSON


@pytest.mark.parametrize("name", ["user_send_hologram", "", "anything", "user_click_button"])
def test_an_unknown_event_is_refused_with_its_name(name: str) -> None:
    with pytest.raises(ValueError, match="do not know"):
        read(event(name, text="a"))


@pytest.mark.parametrize("who", ["", " ", "a b", "x" * 65, "đ"])
def test_a_sender_that_cannot_be_one_is_refused(who: str) -> None:
    with pytest.raises(ValueError, match="who or where"):
        read({**event(text="a"), "sender": {"id": who}})


def stored_and_read(raw: str) -> None:
    arrival = arrival_of(raw)
    if arrival is None:
        return
    assert 0 < len(arrival.update_id) <= 64
    assert arrival.lane
    try:
        said = read_event("oa", raw, NOW)
    except ValueError as refused:
        assert str(refused)
    else:
        assert said.key == f"oa:{arrival.update_id}"
        assert said.chat == arrival.lane
        assert said.at <= NOW
        f"{said.text}{said.data}{said.chat}{said.user}{said.file}".encode()


@given(JSON)
def test_anything_is_stored_and_read_or_refused(body: Any) -> None:
    stored_and_read(json.dumps(body))


NAMES = ["user_send_text", "user_send_file", "user_send_image", "user_send_group_text", "follow", "unfollow"]
PARTY = JSON | st.fixed_dictionaries({"id": JSON | st.just(PERSON)})
ATTACHED = st.lists(JSON | st.fixed_dictionaries({"type": JSON, "payload": JSON}), max_size=2)
ODD_MESSAGE = st.fixed_dictionaries(
    {}, optional={"msg_id": JSON, "text": JSON | st.just("#mb:1"), "attachments": JSON | ATTACHED}
)
ODD_EVENT = st.fixed_dictionaries(
    {"event_name": st.sampled_from(NAMES) | JSON},
    optional={
        "timestamp": JSON | st.integers(0, 10**20).map(str),
        "sender": PARTY,
        "recipient": PARTY,
        "follower": PARTY,
        "group_id": JSON,
        "message": JSON | ODD_MESSAGE,
    },
)


@given(ODD_EVENT)
@example({**event(text="\ud800")})
@example({**event(text="a"), "sender": {"id": "\ud800"}})
def test_everything_odd_at_once_is_stored_and_read_or_refused(body: Any) -> None:
    stored_and_read(json.dumps(body))


@given(st.binary(max_size=60))
def test_any_bytes_are_stored_and_read_or_refused(body: bytes) -> None:
    stored_and_read(body.decode("utf-8", "replace"))


@given(
    st.sampled_from(["event_name", "timestamp", "sender", "recipient", "message", "group_id", "follower"]),
    JSON,
)
def test_one_wrong_field_never_raises_anything_else(name: str, value: Any) -> None:
    stored_and_read(json.dumps({**event(text="a"), name: value}))


@given(st.sampled_from(["msg_id", "text", "attachments"]), JSON, st.booleans())
def test_nor_does_one_in_the_message(name: str, value: Any, in_file: bool) -> None:
    kind = "user_send_file" if in_file else "user_send_text"
    stored_and_read(json.dumps(event(kind, **{"text": "a", name: value})))


def test_a_deep_body_is_refused() -> None:
    stored_and_read("[" * 20_000)
    stored_and_read('{"message":' * 20_000)
