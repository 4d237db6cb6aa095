"""Which file names and stamps say 'secret'."""

from __future__ import annotations

import pytest

from members.secret_files import marked_secret, stamped_secret
from members.workbook import Sheet


@pytest.mark.parametrize(
    "name",
    [
        "Báo cáo (Mật).docx",
        "Mật - 12-BC.pdf",
        "TUYỆT MẬT.xlsx",
        "tối mật 2026.xlsx",
        "BC_TUYET_MAT_12.pdf",
        "toi-mat.xlsx",
        "van ban mat 05.docx",
        "Tài liệu bí mật nhà nước.pdf",
        "12-BC [MAT].pdf",
        "Ma\u0323\u0302t.docx",
    ],
)
def test_marks_are_seen(name: str) -> None:
    assert marked_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "danh sách đảng viên.xlsx",
        "Danh sach co mat.xlsx",
        "danh sach vang mat.xlsx",
        "Mặt trận Tổ quốc.docx",
        "mat tran to quoc.docx",
        "hướng dẫn bảo mật.pdf",
        "đổi mật khẩu.docx",
        "mật độ dân số.xlsx",
        "mất thẻ.docx",
        "cau hoi chuyen de quy 4.xlsx",
        "",
        ".xlsx",
    ],
)
def test_other_names_are_not(name: str) -> None:
    assert not marked_secret(name)


def a_sheet(*rows: tuple[str, ...]) -> Sheet:
    lines = [list(row) for row in rows]
    return Sheet("Sheet1", rows=lines, raw=lines)


def test_a_stamp_stands_alone_near_the_top() -> None:
    assert stamped_secret([a_sheet(("", ""), ("", "TUYỆT MẬT"))])
    assert stamped_secret([a_sheet(("Độ mật:",), ("MẬT",))])
    assert not stamped_secret([a_sheet(("Giữ bí mật nhà nước là trách nhiệm", "mặt"))])
    assert not stamped_secret([a_sheet(*[("",)] * 40, ("MẬT",))])
