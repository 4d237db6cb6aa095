"""What people type is cleaned, and nothing readable is lost."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import BadInput
from opinions.letters import MOST_LETTERS, cleaned


def test_lines_stay_and_edges_go() -> None:
    assert cleaned("  Thực trạng: đèn hỏng \r\n\n\n\n Giải pháp: thay  ") == (
        "Thực trạng: đèn hỏng\n\nGiải pháp: thay"
    )


def test_composed_form() -> None:
    decomposed = unicodedata.normalize("NFD", "Đồng chí ở tổ 5")
    assert cleaned(decomposed) == "Đồng chí ở tổ 5"


def test_directing_and_invisible_characters_go() -> None:
    assert cleaned("An\u202e toàn\u200b \x00giao thông\ud800") == "An toàn giao thông"


def test_markup_is_data() -> None:
    assert cleaned("<b>Gấp</b> & {name}") == "<b>Gấp</b> & {name}"


@pytest.mark.parametrize("text", ["", "  \n\t ", "\u200b\u202e", "\x00"])
def test_nothing_readable_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        cleaned(text)
    assert refused.value.key == "opinions.empty"


def test_the_limit_counts_letters_not_bytes() -> None:
    assert len(cleaned("ộ" * MOST_LETTERS)) == MOST_LETTERS
    with pytest.raises(BadInput) as refused:
        cleaned("ộ" * (MOST_LETTERS + 1))
    assert refused.value.args_for_person == {"letters": MOST_LETTERS + 1, "most": MOST_LETTERS}


@given(st.text(max_size=300))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        once = cleaned(text)
    except BadInput:
        return
    assert cleaned(once) == once
    assert once.encode()
