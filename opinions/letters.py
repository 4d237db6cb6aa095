"""What people type, made clean: an opinion or an answer to one."""

from __future__ import annotations

import re
import unicodedata

from db.errors import BadInput

MOST_LETTERS = 2_000
MOST_IN_ANSWER = 1_000  # opinion and answer fit into one message of any channel (4,096 letters)

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_GAPS = re.compile(r"\n{3,}")


def cleaned(text: str, most: int = MOST_LETTERS) -> str:
    """NFC, trimmed, lines kept, no invisible or directing characters; BadInput when empty or too long."""
    lines = ["".join(map(_visible, line)).strip() for line in text.splitlines()]
    clean = _GAPS.sub("\n\n", unicodedata.normalize("NFC", "\n".join(lines))).strip()
    if not clean:
        raise BadInput("opinions.empty")
    if len(clean) > most:
        raise BadInput("opinions.too_long", letters=len(clean), most=most)
    return clean


def _visible(letter: str) -> str:
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter) in _INVISIBLE else letter
