"""Question banks as Excel tables: titles as people write them, faults by line (B-06, finding 13)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from members.workbook import WorkbookRefused, open_workbook
from quizzes.formats.draft import QuestionDraft, QuestionFile
from quizzes.formats.key import BadKey, read_key
from quizzes.formats.rules import parse_date
from quizzes.formats.xlsx import read_xlsx, write_template, write_xlsx
from tests.data import make as faulty
from tests.unit.members.workbooks import xlsx

DATA = Path(faulty.__file__).parent
HEAD = [
    "Chủ đề",
    "Câu hỏi",
    "A",
    "B",
    "C",
    "D",
    "Đáp án",
    "Giải thích",
    "Căn cứ",
    "Ngày văn bản",
    "Hiệu lực đến",
]
TODAY = date(2026, 11, 22)


def bank(*rows: list[str], head: list[str] = HEAD) -> QuestionFile:
    return read_xlsx(xlsx(("Câu hỏi", [head, *rows])), "cau-hoi.xlsx", today=TODAY)


def line(**cells: str) -> list[str]:
    whole = (
        dict(zip(HEAD, ["LS", "Hỏi?", "Một", "Hai", "Ba", "Bốn", "B", "", "Văn kiện"], strict=False)) | cells
    )
    return [whole.get(title, "") for title in HEAD]


def codes(found: QuestionFile) -> list[tuple[int | None, str]]:
    return [(fault.line, fault.code) for fault in found.faults]


def test_a_question_with_all_its_columns() -> None:
    head = [
        "STT",
        "CHỦ ĐỀ",
        "Nội dung câu hỏi",
        "Phương án 1",
        "Phương án 2",
        "Đáp án đúng",
        "Giải thích đáp án",
        "Nguồn",
        "Ngày ban hành",
        "Nơi ban hành",
        "Có hiệu lực?",
        "Hiệu lực đến ngày",
        "Người biên soạn",
    ]
    row = ["1", "LS", "Hỏi?", "Một", "Hai", "A", "Vì", "Số 1", "03/02/1930", "TW", "", "2027", "Đ/c An"]
    found = bank(row, head=head)
    assert found.drafts == [
        QuestionDraft(
            topic="LS",
            text="Hỏi?",
            options=("Một", "Hai"),
            correct=(0,),
            explanation="Vì",
            source="Số 1",
            source_date=date(1930, 2, 3),
            issuer="TW",
            valid_until=date(2027, 12, 31),
            author="Đ/c An",
            line=2,
        )
    ]
    assert found.drafts[0].citation == "Số 1, TW, 03/02/1930"


def test_every_fault_of_a_bad_bank_is_named_by_line() -> None:
    found = read_xlsx((DATA / "cau-hoi-loi.xlsx").read_bytes(), "cau-hoi-loi.xlsx", today=TODAY)
    assert codes(found) == [
        (3, "empty_key"),
        (4, "doubled_option"),
        (5, "option_only_number"),
        (6, "missing_source"),
        (7, "key_not_an_option"),
        (8, "key_beyond_options"),
        (9, "too_few_options"),
        (10, "missing_text"),
        (11, "expired"),
        (12, "bad_date"),
        (13, "duplicate_in_file"),
        (14, "explanation_contradicts"),
    ]
    assert [draft.line for draft in found.drafts] == [2, 15]
    assert found.drafts[1].correct == (0, 2)


def test_the_committed_faulty_bank_is_what_the_script_makes() -> None:
    made = open_workbook(xlsx(("Câu hỏi", faulty.BANK)))
    assert made == open_workbook((DATA / "cau-hoi-loi.xlsx").read_bytes())


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Câu hỏi": "x" * 1_001}, "text_too_long"),
        ({"Giải thích": "x" * 1_001}, "explanation_too_long"),
        ({"Chủ đề": "x" * 201}, "topic_too_long"),
        ({"Căn cứ": "x" * 401}, "source_too_long"),
        ({"D": "x" * 201}, "option_too_long"),
        ({"B": "MỘT."}, "doubled_option"),
        ({"A": "Hoà bình", "C": "hòa bình"}, "doubled_option"),
        ({"C": "12"}, "option_only_number"),
        ({"C": "1.000.000"}, "option_only_number"),
        ({"Đáp án": "E"}, "key_beyond_options"),
        ({"Đáp án": "9"}, "key_beyond_options"),
        ({"Đáp án": "B. Ba"}, "key_not_an_option"),
        ({"Ngày văn bản": "hôm qua"}, "bad_date"),
        ({"Hiệu lực đến": "11/2025"}, "expired"),
        ({"Giải thích": "Phương án đúng là C"}, "explanation_contradicts"),
    ],
)
def test_single_faults(cells: dict[str, str], code: str) -> None:
    assert codes(bank(line(**cells))) == [(2, code)]


@pytest.mark.parametrize(
    "cells",
    [
        {"Câu hỏi": "x" * 1_000, "D": "x" * 200},
        {"A": "1929", "B": "1930", "C": "1945", "D": "1954"},  # all are numbers: years are meant
        {"A": "A. Một", "B": "B. Hai", "C": "C. Ba", "D": "D. Bốn", "Đáp án": "Hai"},
        {"Hiệu lực đến": "11/2026", "Ngày văn bản": "1947"},
        {"Giải thích": "Đáp án đúng: B"},
        {"Giải thích": "Đáp án A sai vì chưa đủ"},
        {"A": "Lan", "B": "Lân"},
    ],
)
def test_what_is_no_fault(cells: dict[str, str]) -> None:
    found = bank(line(**cells))
    assert (codes(found), [d.correct for d in found.drafts]) == ([], [(1,)])


def test_a_year_alone_joins_the_source_and_letters_before_options_go() -> None:
    (draft,) = bank(
        line(**{"Ngày văn bản": "10/1947", "A": "A) Một", "B": "B) Hai", "C": "", "D": ""})
    ).drafts
    assert (draft.source, draft.source_date, draft.options) == ("Văn kiện (10/1947)", None, ("Một", "Hai"))


def test_an_explanation_that_names_another_option_is_noted() -> None:
    found = bank(line(C="Trần Phú", **{"Giải thích": "Đó là đồng chí Trần Phú."}))
    assert [(note.line, note.code) for note in found.notes] == [(2, "explanation_other_option")]
    assert len(found.drafts) == 1


def test_topics_from_merged_cells_and_section_lines() -> None:
    rows = [HEAD, line(**{"Chủ đề": "Một chủ đề"}), line(**{"Chủ đề": "", "Câu hỏi": "Hai?"})]
    found = read_xlsx(xlsx(("S", rows), merged=[(1, 0, 2, 0)]), "a.xlsx")
    assert [d.topic for d in found.drafts] == ["Một chủ đề", "Một chủ đề"]
    found = bank(["Chuyên đề 2: Đạo đức"], line(**{"Chủ đề": ""}))
    assert [d.topic for d in found.drafts] == ["Đạo đức"]


OPTIONS = [("A", "Năm 1929"), ("B", "Năm 1930"), ("C", "Cả A và B"), ("D", "12")]


@pytest.mark.parametrize(
    ("key", "correct"),
    [
        ("B", (1,)),
        ("b.", (1,)),
        ("A,C", (0, 2)),
        ("C; A", (0, 2)),
        ("AC", (0, 2)),
        ("A và C", (0, 2)),
        ("Đáp án: B", (1,)),
        ("2", (1,)),
        ("1, 3", (0, 2)),
        ("12", (3,)),
        ("năm 1930", (1,)),
        ("B. Năm 1930", (1,)),
        ("Năm 1929; Năm 1930", (0, 1)),
        ("Cả A và B", (2,)),
        ("", "empty_key"),
        ("  \n", "empty_key"),
        ("E", "key_beyond_options"),
        ("0", "key_beyond_options"),
        ("A, H", "key_beyond_options"),
        ("Năm 1931", "key_not_an_option"),
        ("A. Năm 1930", "key_not_an_option"),
        ("không rõ", "key_not_an_option"),
    ],
)
def test_keys(key: str, correct: tuple[int, ...] | str) -> None:
    if isinstance(correct, str):
        with pytest.raises(BadKey) as bad:
            read_key(key, OPTIONS)
        assert bad.value.code == correct
    else:
        assert read_key(key, OPTIONS) == correct


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("03/02/1930", date(1930, 2, 3)),
        ("3-2-1930", date(1930, 2, 3)),
        ("1930-02-03", date(1930, 2, 3)),
        ("03/02/1930 00:00", date(1930, 2, 3)),
        ("31/02/1930", None),
        ("00/00/0000", None),
        ("1930", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert parse_date(text) == day


def test_the_template_is_a_bank_without_questions() -> None:
    found = read_xlsx(write_template(["Mỗi dòng một câu"]), "mau.xlsx")
    assert [(f.line, f.code) for f in found.faults] == [(None, "no_questions")]
    assert [note.code for note in found.notes] == ["sheet_skipped"]


def test_files_without_questions_say_so() -> None:
    assert codes(read_xlsx(xlsx(("S", [["Thu", "Chi"]])), "a.xlsx")) == [(None, "header_not_found")]
    assert codes(read_xlsx(xlsx(("S", [])), "a.xlsx")) == [(None, "no_questions")]
    with pytest.raises(WorkbookRefused):
        read_xlsx(b"", "a.xlsx")


words = st.text("ăbcđêghô =+-@'\"<>&", min_size=1, max_size=20).map(
    lambda text: ("tu " + " ".join(text.split())).strip()
)
drafts = st.builds(
    QuestionDraft,
    topic=words,
    text=words,
    options=st.lists(words, min_size=2, max_size=8, unique_by=lambda w: w.strip()).map(
        lambda options: tuple(f"{text} {'ngày ' * i}".strip() for i, text in enumerate(options))
    ),
    correct=st.sets(st.integers(0, 1), min_size=1).map(lambda found: tuple(sorted(found))),
    explanation=st.just(""),
    source=words,
    source_date=st.none() | st.dates(date(1900, 1, 1)),
    issuer=words,
    valid_until=st.none() | st.dates(TODAY),
    author=words,
    line=st.just(0),
)


@given(st.lists(drafts, min_size=1, max_size=5))
@settings(max_examples=40)
def test_what_is_written_is_read_back(questions: list[QuestionDraft]) -> None:
    numbered = [
        replace(q, text=f"Câu {i}: {q.text}", options=tuple(f"{o} ({i})" for o in q.options), line=i + 2)
        for i, q in enumerate(questions)
    ]
    found = read_xlsx(write_xlsx(numbered), "a.xlsx", today=TODAY)
    doubled = {f.line for f in found.faults if f.code == "doubled_option"}
    assert {f.code for f in found.faults} <= {"doubled_option"}
    assert found.drafts == [q for q in numbered if q.line not in doubled]


cells = st.sampled_from(
    [*HEAD, "Phương án A", "A", "B", "A,B", "1", "Chủ đề: x", "03/02/1930", ""]
) | st.text(max_size=9)


@given(st.lists(st.lists(cells, max_size=9), max_size=8))
@settings(max_examples=60)
def test_any_sheet_is_read_or_refused(rows: list[list[str]]) -> None:
    try:
        found = bank(*rows)
    except WorkbookRefused as refused:
        assert refused.code
    else:
        assert all(0 <= i < len(d.options) for d in found.drafts for i in d.correct)
