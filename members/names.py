"""Vietnamese names and words: clean, without tones for comparing, in the order of a Vietnamese list."""

from __future__ import annotations

import unicodedata
from typing import TypeAlias

WordKey: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
SortKey: TypeAlias = tuple[WordKey, ...]

# Order of TCVN dictionaries: ngang, huyền, hỏi, ngã, sắc, nặng.
_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
_ALPHABET = {letter: place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_AFTER_LETTERS = len(_ALPHABET)


def tidy(text: str) -> str:
    """NFC, single spaces, no invisible or directing characters."""
    if not text.isprintable():
        text = "".join(_visible(letter) for letter in text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def fold(text: str) -> str:
    """Lower case without tones or marks, for comparing and searching: 'Đỗ  Ơn' → 'do on'."""
    lowered = tidy(text).lower().replace("đ", "d")
    bare = (c for c in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFC", "".join(bare)).split())


def same_key(text: str) -> SortKey:
    """Equal for spellings that differ only in case, spaces or the place of a tone mark ('hoà', 'hòa')."""
    return tuple(_word_key(word) for word in tidy(text).lower().split())


def sort_key(full_name: str) -> SortKey:
    """Order of a Vietnamese list: given name, then family name, then the names between."""
    words = tidy(full_name).lower().split()
    return tuple(_word_key(word) for word in [*words[-1:], *words[:-1]])


def _visible(letter: str) -> str:
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} else letter


def _word_key(word: str) -> WordKey:
    """The letters of a word first; its tones decide only between equal letters."""
    parts = unicodedata.normalize("NFD", word)
    tones = tuple(_TONES.index(c) for c in parts if c in _TONES)
    bare = unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES))
    return tuple(_ALPHABET.get(c, _AFTER_LETTERS + ord(c)) for c in bare), tones
