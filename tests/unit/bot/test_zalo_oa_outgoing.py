"""Whatever a handler may say becomes valid messages of an Official Account, never over a limit."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.channels.zalo_oa.outgoing import Message, body_of, messages_of, path_to
from bot.channels.zalo_oa.pictures import fitting, name_of
from bot.channels.zalo_oa.wire import CHOSEN
from bot.language import Choice, Picture, Say
from db.errors import MessageRefused
from locales.text import Span, Text, fill
from tests.support.phones.seen import squeezed
from tests.support.platform_rules import check_zalo_oa

BLANK = st.sampled_from([" ", "\n\n", "\u00a0"])
LETTERS = BLANK | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120)
SPANS = st.builds(Span, LETTERS, st.booleans(), st.booleans(), st.booleans())
TEXTS = st.lists(SPANS, max_size=4).map(lambda spans: Text(tuple(spans)))
LONG_TEXTS = st.builds(lambda text, times: Text(text.spans * times), TEXTS, st.integers(1, 40))
URLS = st.sampled_from(["", "https://bot.example.vn/r/7", "tel:113", "https://a.vn/" + "x" * 1200])
DATA = st.sampled_from(["quiz:7:3:A", "x" * 64, "x" * 1001, "ộ" * 500])
CHOICE = st.builds(lambda label, url, data: Choice(label, "" if url else data, url), LETTERS, URLS, DATA)
CHOICES = st.lists(CHOICE.map(lambda choice: (choice,)), max_size=8).map(tuple)
PICTURES = st.none() | st.builds(Picture, st.just(b"png"), st.just("") | LETTERS)
PERSON, GROUP = "4912345678901234567", "group.77"


def said(
    text: Text, choices: tuple[tuple[Choice, ...], ...], picture: Picture | None, toast: str
) -> list[Say]:
    if not (text or picture or toast):
        return []
    return [Say(text, choices, picture, toast=toast)]


SAYS = st.lists(
    st.builds(said, LONG_TEXTS, CHOICES, PICTURES, st.just("") | LETTERS), min_size=1, max_size=3
).map(lambda found: [say for says in found for say in says])


@given(SAYS, st.sampled_from([PERSON, GROUP]))
def test_no_message_is_over_a_limit_and_nothing_is_lost(says: list[Say], chat: str) -> None:
    messages = messages_of(says, chat)
    for message in messages:
        check_zalo_oa(body_of(chat, message, "uploaded" if message.picture else ""))
    told = squeezed("".join(m.text + "".join(b["title"] for b in m.buttons) for m in messages))
    for say in says:
        assert squeezed(say.toast) in told
    newest = next((say for say in reversed(says) if say.choices), None)
    if newest is not None:
        assert all(squeezed(c.label) in told for row in newest.choices for c in row)
    assert [m.picture for m in messages if m.picture] == [say.picture for say in says if say.picture]
    if chat == GROUP:
        assert not any(message.buttons for message in messages)


@given(LONG_TEXTS.filter(lambda text: bool(text.plain.strip())))
def test_a_long_text_keeps_every_letter(text: Text) -> None:
    assert squeezed("".join(m.text for m in messages_of([Say(text)], PERSON))) == squeezed(text.plain)


def options(count: int, label: str = "Câu") -> tuple[tuple[Choice, ...], ...]:
    return tuple((Choice(f"{label} {n}", f"quiz:7:{n}"),) for n in range(count))


def test_few_choices_are_buttons() -> None:
    (message,) = messages_of([Say(fill("Chọn", {}), options(2))], PERSON)
    assert body_of(PERSON, message) == {
        "recipient": {"user_id": PERSON},
        "message": {
            "text": "Chọn",
            "attachment": {
                "type": "template",
                "payload": {
                    "buttons": [
                        {"title": f"Câu {n}", "type": "oa.query.hide", "payload": f"{CHOSEN}quiz:7:{n}"}
                        for n in range(2)
                    ]
                },
            },
        },
    }


def test_a_page_is_a_button_that_opens_it() -> None:
    page = Choice("Xem", url="https://bot.example.vn/r/7")
    (message,) = messages_of([Say(fill("Kết quả", {}), ((page,),))], PERSON)
    assert message.buttons == (
        {"title": "Xem", "type": "oa.open.url", "payload": {"url": "https://bot.example.vn/r/7"}},
    )


def test_many_choices_are_a_list_to_type_from() -> None:
    choices = (*options(6), (Choice("Trang", url="https://a.vn"),), (Choice("Thoát", "x", key="T"),))
    (message,) = messages_of([Say(fill("Chọn", {}), choices)], PERSON)
    assert message.buttons == ()
    lines = message.text.split("\n")
    assert lines[:3] == ["Chọn", "", "1. Câu 0"]
    assert lines[-2:] == ["Trang: https://a.vn", "T. Thoát"]


@pytest.mark.parametrize("label", ["x" * 101, "😀" * 51, " "])
def test_a_label_that_fits_no_button_makes_a_list(label: str) -> None:
    (message,) = messages_of([Say(fill("Chọn", {}), ((Choice(label, "x"),),))], PERSON)
    assert message.buttons == ()


def test_in_a_group_choices_are_a_list() -> None:
    (message,) = messages_of([Say(fill("Chọn", {}), options(2))], GROUP)
    assert message.text == "Chọn\n\n1. Câu 0\n2. Câu 1"
    assert body_of(GROUP, message)["recipient"] == {"group_id": "77"}
    assert path_to(GROUP) != path_to(PERSON)


def test_a_toast_begins_the_next_message_and_is_not_said_twice() -> None:
    says = [Say(toast="Đã ghi"), Say(fill("Câu 2", {})), Say(fill("Xong: Đã lưu", {}), toast="Đã lưu")]
    assert [m.text for m in messages_of(says, PERSON)] == ["Đã ghi\nCâu 2", "Xong: Đã lưu"]
    assert [m.text for m in messages_of([Say(toast="Đã ghi")], PERSON)] == ["Đã ghi"]


def test_a_picture_carries_its_text_but_no_buttons() -> None:
    picture = Picture(b"png", "Biểu đồ")
    assert messages_of([Say(fill("Tháng 12", {}), picture=picture)], PERSON) == [
        Message("Tháng 12", picture=picture)
    ]
    first, second = messages_of([Say(fill("Tháng 12", {}), options(1), picture)], PERSON)
    assert (first, second.text, len(second.buttons)) == (Message("Biểu đồ", picture=picture), "Tháng 12", 1)
    first, second = messages_of([Say(choices=options(1), picture=picture)], PERSON)
    assert (first, second.text, len(second.buttons)) == (Message("", picture=picture), "Biểu đồ", 1)


def test_an_uploaded_picture_is_shown_by_its_id() -> None:
    body = body_of(PERSON, Message("Hình", picture=Picture(b"p", "")), "id-1")
    payload: Any = body["message"]["attachment"]["payload"]
    assert payload == {
        "template_type": "media",
        "elements": [{"media_type": "image", "attachment_id": "id-1"}],
    }


def test_hostile_names_stay_squeezed() -> None:
    name = "<b>An</b> {x} *_[a](b)` #mb:1"
    (message,) = messages_of([Say(fill("Chào <b>{name}</b>", {"name": name}))], PERSON)
    assert message.text == f"Chào {name}"


def noise(side: int) -> bytes:
    made = BytesIO()
    Image.effect_noise((side, side), 90).save(made, "PNG")
    return made.getvalue()


def test_a_picture_too_large_becomes_a_smaller_jpg() -> None:
    large = noise(300)
    small = fitting(large, 20_000)
    assert len(small) <= 20_000 < len(large)
    assert (name_of(large), name_of(small)) == ("hinh.png", "hinh.jpg")
    assert fitting(large) is large


@pytest.mark.parametrize("data", [b"no picture" * 10, noise(300)])
def test_a_picture_that_cannot_be_made_small_is_refused(data: bytes) -> None:
    with pytest.raises(MessageRefused):
        fitting(data, 50)
