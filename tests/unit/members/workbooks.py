"""Workbooks made by hand, part by part, for the tests of the readers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"

TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
ROOT_LINKS = (
    f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)
BOOK_LINKS = (
    f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>'
)


def book_xml(sheet_name: str = "Trang 1") -> str:
    """The workbook part with one sheet."""
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name={quoteattr(sheet_name)} sheetId="1" r:id="r1"/></sheets></workbook>'
    )


def sheet_xml(rows: str, after: str = "") -> str:
    """A worksheet part around the given rows."""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def inline(reference: str, text: str) -> str:
    """A cell that holds its own text."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def parts_of(sheet: str, shared: str | None = None) -> dict[str, str]:
    """All parts of a one-sheet workbook, ready to be spoiled."""
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT_LINKS,
        "xl/workbook.xml": book_xml(),
        "xl/_rels/workbook.xml.rels": BOOK_LINKS,
        "xl/worksheets/sheet1.xml": sheet,
    }
    return parts if shared is None else {**parts, "xl/sharedStrings.xml": shared}


def zipped(parts: dict[str, str] | dict[str, bytes]) -> bytes:
    """The parts as a zip file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def xlsx(
    *sheets: tuple[str, Sequence[Sequence[str]]],
    merged: Sequence[tuple[int, int, int, int]] = (),
) -> bytes:
    """A workbook with these sheets (name, rows of texts); `merged` areas apply to the first sheet."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    for number, (name, rows) in enumerate(sheets):
        sheet = book.add_worksheet(name)
        for top, left, bottom, right in merged if number == 0 else ():
            sheet.merge_range(top, left, bottom, right, "")
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                if text:
                    sheet.write_string(i, j, text)
    book.close()
    return file.getvalue()
