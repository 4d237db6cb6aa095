"""Whatever Zalo can deliver becomes a `Said` or is set aside with a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels.zalo_bot.incoming import KINDS, read_update
from bot.channels.zalo_bot.limits import STORED_ID
from bot.channels.zalo_bot.wire import NO_LANE, arrival_of, is_update
from bot.language import Kind, Said

NOW = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
AN = {"id": "b81c40f7d25a9e036c1d", "display_name": "Nguyễn Văn An", "is_bot": False}
GROUP = "zgr-0c5be2a7714d93ef8a21"


def update(event: str = "message.text.received", **fields: Any) -> dict[str, Any]:
    message = {
        "message_id": "4c09e7a1b3d85f62017e",
        "date": int(NOW.timestamp() * 1000) - 60_000,
        "from": AN,
        "chat": {"id": AN["id"], "chat_type": "PRIVATE"},
        **fields,
    }
    return {"event_name": event, "message": {k: v for k, v in message.items() if v is not ...}}


def read(body: Any, bot_name: str = "Bot Chi Đoàn") -> Said:
    return read_update("zalo", arrival_of(body).raw, NOW, bot_name)


def test_a_text_wrapped_and_bare_is_the_same() -> None:
    bare = update(text="diem danh 482193")
    said = read(bare)
    assert said == read({"ok": True, "result": bare, "error_code": 0})
    assert arrival_of(bare) == arrival_of({"ok": True, "result": bare})
    assert (said.key, said.chat, said.user) == ("zalo:4c09e7a1b3d85f62017e", AN["id"], AN["id"])
    assert (said.kind, said.text, said.private) == (Kind.TEXT, "diem danh 482193", True)
    assert said.at == NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("event", "fields", "kind", "text"),
    [
        ("message.image.received", {"photo_url": "https://a/b.jpg"}, Kind.PHOTO, ""),
        ("message.image.received", {"photo": "https://a/b.jpg", "caption": "ảnh"}, Kind.PHOTO, "ảnh"),
        ("message.sticker.received", {"sticker": "x", "url": "https://a"}, Kind.STICKER, ""),
        ("message.voice.received", {"voice_url": "https://a/b.aac"}, Kind.VOICE, ""),
        ("message.unsupported.received", {}, Kind.FILE, ""),
        ("message.reaction.received", {"text": "tim"}, Kind.OTHER, "tim"),
        ("message.new.received", {"text": "chào"}, Kind.TEXT, "chào"),
        ("message.new.received", {"photo_url": "https://a/b.jpg"}, Kind.PHOTO, ""),
        ("message.new.received", {}, Kind.OTHER, ""),
        ("message.text.received", {"text": "/diem_danh 482193"}, Kind.TEXT, "diem danh 482193"),
        ("message.text.received", {"text": " / "}, Kind.TEXT, "/"),
        ("message.text.received", {"text": "hi", "from": {**AN, "is_bot": True}}, Kind.OTHER, "hi"),
    ],
)
def test_every_kind_of_message(event: str, fields: dict[str, Any], kind: Kind, text: str) -> None:
    said = read(update(event, **fields))
    assert (said.kind, said.text, said.file) == (kind, text, None)


def test_unsupported_may_come_without_anything() -> None:
    with pytest.raises(ValueError, match=r"no message in an event 'message\.unsupported\.received'"):
        read({"event_name": "message.unsupported.received"})


def test_in_a_group_the_mention_is_not_part_of_what_is_said() -> None:
    chat = {"id": GROUP, "chat_type": "GROUP"}
    said = read(update(chat=chat, text="@Bot Chi Đoàn  lịch họp "))
    assert (said.chat, said.user, said.private, said.text) == (GROUP, AN["id"], False, "lịch họp")
    assert read(update(chat=chat, text="lịch @Bot Chi Đoàn")).text == "lịch"
    assert read(update(chat=chat, text="@An lịch")).text == "@An lịch"
    photo = update("message.image.received", chat=chat, photo_url="https://a", caption="@Bot Chi Đoàn ảnh")
    assert read(photo).text == "ảnh"


@pytest.mark.parametrize("odd", [17, "17", "zgr-đồng chí", "-", "0", 10**30])
def test_ids_are_opaque(odd: Any) -> None:
    body = update(message_id=odd, chat={"id": odd}, text="a")
    body["message"]["from"] = {"id": odd}
    said = read(body)
    assert (said.key, said.chat, said.user) == (f"zalo:{odd}", str(odd), str(odd))


@pytest.mark.parametrize("bad", [None, "", True, [], {}, 1.5, "x" * (STORED_ID + 1), "a\nb", "\ud800"])
def test_an_update_without_a_usable_id_is_known_by_its_fingerprint(bad: Any) -> None:
    arrival = arrival_of(update(message_id=bad, text="a"))
    assert arrival.update_id.startswith("x")
    assert len(arrival.update_id) == 33
    assert arrival == arrival_of({"ok": True, "result": update(message_id=bad, text="a")})


def test_a_chat_is_not_guessed_from_an_odd_one() -> None:
    with pytest.raises(ValueError, match="usable id"):
        read(update(chat={"id": "x" * 200}, text="a"))
    assert read(update(chat=..., text="a")).chat == AN["id"]
    assert arrival_of(update(chat=..., text="a")).lane == AN["id"]


@pytest.mark.parametrize(
    ("date", "at"),
    [
        (1_796_300_000_000, datetime.fromtimestamp(1_796_300_000, UTC)),
        ("1796300000000", datetime.fromtimestamp(1_796_300_000, UTC)),
        (1_796_300_000, datetime.fromtimestamp(1_796_300_000, UTC)),
        (int(NOW.timestamp() * 1000) + 60_000, NOW),
        (10**400, NOW),
        (-1, NOW),
        (True, NOW),
        (None, NOW),
        ("hôm nay", NOW),
    ],
)
def test_it_was_said_when_zalo_says_but_never_later_than_it_came(date: Any, at: datetime) -> None:
    if at != NOW:
        assert at < NOW
    assert read(update(date=date, text="a")).at == at


def test_a_probe_is_no_update() -> None:
    probes: list[Any] = [None, {}, [], "x", {"ok": True}, {"ok": True, "result": {}}, {"test": 1}]
    assert not any(is_update(probe) for probe in probes)
    assert is_update(update(text="a"))
    assert is_update({"ok": True, "result": update(text="a")})
    assert is_update({"event_name": "message.unsupported.received"})


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
ODD = st.just(...) | ANY_JSON
PEOPLE = ODD | st.fixed_dictionaries({"id": ODD, "is_bot": ODD})
CHATS = ODD | st.fixed_dictionaries({"id": ODD, "chat_type": st.sampled_from(["GROUP", "PRIVATE"]) | ODD})
MESSAGES = st.fixed_dictionaries(
    {
        "message_id": ODD,
        "date": ODD | st.integers(0, 10**20) | st.integers(0, 10**20).map(str),
        "from": PEOPLE | st.just(AN),
        "chat": CHATS | st.just({"id": GROUP, "chat_type": "GROUP"}),
        "text": ODD,
        "caption": ODD,
        "photo_url": ODD,
        "photo": ODD,
        "voice_url": ODD,
        "sticker": ODD,
    }
)
EVENTS = st.sampled_from([*KINDS, "message.reaction.received"]) | ODD
UPDATES = st.fixed_dictionaries({"event_name": EVENTS, "message": MESSAGES | ODD})


def without_gaps(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_gaps(v) for k, v in value.items() if v is not ...}
    return value


@given(UPDATES | ANY_JSON | UPDATES.map(lambda body: {"ok": True, "result": body}))
@example({"event_name": "message.text.received", "message": {"from": AN, "text": "\ud800"}})
def test_anything_is_stored_and_said_or_set_aside_with_a_reason(body: Any) -> None:
    arrival = arrival_of(without_gaps(body))
    assert 0 < len(arrival.update_id) <= STORED_ID
    assert 0 < len(arrival.lane) <= STORED_ID
    arrival.raw.encode("ascii")
    json.dumps([arrival.update_id, arrival.lane]).encode()
    try:
        said = read_update("zalo", arrival.raw, NOW, "Bot Chi Đoàn")
    except ValueError as error:
        assert str(error)
    else:
        assert said.chat
        assert said.user
        assert said.at <= NOW
        assert arrival.lane in {said.chat, NO_LANE}
        f"{said.text}{said.chat}{said.user}{said.key}".encode()
