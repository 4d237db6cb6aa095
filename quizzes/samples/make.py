"""Makes `cau-hoi-chuyen-de.xlsx` from the YAML beside it, as somebody filling in the template would.

Every question is settled history with its source. Run: `python -m quizzes.samples.make`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from quizzes.formats.draft import QuestionDraft
from quizzes.formats.rules import parse_date
from quizzes.formats.xlsx import write_xlsx

FOLDER = Path(__file__).parent
SOURCE = FOLDER / "cau-hoi-chuyen-de.yaml"
TARGET = FOLDER / "cau-hoi-chuyen-de.xlsx"
GIFT = FOLDER / "cau-hoi.gift"

_RIGHT = "*"


def drafts() -> list[QuestionDraft]:
    """The questions of the YAML file, in its order; lines as in the workbook."""
    bank = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    filed = [(topic["ten"], question) for topic in bank["chu_de"] for question in topic["cau_hoi"]]
    return [_draft(line, topic, bank["nguoi_soan"], q) for line, (topic, q) in enumerate(filed, start=2)]


def workbook_bytes() -> bytes:
    """The whole workbook."""
    return write_xlsx(drafts())


def _draft(line: int, topic: str, author: str, question: dict[str, Any]) -> QuestionDraft:
    options = question["phuong_an"]
    return QuestionDraft(
        topic=topic,
        text=question["hoi"],
        options=tuple(option.removeprefix(_RIGHT) for option in options),
        correct=tuple(i for i, option in enumerate(options) if option.startswith(_RIGHT)),
        explanation=question.get("giai_thich", ""),
        source=question["can_cu"],
        source_date=_day(question.get("ngay")),
        issuer=question["co_quan"],
        valid_until=None,
        author=author,
        line=line,
    )


def _day(text: str | None) -> date | None:
    return parse_date(text) if text else None


if __name__ == "__main__":
    TARGET.write_bytes(workbook_bytes())
