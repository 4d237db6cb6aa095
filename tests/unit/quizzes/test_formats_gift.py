"""GIFT text: what of it is understood, what is refused by line, and that nothing breaks the reader."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from members.workbook import MAX_BYTES, WorkbookRefused
from quizzes.formats.draft import QuestionDraft, QuestionFile
from quizzes.formats.gift import read_gift

SOURCE = "// Căn cứ: Văn kiện\n"


def read(text: str) -> QuestionFile:
    return read_gift(text.encode(), today=date(2026, 11, 22))


def one(text: str) -> QuestionDraft:
    found = read(SOURCE + text)
    assert found.faults == []
    (draft,) = found.drafts
    return draft


def codes(text: str) -> list[tuple[int | None, str]]:
    return [(fault.line, fault.code) for fault in read(text).faults]


def test_a_multiple_choice_question_with_everything() -> None:
    text = (
        "\ufeff$CATEGORY: $course$/top/Lịch sử Đảng\r\n\r\n"
        "// Nguồn: Tuyên ngôn\r\n// Ngày văn bản: 02/09/1945\r\n"
        "// Cơ quan ban hành: Chính phủ lâm thời\r\n// Hiệu lực đến: 2030\r\n// Người soạn: Đ/c An\r\n"
        "::Câu 1:: Ngày nào?{\r\n=2/9/1945 ~19/8/1945\r\n~7/5/1954 #### Ngày Quốc khánh.}\r\n"
    )
    assert read(text).drafts == [
        QuestionDraft(
            topic="Lịch sử Đảng",
            text="Ngày nào?",
            options=("2/9/1945", "19/8/1945", "7/5/1954"),
            correct=(0,),
            explanation="Ngày Quốc khánh.",
            source="Tuyên ngôn",
            source_date=date(1945, 9, 2),
            issuer="Chính phủ lâm thời",
            valid_until=date(2030, 12, 31),
            author="Đ/c An",
            line=8,
        )
    ]


def test_several_right_answers_by_percentages() -> None:
    draft = one("Hai nào?{~%50%Một ~%50%Hai ~%-100%Ba ~Bốn}")
    assert draft.correct == (0, 1)
    assert one("Ba nào?{~%33.333%Một ~%33.333%Hai ~%33.333%Ba ~Bốn}").correct == (0, 1, 2)
    assert one("Một nào?{=%100%Một ~%0%Hai}").correct == (0,)


@pytest.mark.parametrize(
    ("body", "correct"), [("T", 0), ("TRUE", 0), ("F", 1), ("false", 1), ("TRUE#sai#đúng", 0)]
)
def test_true_or_false(body: str, correct: int) -> None:
    draft = one(f"Đúng không?{{{body}}}")
    assert (draft.options, draft.correct) == (("Đúng", "Sai"), (correct,))


def test_escapes_formats_gaps_and_comments() -> None:
    draft = one("[plain]2 \\= 1 + 1\\: {\n// chú thích\n=\\{đúng\\} \\~\n~sai \\#1 \\\\\n} phải không?")
    assert draft.text == "2 = 1 + 1: _____ phải không?"
    assert draft.options == ("{đúng} ~", r"sai #1 \ ".strip())
    assert one("[html]<p>Ngày <b>nào</b>&nbsp;?</p>{=Một &amp; hai ~Ba}").text == "Ngày nào ?"


def test_the_source_may_stand_in_the_general_feedback() -> None:
    (draft,) = read("Hỏi?{=Một ~Hai####Vì thế. Căn cứ: Điều lệ Đảng (2011), Điều 9.}").drafts
    assert (draft.explanation, draft.source) == ("Vì thế.", "Điều lệ Đảng (2011), Điều 9")
    (draft,) = read("Hỏi?{=Một ~Hai####Vì thế (căn cứ: Điều 9).}").drafts
    assert (draft.explanation, draft.source) == ("Vì thế", "Điều 9")


def test_a_source_serves_only_the_next_question() -> None:
    assert codes(SOURCE + "Một?{=A1 ~B1}\n\nHai?{=A2 ~B2}") == [(4, "missing_source")]


def test_feedback_of_the_right_answer_explains_and_other_feedback_is_noted() -> None:
    found = read(SOURCE + "Hỏi?{=Một#Vì thế ~Hai#Chưa đúng}")
    assert found.drafts[0].explanation == "Vì thế"
    assert [note.code for note in found.notes] == ["gift_feedback_dropped"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Hỏi?{=Một ~Hai", "gift_syntax"),
        ("Hỏi? =Một ~Hai}", "gift_syntax"),
        ("Hỏi?{{=Một ~Hai}}", "gift_syntax"),
        ("Hỏi?{=Một ~Hai}{=Ba ~Bốn}", "gift_syntax"),
        ("Hỏi?{lạ =Một ~Hai}", "gift_syntax"),
        ("Hỏi?{=Một ~ ~Hai}", "gift_syntax"),
        ("Hỏi?{=Một\n\n~Hai}", "gift_syntax"),
        ("Hỏi suông?", "gift_no_answers"),
        ("Viết luận.{}", "gift_kind"),
        ("Bao nhiêu?{#12:1}", "gift_kind"),
        ("Điền.{=Một =Hai}", "gift_kind"),
        ("Ghép.{=a -> b =c -> d}", "gift_kind"),
        ("Hỏi?{~Một ~Hai}", "empty_key"),
        ("Hỏi?{=Một =Hai ~Ba}", "gift_percent"),
        ("Hỏi?{=Một ~%50%Hai}", "gift_percent"),
        ("Hỏi?{~%50%Một ~Hai}", "gift_percent"),
        ("Hỏi?{=Một ~một}", "doubled_option"),
        ("{=Một ~Hai}", "missing_text"),
        ("Hỏi?{=1 ~2 ~3 ~4 ~5 ~6 ~7 ~8 ~9}", "too_many_options"),
    ],
)
def test_what_cannot_be_taken_is_named_by_line(text: str, code: str) -> None:
    assert codes(f"{SOURCE}Trước?{{=A ~B}}\n\n{SOURCE}{text}")[0] == (5, code)
    assert read(f"{SOURCE}Trước?{{=A ~B}}\n\n{SOURCE}{text}").drafts[0].text == "Trước?"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"\xff\x00\xfe", "not_text"), (b"a\x00b", "not_text"), (bytes(MAX_BYTES + 1), "too_large")],
)
def test_what_is_no_text_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(WorkbookRefused) as refused:
        read_gift(data)
    assert refused.value.code == code


def test_utf16_of_notepad_is_read_and_an_empty_file_says_so() -> None:
    assert len(read_gift((SOURCE + "Hỏi?{=Một ~Hai}").encode("utf-16")).drafts) == 1
    assert codes("// chỉ có chú thích\n") == [(None, "no_questions")]


def test_too_many_questions_are_refused() -> None:
    with pytest.raises(WorkbookRefused) as refused:
        read("a\n\n" * 5_001)
    assert refused.value.code == "too_many_rows"


SIGNS = ["{", "}", "=", "~", "#", "####", "::", "\\", "%50%", "%", "\n", "\n\n", "//", "->", "[html]"]
WORDS = ["// Căn cứ: x\n", "$CATEGORY: a/b\n", "TRUE", "<b>", "&amp;", "Căn cứ: ", "một", "hai ", "\ue000"]
pieces = st.sampled_from([*SIGNS, *WORDS]) | st.text(max_size=3)


@given(st.lists(pieces, max_size=40).map("".join))
@settings(max_examples=300)
def test_any_text_is_read(text: str) -> None:
    try:
        found = read_gift(text.encode("utf-8", "surrogatepass"))
    except WorkbookRefused as refused:
        assert refused.code == "not_text"
    else:
        assert found.drafts or found.faults
        for draft in found.drafts:
            assert draft.correct
            assert len(draft.options) > draft.correct[-1]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_gift(data)
    except WorkbookRefused as refused:
        assert refused.code == "not_text"
