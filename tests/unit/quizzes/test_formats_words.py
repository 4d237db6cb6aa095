"""Every code of the file readers has its sentence in both languages, with the same places to fill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from locales.text import placeholders
from locales.words import LANGUAGES, Words, sentences
from members.faults import Fault
from members.roster_file import read_roster
from members.workbook import WorkbookRefused
from quizzes.formats.gift import read_gift
from quizzes.formats.xlsx import read_xlsx
from tests.data import make as faulty

ROOT = Path(__file__).parents[3]
READERS = {
    "roster": [*ROOT.glob("members/roster_*.py"), *ROOT.glob("members/workbook*.py")],
    "questions": [*ROOT.glob("quizzes/formats/*.py")],
}
# A code is the first word in quotes of a call that makes a fault or a refusal.
CODE = re.compile(
    r"(?:fault|_note|_found|_of_row|BadKey|_Unreadable|WorkbookRefused|BadPart)\(\s*(?:row,\s*)?\"([a-z_]+)\""
    r"|Fault\([\w.]+, None, \"([a-z_]+)\""
)
# Codes that are put together or chosen before the call.
MORE = {
    "roster": {
        "old_or_locked",
        "not_a_workbook",
        "column_private",
        "column_unused",
        "header_not_found",
        "no_rows",
    },
    "questions": {
        f"{name}_too_long" for name in ("text", "explanation", "topic", "source", "issuer", "author")
    }
    | {"header_not_found", "no_questions"},
}


def codes_of(area: str) -> set[str]:
    found = {a or b for path in READERS[area] for a, b in CODE.findall(path.read_text(encoding="utf-8"))}
    return found | MORE[area]


def sentences_of(area: str, language: str) -> dict[str, str]:
    return {k: text for k, text in sentences(language).items() if k.startswith(f"{area}.")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence_and_every_sentence_a_code(language: str) -> None:
    file_level = {
        "too_large",
        "too_much_text",
        "not_text",
        "too_many_rows",
    }  # GIFT raises the refusals of workbooks
    expected = {f"roster.fault.{code}" for code in codes_of("roster") | file_level}
    expected |= {f"questions.fault.{code}" for code in codes_of("questions") - file_level}
    expected.add("questions.template.guide")
    assert set(sentences_of("roster", language)) | set(sentences_of("questions", language)) == expected


@pytest.mark.parametrize("area", ["roster", "questions"])
def test_both_languages_fill_the_same_places(area: str) -> None:
    first, second = sentences_of(area, "vi"), sentences_of(area, "en")
    assert {k: placeholders(text) for k, text in first.items()} == {
        k: placeholders(text) for k, text in second.items()
    }


def said(area: str, fault: Fault) -> str:
    return Words().plain(fault.key(area), **fault.words)


def test_the_findings_of_the_faulty_files_can_be_said() -> None:
    folder = Path(faulty.__file__).parent
    roster = read_roster((folder / "danh-sach-loi.xlsx").read_bytes(), "a.xlsx", known_branches=["Chi bộ 1"])
    bank = read_xlsx((folder / "cau-hoi-loi.xlsx").read_bytes(), "a.xlsx")
    gift = read_gift("Hỏi?{=Một#vì ~%50%Hai}\n\nHỏi?\n\n// Căn cứ: x\nHỏi?{=Một ~Hai#sai}".encode())
    lines = [said("roster", fault) for fault in [*roster.faults, *roster.notes]]
    lines += [said("questions", f) for f in [*bank.faults, *bank.notes, *gift.faults, *gift.notes]]
    assert "Dòng 6 (Danh sách): thiếu họ và tên." in lines
    assert "Dòng 3: thiếu đáp án." in lines
    assert all("{" not in text for text in lines)


def test_a_refusal_can_be_said() -> None:
    with pytest.raises(WorkbookRefused) as refused:
        read_roster(b"%PDF", "danh-sach.pdf")
    assert "Excel" in Words().plain(refused.value.key, **refused.value.args_for_person)
