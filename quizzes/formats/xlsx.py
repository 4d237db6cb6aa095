"""Question banks as Excel tables: one line a question, columns found by their titles."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from members.faults import Fault
from members.names import fold
from members.workbook import Sheet, open_workbook
from quizzes.formats.draft import QuestionDraft, QuestionFile
from quizzes.formats.rules import Checker, Filed

LETTERS = "ABCDEFGH"
TEMPLATE_OPTIONS = 6
HEAD_WITHIN = 40

# What the template says; the reader also takes the other spellings below.
_BEFORE_OPTIONS = {"topic": "Chủ đề", "text": "Câu hỏi"}
_AFTER_OPTIONS = {
    "key": "Đáp án",
    "explanation": "Giải thích",
    "source": "Căn cứ",
    "source_date": "Ngày văn bản",
    "issuer": "Cơ quan ban hành",
    "valid_until": "Hiệu lực đến",
    "author": "Người soạn",
}
_SPELLINGS = {
    "topic": "chu de|chuyen de|topic",
    "text": "(noi dung )?cau hoi|question",
    "key": "(dap an|phuong an|cau tra loi)( dung)|dap an|key",
    "explanation": "(loi )?giai thich( dap an)?|explanation",
    "source": "can cu|nguon|trich nguon|van ban|source",
    "source_date": "ngay (van ban|ban hanh)|source date",
    "issuer": "(co quan|noi|cap) ban hanh|issuer",
    "valid_until": "hieu luc( den)?( ngay)?|het hieu luc|valid until",
    "author": "nguoi (soan|bien soan|ra de)|author",
}
_OPTION = re.compile(r"(?:(?:phuong an|lua chon|dap an|option) )?([a-h]|[1-8])")
_TOPIC_LINE = re.compile(r"^\s*(?:chủ đề|chuyên đề)\s*(?:\d+\s*)?[:.]\s*(.+)$", re.IGNORECASE)

_WIDTHS = {"text": 60, "key": 9, "explanation": 40, "source": 40, "source_date": 14, "valid_until": 14}


def read_xlsx(data: bytes, filename: str, *, today: date | None = None) -> QuestionFile:
    """Read a bank. With `today`, questions whose time is over are faults. Raises WorkbookRefused."""
    checker = Checker(today)
    skipped, headed = [], 0
    for sheet in open_workbook(data, filename):
        head = _find_head(sheet)
        if head is not None:
            headed += 1
            _read_sheet(sheet, *head, checker)
        elif any(any(row) for row in sheet.rows):
            skipped.append(Fault(None, None, "sheet_skipped", {"sheet": sheet.name}))
    found = checker.found
    if not headed:
        found.faults.append(Fault(None, None, "header_not_found" if skipped else "no_questions"))
    elif not found.drafts and not found.faults:
        found.faults.append(Fault(None, None, "no_questions"))
    found.notes.extend(skipped if headed else [])
    return found


def write_template(guide: Sequence[str] = ()) -> bytes:
    """An empty bank to fill in; `guide` are the lines of its second sheet."""
    return write_xlsx((), guide)


def write_xlsx(drafts: Iterable[QuestionDraft], guide: Sequence[str] = ()) -> bytes:
    """A bank as a workbook that `read_xlsx` reads back. Everything is written as text, never as formula."""
    import xlsxwriter  # read far more often than written

    questions = list(drafts)
    titles = _titles(max((len(draft.options) for draft in questions), default=0))
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})  # the same bank, the same bytes
    sheet = book.add_worksheet("Câu hỏi")
    _write_head(book, sheet, titles)
    text = book.add_format({"text_wrap": True, "valign": "top", "border": 1, "num_format": "@"})
    for row, draft in enumerate(questions, start=1):
        texts = _texts(draft)
        for column, role in enumerate(titles):
            sheet.write_string(row, column, texts.get(role, ""), text)
    _write_guide(book, guide)
    book.close()
    return file.getvalue()


def _titles(options: int) -> dict[str, str]:
    letters = LETTERS[: max(TEMPLATE_OPTIONS, options)]
    return _BEFORE_OPTIONS | {letter: f"Phương án {letter}" for letter in letters} | _AFTER_OPTIONS


def _find_head(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The row of titles and where each column is; a table of questions has a text and two options."""
    for row in range(min(HEAD_WITHIN, len(sheet.rows))):
        columns: dict[str, int] = {}
        for column, title in enumerate(sheet.rows[row]):
            if role := _role(title):
                columns.setdefault(role, column)
        if "text" in columns and sum(role in LETTERS for role in columns) > 1:
            return row, columns
    return None


def _role(title: str) -> str | None:
    words = " ".join(re.sub(r"\([^()]*\)|[^\w\s]", " ", fold(title)).split())
    if option := _OPTION.fullmatch(words):
        return LETTERS[int(option[1]) - 1] if option[1].isdigit() else option[1].upper()
    return next((role for role, pattern in _SPELLINGS.items() if re.fullmatch(pattern, words)), None)


def _read_sheet(sheet: Sheet, head: int, columns: dict[str, int], checker: Checker) -> None:
    topics = sheet.filled_down(columns["topic"]) if "topic" in columns else {}
    section = ""
    for row in range(head + 1, len(sheet.rows)):
        texts = [text for text in dict.fromkeys(sheet.rows[row]) if text]
        if len(texts) == 1 and (titled := _TOPIC_LINE.match(texts[0])):
            section = titled[1]
        elif any(sheet.rows[row][column] for role, column in columns.items() if role != "topic"):
            checker.add(_filed(sheet, row, columns, topics.get(row) or section))


def _filed(sheet: Sheet, row: int, columns: dict[str, int], topic: str) -> Filed:
    def cell(role: str) -> str:
        return sheet.cell(row, columns.get(role, -1))

    return Filed(
        line=row + 1,
        text=cell("text"),
        options=[(letter, text) for letter in LETTERS if (text := cell(letter))],
        key=sheet.raw[row][columns["key"]] if "key" in columns else "",
        topic=cell("topic") or topic,
        explanation=cell("explanation"),
        source=cell("source"),
        source_date=cell("source_date"),
        issuer=cell("issuer"),
        valid_until=cell("valid_until"),
        author=cell("author"),
        place={"sheet": sheet.name},
    )


def _write_guide(book: Any, guide: Sequence[str]) -> None:
    if not guide:
        return
    page, wrapped = book.add_worksheet("Hướng dẫn"), book.add_format({"text_wrap": True})
    page.set_column(0, 0, 100)
    for row, line in enumerate(guide):
        page.write_string(row, 0, line, wrapped)


def _write_head(book: Any, sheet: Any, titles: Mapping[str, str]) -> None:
    look = {"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter", "border": 1}
    title = book.add_format(look | {"bg_color": "#F2DCDB"})
    for column, (role, text) in enumerate(titles.items()):
        sheet.set_column(column, column, _WIDTHS.get(role, 24))
        sheet.write_string(0, column, text, title)
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()


def _texts(draft: QuestionDraft) -> dict[str, str]:
    return {
        "topic": draft.topic,
        "text": draft.text,
        **dict(zip(LETTERS, draft.options, strict=False)),
        "key": ", ".join(LETTERS[index] for index in draft.correct),
        "explanation": draft.explanation,
        "source": draft.source,
        "source_date": _day(draft.source_date),
        "issuer": draft.issuer,
        "valid_until": _day(draft.valid_until),
        "author": draft.author,
    }


def _day(day: date | None) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year:04}" if day else ""
