"""Reading a key column: 'B', 'A, C', 'AC', '2', 'B. Năm 1930', or the text of the right option."""

from __future__ import annotations

import re
from collections.abc import Sequence

from members.names import same_key, tidy

_LEAD = re.compile(r"^(?:đáp án|phương án|câu)(?: đúng)?(?: là)?\s*:?\s+", re.IGNORECASE)
_LETTERS = re.compile(r"[A-H](?:(?:\s*[,;.+&/]\s*|\s+và\s+|\s+)[A-H])*[.)]?", re.IGNORECASE)
_TOGETHER = re.compile(r"[A-H]{2,8}")
_NUMBERS = re.compile(r"\d(?:\s*[,;]\s*\d)*")
_LETTER_AND_TEXT = re.compile(r"([A-H])\s*[.):]\s*(.+)", re.IGNORECASE)

Options = Sequence[tuple[str, str]]


class BadKey(Exception):
    """The key fits no option; code: empty_key, key_not_an_option, key_beyond_options."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_key(typed: str, options: Options) -> tuple[int, ...]:
    """Indexes of the right options, ascending. Raises BadKey."""
    key = _LEAD.sub("", tidy(typed))
    if not key:
        raise BadKey("empty_key")
    if (index := _by_text(key, options)) is not None:
        return (index,)
    if _LETTERS.fullmatch(key) or _TOGETHER.fullmatch(key):
        return _by_letters(re.findall(r"[A-H]", key.upper()), options)
    if _NUMBERS.fullmatch(key):
        return _by_numbers([int(digit) for digit in re.findall(r"\d", key)], options)
    if match := _LETTER_AND_TEXT.fullmatch(key):
        return _both(match[1].upper(), match[2], options)
    return _several_texts(typed, options)


def _by_text(text: str, options: Options) -> int | None:
    wanted = same_key(text.strip(" .;,"))
    found = [i for i, (_, option) in enumerate(options) if same_key(option.strip(" .;,")) == wanted]
    return found[0] if found else None


def _by_letters(letters: list[str], options: Options) -> tuple[int, ...]:
    place = {letter: index for index, (letter, _) in enumerate(options)}
    if any(letter not in place for letter in letters):
        raise BadKey("key_beyond_options")
    return tuple(sorted({place[letter] for letter in letters}))


def _by_numbers(numbers: list[int], options: Options) -> tuple[int, ...]:
    if any(not 1 <= number <= len(options) for number in numbers):
        raise BadKey("key_beyond_options")
    return tuple(sorted({number - 1 for number in numbers}))


def _both(letter: str, text: str, options: Options) -> tuple[int, ...]:
    """Letter and text must mean the same option: banks often carry one of them from another version."""
    (index,) = _by_letters([letter], options)
    if _by_text(text, options) != index:
        raise BadKey("key_not_an_option")
    return (index,)


def _several_texts(typed: str, options: Options) -> tuple[int, ...]:
    parts = [part for part in map(tidy, re.split(r"[;\n]", typed)) if part]
    found = [_by_text(part, options) for part in parts[: len(options) + 1]]
    if not found or None in found:
        raise BadKey("key_not_an_option")
    return tuple(sorted({index for index in found if index is not None}))
