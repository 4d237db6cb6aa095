"""Names compare without tones and sort as Vietnamese lists do."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members.names import fold, same_key, sort_key, tidy


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đỗ  Thị Ơn", "do thi on"),
        ("đảng uỷ", "dang uy"),
        ("Đảng ủy", "dang uy"),
        ("CÓ MẶT", "co mat"),
        ("Hoàng\u00a0Văn\u200b Ưng\n", "hoang van ung"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Huệ"), "nguyen thi hue"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_directing_and_control_characters_are_dropped() -> None:
    assert tidy("\u202eNguyễn\x00 Văn\ufeff  An\ud800 ") == "Nguyễn Văn An"


@given(st.text())
def test_tidy_and_fold_are_stable(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert fold(fold(text)) == fold(text)
    assert fold(text) == fold(tidy(text))
    assert tidy(text) == "" or tidy(text).isprintable()


def test_two_spellings_of_a_tone_are_the_same_word() -> None:
    assert same_key("Hoà") == same_key("hòa")
    assert same_key("Thuý") == same_key("Thúy")
    assert same_key("Lan") != same_key("Lân") != same_key("Lận")


def test_lists_go_by_given_name_then_family_name() -> None:
    ordered = [
        "Lê Văn An",
        "Trần Thị An",
        "Bùi Văn Ân",
        "Đỗ Dũng",
        "Vũ Đình Dương",
        "Nguyễn Thị Đào",
        "Lê Thị Hoa",
        "Lê Thị Hòa",
        "Trần Ma",
        "Trần Mà",
        "Trần Mả",
        "Trần Mã",
        "Trần Má",
        "Trần Mạ",
        "Lý Văn Ôn",
        "Lý Văn Ơn",
    ]
    assert sorted(set(ordered), key=sort_key) == ordered


@given(st.lists(st.text("aăâđeêioôơuưyàảãáạ -'h", max_size=12)))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    in_order = [sort_key(name) for name in sorted(names, key=sort_key)]
    assert in_order == [sort_key(name) for name in sorted(sorted(names), key=sort_key)]
