"""Makes `danh-sach-dang-vien.xlsx` from the CSV beside it: a member list as a school's Party office keeps it.

Names, posts and telephone numbers are invented. Run: `python -m members.samples.make`.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter

FOLDER = Path(__file__).parent
SOURCE = FOLDER / "danh-sach-dang-vien.csv"
TARGET = FOLDER / "danh-sach-dang-vien.xlsx"

_WIDTHS = (5, 26, 11, 9, 38, 30, 15, 12)
_LAST = len(_WIDTHS) - 1
_HEAD_ROW = 6
_FONT = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter", "text_wrap": True}
_CELL = _FONT | {"border": 1}


def workbook_bytes() -> bytes:
    """The whole workbook; the same bytes on every run."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"created": datetime(2026, 1, 5, tzinfo=UTC)})
    sheet = book.add_worksheet("Danh sách đảng viên")
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    _titles(book, sheet)
    _head(book, sheet)
    _foot(book, sheet, _members(book, sheet))
    book.close()
    return file.getvalue()


def _titles(book: Any, sheet: Any) -> None:
    centred = _FONT | {"align": "center"}
    plain, bold = book.add_format(centred), book.add_format(centred | {"bold": True})
    large = book.add_format(centred | {"bold": True, "font_size": 14})
    sheet.merge_range(0, 0, 0, 2, "ĐẢNG BỘ CÁC CƠ QUAN ĐẢNG TỈNH (MẪU)", plain)
    sheet.merge_range(0, 4, 0, _LAST, "ĐẢNG CỘNG SẢN VIỆT NAM", bold)
    sheet.merge_range(1, 0, 1, 2, "ĐẢNG ỦY TRƯỜNG CHÍNH TRỊ TỈNH (MẪU)", bold)
    sheet.merge_range(3, 0, 3, _LAST, "DANH SÁCH ĐẢNG VIÊN", large)
    sheet.merge_range(4, 0, 4, _LAST, "(Số liệu mẫu, họ tên và số điện thoại không có thật)", plain)


def _head(book: Any, sheet: Any) -> None:
    title = book.add_format(_CELL | {"bold": True, "align": "center", "bg_color": "#F2DCDB"})
    top, below = _HEAD_ROW, _HEAD_ROW + 1
    for column, text in {0: "STT", 1: "Họ và tên", 6: "Số điện thoại", 7: "Ghi chú"}.items():
        sheet.merge_range(top, column, below, column, text, title)
    sheet.merge_range(top, 2, top, 3, "Diện đảng viên", title)
    sheet.merge_range(top, 4, top, 5, "Chức vụ", title)
    for column, text in {2: "Chính thức", 3: "Dự bị", 4: "Đảng", 5: "Chính quyền"}.items():
        sheet.write_string(below, column, text, title)
    sheet.freeze_panes(below + 1, 2)
    sheet.repeat_rows(top, below)


def _members(book: Any, sheet: Any) -> int:
    """Write the branches one below the other; gives the row after the last member."""
    section = book.add_format(_CELL | {"bold": True, "bg_color": "#EEECE1"})
    text, centre = book.add_format(_CELL), book.add_format(_CELL | {"align": "center"})
    row, number = _HEAD_ROW + 2, 0
    for place, (branch, members) in enumerate(groupby(_rows(), key=lambda member: member["chi_bo"])):
        people = list(members)
        title = f"{('I', 'II', 'III')[place]}. {branch.upper()} ({len(people)} đảng viên)"
        sheet.merge_range(row, 0, row, _LAST, title, section)
        row += 1
        for person in people:
            number += 1
            sheet.write_number(row, 0, number, centre)
            _person(sheet, row, person, text, centre)
            row += 1
    return row


def _person(sheet: Any, row: int, person: dict[str, str], text: Any, centre: Any) -> None:
    sheet.write_string(row, 1, person["ho_ten"], text)
    sheet.write_string(row, 2, "x" if person["dien"] == "Chính thức" else "", centre)
    sheet.write_string(row, 3, "x" if person["dien"] == "Dự bị" else "", centre)
    sheet.write_string(row, 4, person["chuc_vu_dang"], text)
    sheet.write_string(row, 5, person["chuc_vu_chinh_quyen"], text)
    sheet.write_string(row, 6, person["dien_thoai"], centre)
    sheet.write_blank(row, 7, None, text)


def _foot(book: Any, sheet: Any, row: int) -> None:
    people = _rows()
    official = sum(person["dien"] == "Chính thức" for person in people)
    bold = book.add_format(_CELL | {"bold": True, "align": "center"})
    sheet.merge_range(row, 0, row, 1, f"Tổng cộng: {len(people)}", bold)
    sheet.write_number(row, 2, official, bold)
    sheet.write_number(row, 3, len(people) - official, bold)
    centred = book.add_format(_FONT | {"align": "center", "italic": True})
    signed = book.add_format(_FONT | {"align": "center", "bold": True})
    sheet.merge_range(row + 2, 4, row + 2, _LAST, "Ngày 05 tháng 01 năm 2026", centred)
    sheet.merge_range(row + 3, 0, row + 3, 2, "NGƯỜI LẬP BIỂU", signed)
    sheet.merge_range(row + 3, 4, row + 3, _LAST, "T/M ĐẢNG ỦY", signed)
    sheet.merge_range(row + 4, 4, row + 4, _LAST, "BÍ THƯ", signed)
    sheet.merge_range(row + 8, 0, row + 8, 2, "Trương Thị Diệu Linh", signed)
    sheet.merge_range(row + 8, 4, row + 8, _LAST, "Trần Quang Sơn", signed)


def _rows() -> list[dict[str, str]]:
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    TARGET.write_bytes(workbook_bytes())
