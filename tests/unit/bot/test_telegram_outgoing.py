"""Whatever a handler may say becomes valid Bot API calls, never over a limit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.parts import length, split
from bot.channels.telegram.outgoing import answer_calls, entities_of, send_calls
from bot.language import Choice, FileOut, Kind, Picture, Said, Say
from bot.limits import TELEGRAM_TEXT, TELEGRAM_TOAST
from locales.text import Span, Text, fill
from tests.support.phones.seen import squeezed
from tests.support.platform_rules import check_telegram

BLANK = st.sampled_from([" ", "\n\n", "\u00a0"])
LETTERS = BLANK | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
SPANS = st.builds(Span, LETTERS, st.booleans(), st.booleans(), st.booleans())
TEXTS = st.lists(SPANS, min_size=1, max_size=6).map(lambda spans: Text(tuple(spans)))
LONG_TEXTS = st.builds(lambda text, times: Text(text.spans * times), TEXTS, st.integers(1, 60))
CARRIED = st.sampled_from([("x:1", ""), ("đ" * 32, ""), ("", "https://mungba.example/p/1")])
CHOICES = st.lists(
    st.builds(lambda label, carried: (Choice(label, *carried),), LETTERS, CARRIED), max_size=4
).map(tuple)
SAYS = st.builds(
    Say,
    text=LONG_TEXTS,
    choices=CHOICES,
    picture=st.none() | st.just(Picture(b"png", "hình")),
    file=st.none() | st.just(FileOut("a.xlsx", b"zip")),
    toast=st.just("") | LETTERS,
    instead=st.booleans(),
)


def tapped(message: str = "7") -> Said:
    return Said(
        "t:1", "t", "5", "5", datetime(2026, 12, 1, tzinfo=UTC), Kind.CHOICE, message=message, press="p"
    )


def texts_of(calls: list[Any]) -> str:
    return "".join(c.parameters.get("text", "") + c.parameters.get("caption", "") for c in calls)


@given(SAYS, st.sampled_from(["", "7"]))
def test_no_call_is_over_a_limit_and_no_letter_is_lost(say: Say, replaced: str) -> None:
    calls = send_calls("5", say, replaced)
    assert squeezed(say.text.plain) in squeezed(texts_of(calls))
    for call in calls:
        check_telegram(call)
    assert sum("reply_markup" in call.parameters for call in calls) == bool(say.choices)


@given(st.lists(SAYS, max_size=3), st.sampled_from(["", "7"]))
def test_every_answer_is_valid_and_a_tap_is_answered_once(says: list[Say], message: str) -> None:
    calls = answer_calls(tapped(message), says)
    for call in calls:
        check_telegram(call)
    assert [call.counts for call in calls].index(False) == 0
    assert [call.counts for call in calls].count(False) == 1
    told = squeezed(texts_of(calls[1:])).replace("…", "")
    assert squeezed("".join(say.text.plain for say in says)).replace("…", "") == told


@given(TEXTS)
def test_entities_cover_exactly_the_styled_letters_in_utf16(text: Text) -> None:
    units = text.plain.encode("utf-16-le")
    bold = [e for e in entities_of(text) if e["type"] == "bold"]
    cut = [units[e["offset"] * 2 : (e["offset"] + e["length"]) * 2].decode("utf-16-le") for e in bold]
    assert cut == [span.text for span in text.spans if span.bold and span.text.strip()]


@given(LONG_TEXTS, st.integers(10, 200))
def test_splitting_keeps_every_letter_and_style(text: Text, limit: int) -> None:
    parts = split(text, limit)
    assert all(length(part.plain) <= limit for part in parts)
    letters = [(letter, s.bold, s.italic) for part in parts for s in part.spans for letter in s.text]
    assert letters == [(letter, s.bold, s.italic) for s in text.spans for letter in s.text]


def test_a_long_text_is_cut_between_paragraphs() -> None:
    paragraph = "Chi bộ " * 300
    parts = split(fill(f"{paragraph}\n\n{paragraph}", {}), TELEGRAM_TEXT)
    assert [part.plain.strip() for part in parts] == [paragraph.strip(), paragraph.strip()]


def test_a_tap_is_answered_first_and_its_message_replaced() -> None:
    say = Say(fill("Đã ghi", {}), toast="Đã ghi", instead=True)
    toast, edit = answer_calls(tapped(), [say])
    assert (toast.method, toast.parameters["text"]) == ("answerCallbackQuery", "Đã ghi")
    assert edit.method == "editMessageText"
    assert edit.otherwise is not None
    assert edit.otherwise.method == "sendMessage"
    assert "message_id" not in edit.otherwise.parameters


def test_a_tap_without_words_is_still_answered() -> None:
    assert [call.method for call in answer_calls(tapped(), [])] == ["answerCallbackQuery"]


def test_a_toast_is_cut_at_the_limit() -> None:
    (call,) = answer_calls(tapped(), [Say(toast="ệ" * 500)])
    assert len(call.parameters["text"]) == TELEGRAM_TOAST


def test_a_toast_without_a_tap_is_said() -> None:
    (call,) = send_calls("5", Say(toast="Đã ghi"))
    assert call.parameters["text"] == "Đã ghi"


def test_hostile_names_stay_letters() -> None:
    name = "<b>An</b> {x} *_[a](b)`"
    (call,) = send_calls("5", Say(fill("Chào <b>{name}</b>", {"name": name})))
    assert call.parameters["text"] == f"Chào {name}"
    assert call.parameters["entities"] == [{"type": "bold", "offset": 5, "length": len(name)}]


def test_an_empty_message_cannot_be_said() -> None:
    with pytest.raises(ValueError, match="empty"):
        Say()
