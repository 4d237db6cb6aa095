"""The sample banks are whole, sourced, and what their script makes."""

from __future__ import annotations

from datetime import date

from members.names import same_key
from members.workbook import open_workbook
from quizzes.formats.gift import read_gift
from quizzes.formats.xlsx import read_xlsx
from quizzes.samples import make

TODAY = date(2026, 11, 22)


def test_the_excel_sample_reads_without_a_single_finding() -> None:
    found = read_xlsx(make.TARGET.read_bytes(), make.TARGET.name, today=TODAY)
    assert (found.faults, found.notes) == ([], [])
    assert len(found.drafts) >= 30
    assert len({draft.topic for draft in found.drafts}) == 3
    assert all(draft.source and draft.issuer and draft.explanation for draft in found.drafts)


def test_the_committed_sample_is_what_the_script_makes() -> None:
    assert open_workbook(make.TARGET.read_bytes()) == open_workbook(make.workbook_bytes())
    assert read_xlsx(make.TARGET.read_bytes(), make.TARGET.name).drafts == make.drafts()


def test_the_gift_sample_reads_without_a_single_finding() -> None:
    found = read_gift(make.GIFT.read_bytes(), today=TODAY)
    assert (found.faults, found.notes) == ([], [])
    assert len(found.drafts) >= 12
    assert {draft.topic for draft in found.drafts} == {"Điều lệ Đảng", "Sinh hoạt chi bộ"}
    guided = [draft for draft in found.drafts if "42-HD" in draft.source]
    assert guided
    assert all(draft.valid_until for draft in guided)  # guidelines are replaced; history is not


def test_no_question_stands_in_both_banks() -> None:
    texts = [d.text for d in [*make.drafts(), *read_gift(make.GIFT.read_bytes()).drafts]]
    assert len({same_key(text) for text in texts}) == len(texts)
