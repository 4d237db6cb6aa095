"""An uploaded workbook is read under limits or refused with a reason; nothing else can happen."""

from __future__ import annotations

import io
import random
import resource
import zipfile
from datetime import date

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from members import workbook
from members.workbook import Merged, WorkbookRefused, open_workbook
from tests.unit.members.workbooks import inline, parts_of, sheet_xml, xlsx, zipped

SMALL = xlsx(("Chi bộ 1", [["STT", "Họ và tên"], ["1", "Nguyễn Văn An"]]))
ONE_ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'


def refusal(data: bytes, filename: str = "") -> str:
    with pytest.raises(WorkbookRefused) as caught:
        open_workbook(data, filename)
    assert caught.value.key == f"roster.fault.{caught.value.code}"
    return caught.value.code


def test_a_plain_workbook_is_read_from_its_first_cell() -> None:
    (sheet,) = open_workbook(SMALL, "danh-sach.XLSX")
    assert (sheet.name, sheet.rows) == ("Chi bộ 1", [["STT", "Họ và tên"], ["1", "Nguyễn Văn An"]])


def test_leading_empty_rows_and_columns_keep_their_numbers() -> None:
    (sheet,) = open_workbook(xlsx(("S", [[], [], ["", "", "x"]])))
    assert [sheet.cell(2, 2), sheet.cell(0, 0), sheet.cell(9, 9)] == ["x", "", ""]


def test_numbers_dates_and_ticks_become_the_text_people_see() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append([12, 1.5, date(1930, 2, 3), True, False, "=1+1"])
    file = io.BytesIO()
    book.save(file)
    (sheet,) = open_workbook(file.getvalue())
    assert sheet.rows[0][:5] == ["12", "1.5", "03/02/1930", "x", ""]


def test_hidden_sheets_are_left_out_and_merged_areas_known() -> None:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    shown, hidden = book.add_worksheet("Hiện"), book.add_worksheet("Ẩn")
    shown.merge_range(0, 0, 2, 0, "Chi bộ 1")
    hidden.write_string(0, 0, "x")
    hidden.hide()
    book.close()
    (sheet,) = open_workbook(file.getvalue())
    assert sheet.merged == (Merged(0, 0, 2, 0),)


def test_merged_cells_fill_the_rows_below() -> None:
    rows = [["Chi bộ 1", "a"], ["", "b"], ["", "c"]]
    (sheet,) = open_workbook(xlsx(("S", rows), merged=[(0, 0, 1, 0)]))
    assert sheet.filled_down(0) == {0: "Chi bộ 1", 1: "Chi bộ 1"}
    assert sheet.filled_down(1) == {}


@pytest.mark.parametrize(
    ("data", "filename", "code"),
    [
        (b"", "", "not_a_workbook"),
        (b"STT,Ho ten", "ds.xlsx", "not_a_workbook"),
        (b"%PDF-1.7 ...", "ds.xlsx", "not_a_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "ds.xls", "old_or_locked"),
        (b"PK\x03\x04 broken", "ds.xlsx", "damaged"),
        (SMALL, "ds.xlsm", "wrong_extension"),
        (SMALL, "ds.zip", "wrong_extension"),
        (SMALL[: len(SMALL) // 2], "ds.xlsx", "damaged"),
        (
            zipped({"word/document.xml": "<w/>", "[Content_Types].xml": "<Types/>"}),
            "ds.xlsx",
            "not_a_workbook",
        ),
        (zipped({"a.txt": "b"}), "ds.xlsx", "not_a_workbook"),
        (bytes(workbook.MAX_BYTES + 1), "ds.xlsx", "too_large"),
    ],
)
def test_what_is_no_workbook_is_refused(data: bytes, filename: str, code: str) -> None:
    assert refusal(data, filename) == code


def test_a_renamed_macro_workbook_is_refused() -> None:
    parts = parts_of(sheet_xml(ONE_ROW))
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        "openxmlformats-officedocument.spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main"
    )
    assert refusal(zipped(parts), "ds.xlsx") == "has_macros"


def test_an_encrypted_entry_is_refused() -> None:
    data = bytearray(SMALL)
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(data)) == "old_or_locked"


def test_the_last_cell_of_a_small_workbook_is_refused_without_filling_memory() -> None:
    data = zipped(parts_of(sheet_xml('<row r="1048576">' + inline("XFD1048576", "x") + "</row>")))
    assert len(data) < 5_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refusal(data) == "too_many_columns"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ('<row r="5001"><c r="A5001"><v>1</v></c></row>', "too_many_rows"),
        ("<row/>" * 5_000 + "<row><c><v>1</v></c></row>", "too_many_rows"),
        ('<row r="1">' + "<c/>" * 60 + "<c><v>1</v></c></row>", "too_many_columns"),
        ('<row r="1"><c r="BI1"><f>1</f></c></row>', "too_many_columns"),
        # A reader that keeps its own count must not be led to another place than the one that was checked.
        ('<row r="9000000"><c r="A1"/><c><v>1</v></c></row>', "damaged"),
        ('<row r="1"><c r="B1"/><c r="A1"><v>1</v></c></row>', "damaged"),
        ('<row r="2"/><row r="1"><c r="A1"><v>1</v></c></row>', "damaged"),
        ('<row r="1"><c r="A99999999999"><v>1</v></c></row>', "damaged"),
        ('<row r="1"><c r="1A"><v>1</v></c></row>', "damaged"),
        ('<row r="-1"><c><v>1</v></c></row>', "damaged"),
        ("<c><v>1</v></c>", "damaged"),
        ("<row>", "damaged"),
    ],
)
def test_places_beyond_the_limits_or_out_of_order_are_refused(rows: str, code: str) -> None:
    assert refusal(zipped(parts_of(sheet_xml(rows)))) == code


def test_styled_empty_cells_far_away_do_no_harm() -> None:
    rows = ONE_ROW + '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    (sheet,) = open_workbook(zipped(parts_of(sheet_xml(rows))))
    assert sheet.rows == [["1"]]


def test_rows_are_counted_over_all_sheets() -> None:
    rows = [["x"]] * 2_600
    assert len(open_workbook(xlsx(("A", rows)))) == 1
    assert refusal(xlsx(("A", rows), ("B", rows))) == "too_many_rows"


@pytest.mark.parametrize("claim", ["4000000000", "9" * 30, "-1", "x"])
def test_a_claimed_count_of_shared_texts_cannot_reserve_memory(claim: str) -> None:
    shared = f'<sst count="{claim}" uniqueCount="{claim}"><si><t>a</t></si></sst>'
    assert refusal(zipped(parts_of(sheet_xml(ONE_ROW), shared))) == "damaged"


def test_one_long_text_shown_by_many_cells_is_refused() -> None:
    shared = f"<sst><si><t>{'a' * 100_000}</t></si></sst>"
    rows = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, 1_000))
    assert refusal(zipped(parts_of(sheet_xml(rows), shared))) == "too_much_text"


def test_too_much_text_is_refused_wherever_it_stands() -> None:
    rows = "".join(f'<row r="{i}">{inline(f"A{i}", "a" * 1_000)}</row>' for i in range(1, 3_003))
    assert refusal(zipped(parts_of(sheet_xml(rows)))) == "too_much_text"


def test_a_very_long_cell_is_cut_beyond_every_limit_of_its_readers() -> None:
    (sheet,) = open_workbook(xlsx(("S", [["a" * 3_000]])))
    assert len(sheet.cell(0, 0)) == workbook.MAX_CELL


@pytest.mark.parametrize("number", ["7", "-1", "x", ""])
def test_a_shared_text_that_is_not_there_is_refused(number: str) -> None:
    row = f'<row r="1"><c r="A1" t="s"><v>{number}</v></c></row>'
    assert refusal(zipped(parts_of(sheet_xml(row), "<sst><si><t>a</t></si></sst>"))) == "damaged"


def test_entities_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + sheet_xml(ONE_ROW)
    assert refusal(zipped(parts_of(bomb))) == "damaged"


def test_a_zip_bomb_is_stopped_while_unpacking() -> None:
    parts = parts_of(sheet_xml(ONE_ROW)) | {"xl/media/a.bin": "0" * (workbook.MAX_UNPACKED_BYTES + 1)}
    data = zipped(parts)
    assert len(data) < 100_000
    assert refusal(data) == "unpacks_too_large"


def test_too_many_or_doubled_entries_are_refused() -> None:
    parts = parts_of(sheet_xml(ONE_ROW))
    assert refusal(zipped(parts | {f"x{i}": "" for i in range(200)})) == "too_many_entries"
    file = io.BytesIO(zipped(parts))
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert refusal(file.getvalue()) == "damaged"


@given(st.integers(0, 2**32))
def test_a_damaged_file_raises_nothing_but_the_refusal(seed: int) -> None:
    luck = random.Random(seed)
    data = bytearray(SMALL)
    for _ in range(luck.randint(1, 30)):
        data[luck.randrange(len(data))] = luck.randrange(256)
    try:
        open_workbook(bytes(data), "a.xlsx")
    except WorkbookRefused as refused:
        assert refused.code


@given(st.sampled_from(sorted(parts_of(""))), st.integers(0, 2**32))
def test_a_spoiled_part_raises_nothing_but_the_refusal(name: str, seed: int) -> None:
    luck = random.Random(seed)
    parts = {
        k: v.encode() for k, v in parts_of(sheet_xml('<row r="1">' + inline("A1", "x") + "</row>")).items()
    }
    spoiled = bytearray(parts[name])
    for _ in range(luck.randint(1, 4)):
        place = luck.randrange(len(spoiled))
        spoiled[place : place + luck.randint(0, 3)] = luck.choice(
            [b"", b"<", b'"', b"9", b"/>", b"A", b"\xff"]
        )
    try:
        open_workbook(zipped(parts | {name: bytes(spoiled)}))
    except WorkbookRefused as refused:
        assert refused.code
