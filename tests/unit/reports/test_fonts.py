"""The bundled font is the named one and can write Vietnamese; texts fit where they are put."""

import re
import unicodedata
from hashlib import sha256
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.fonts import ELLIPSIS, FOLDER, Weight, font, printable, shorten, wrap

TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
SMALL = [unicodedata.normalize("NFC", vowel + tone) for vowel, tone in product("aăâeêioôơuưy", TONES)]
LETTERS = [*SMALL, "đ", *(letter.upper() for letter in SMALL), "Đ"]
SIGNS = "0123456789%,./*–…·-()"
TOFU = "\U0010ffff"


def drawn(weight: Weight, text: str) -> tuple[tuple[int, int], bytes]:
    mask = font(weight, 60).getmask(text)
    return mask.size, bytes(mask)


def test_files_are_those_named_in_the_readme() -> None:
    listed = dict(
        re.findall(r"\| `(\S+\.ttf)` \|.*`([0-9a-f]{64})`", (FOLDER / "README.md").read_text("utf-8"))
    )
    assert listed == {path.name: sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.ttf")}
    assert len(listed) == len(Weight)


def test_the_licence_lies_beside_the_fonts() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FOLDER / "OFL.txt").read_text("utf-8")


@pytest.mark.parametrize("weight", Weight)
def test_every_vietnamese_letter_has_a_glyph(weight: Weight) -> None:
    assert len(set(LETTERS)) == 146
    missing = drawn(weight, TOFU)
    assert drawn(weight, "語") == missing
    assert [letter for letter in [*LETTERS, *SIGNS] if drawn(weight, letter) == missing] == []


@pytest.mark.parametrize("weight", Weight)
def test_no_two_letters_look_the_same(weight: Weight) -> None:
    signs = [*LETTERS, *SIGNS]
    assert len({drawn(weight, sign) for sign in signs}) == len(signs)


@pytest.mark.parametrize("letter", LETTERS)
def test_decomposed_letters_are_composed(letter: str) -> None:
    assert printable(unicodedata.normalize("NFD", letter)) == letter


def test_what_cannot_be_drawn_is_taken_out() -> None:
    assert printable(" Chi bộ\n\tsố\u202e 1\ud800\u200b\x00 ") == "Chi bộ số 1"


LETTERING = font(Weight.REGULAR, 30)


def test_a_long_name_is_wrapped_between_words_and_ends_in_an_ellipsis() -> None:
    name = "Chi bộ Trường Trung học phổ thông chuyên Nguyễn Bỉnh Khiêm"
    first, second = wrap(name, LETTERING, 400, 2)
    assert name.startswith(first + " ")
    assert second.endswith(ELLIPSIS)
    assert name.startswith(f"{first} {second.removesuffix(ELLIPSIS)} ")


def test_a_short_name_stays_as_it_is() -> None:
    assert wrap("Chi bộ 1", LETTERING, 400, 2) == ["Chi bộ 1"]
    assert wrap("", LETTERING, 400, 2) == [""]


@given(st.text(max_size=200), st.integers(60, 600), st.integers(1, 3))
def test_every_line_fits(text: str, width: int, most: int) -> None:
    lines = wrap(text, LETTERING, width, most)
    assert 1 <= len(lines) <= most
    assert all(LETTERING.getlength(line) <= width for line in lines)


@given(st.text(st.characters(categories=["L", "N", "P"]), max_size=80), st.integers(60, 600))
def test_shortened_text_is_the_beginning(text: str, width: int) -> None:
    short = shorten(text, LETTERING, width)
    assert short == text or text.startswith(short.removesuffix(ELLIPSIS))
