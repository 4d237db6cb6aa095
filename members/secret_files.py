"""Files that must not travel by chat: marked Mật, Tối mật or Tuyệt mật (domain.md 4.10, 6.20)."""

from __future__ import annotations

import re

from members.names import fold, tidy
from members.workbook import Sheet

_TOP_LINES = 12  # where papers carry their mark
_SEPARATORS = re.compile(r"[\s_\-.,()\[\]{}+]+")
# With tones: the word itself, but not "bảo mật", "mật khẩu", "mật độ".
_TONED = re.compile(r"(?<!bảo )\bmật\b(?! khẩu| độ)")
# Without tones "mat" may be "mặt" or "mất": only in its set phrases, or alone at an end of the name.
_BARE = re.compile(
    r"\b(toi|tuyet|bi|tai lieu|van ban|cong van|do) mat\b|^mat (?!tran|bang|hang)\S|(?<!co )(?<!vang )\bmat$"
)
_STAMP = re.compile(r"(độ )?(tuyệt |tối )?mật|(do )?(tuyet|toi) mat")


def marked_secret(filename: str) -> bool:
    """Whether the file's name says that it is secret: 'Bao cao TUYET MAT.xlsx', '12-BC (Mật).docx'."""
    stem = filename.rsplit(".", 1)[0] if "." in filename else filename
    words = _SEPARATORS.sub(" ", tidy(stem)).strip().lower()
    return bool(_TONED.search(words) or _BARE.search(" ".join(map(_untoned, words.split()))))


def stamped_secret(sheets: list[Sheet]) -> bool:
    """Whether one of the first cells is nothing but a mark of secrecy."""
    cells = (cell for sheet in sheets for row in sheet.rows[:_TOP_LINES] for cell in row)
    return any(_STAMP.fullmatch(tidy(cell).lower().strip(" :.()")) for cell in cells)


def _untoned(word: str) -> str:
    """The word folded; one that says by its tones that it is 'mặt' or 'mất' is taken out."""
    folded = fold(word)
    return "·" if folded == "mat" != word else folded
