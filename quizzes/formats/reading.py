"""A question file of either form."""

from __future__ import annotations

from datetime import date

from quizzes.formats.draft import QuestionFile
from quizzes.formats.gift import read_gift
from quizzes.formats.xlsx import read_xlsx

GIFT = (".gift", ".txt")


def read_questions(data: bytes, filename: str, *, today: date) -> QuestionFile:
    """By its name: GIFT, else a workbook. Raises as `read_gift` and `read_xlsx`."""
    if filename.lower().endswith(GIFT):
        return read_gift(data, today=today)
    return read_xlsx(data, filename, today=today)
