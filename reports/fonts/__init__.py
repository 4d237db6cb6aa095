"""The bundled font, and fitting text into a width. Pillow is imported at first use."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FOLDER = Path(__file__).parent
ELLIPSIS = "…"


class Weight(StrEnum):
    REGULAR = "Regular"
    SEMIBOLD = "SemiBold"


@lru_cache(maxsize=32)
def font(weight: Weight, size: int) -> FreeTypeFont:
    """Be Vietnam Pro at `size` pixels."""
    from PIL import ImageFont

    path = FOLDER / f"BeVietnamPro-{weight}.ttf"
    # Basic layout draws the same wherever it runs; Vietnamese needs no more once composed.
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def printable(text: str) -> str:
    """One line of `text` in composed letters (ế is one), without control characters and surrogates."""
    spaced = " ".join(text.split())
    kept = "".join(sign for sign in spaced if not unicodedata.category(sign).startswith("C"))
    return unicodedata.normalize("NFC", kept)


def wrap(text: str, letters: FreeTypeFont, width: int, most: int) -> list[str]:
    """`text` in at most `most` lines of `width` pixels; what does not fit ends in "…". At least one line."""
    lines: list[str] = []
    rest = printable(text)
    while rest and len(lines) < most - 1 and letters.getlength(rest) > width:
        line, rest = _first_line(rest, letters, width)
        lines.append(line)
    return [*lines, shorten(rest, letters, width)]


def shorten(text: str, letters: FreeTypeFont, width: int) -> str:
    """`text` cut to `width` pixels, with "…" where it was cut."""
    if letters.getlength(text) <= width:
        return text
    size = _fitting(text, letters, width - letters.getlength(ELLIPSIS))
    space = text.rfind(" ", 0, size + 1)
    # A cut between words reads better, unless it would cost half the line.
    return text[: space if space > size // 2 else size].rstrip() + ELLIPSIS


def _first_line(text: str, letters: FreeTypeFont, width: int) -> tuple[str, str]:
    size = max(1, _fitting(text, letters, width))
    space = text.rfind(" ", 0, size + 1)
    cut = space if space > 0 else size
    return text[:cut].rstrip(), text[cut:].lstrip()


def _fitting(text: str, letters: FreeTypeFont, width: float) -> int:
    """How many leading characters fit into `width`, by halving."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if letters.getlength(text[:middle]) <= width else (low, middle - 1)
    return low
