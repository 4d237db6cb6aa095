"""Opening an uploaded `.xlsx` without trusting it.

The reader behind (calamine) allocates the whole rectangle between the first and the last cell, and as much
room as a `count` attribute claims; both can kill the process. So every part is unpacked under limits and read
once as a stream first, and only the parts that passed are handed on, in a new archive of our own. That
reader is loaded with the first file that comes.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from db.errors import BadInput
from members.names import tidy
from members.workbook_scan import BadPart, Limits, PartScan, SharedText, scan_part

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

# Limits of our own (ASVS 5.0, 5.2.1–5.2.3: size, unpacked size, entries, rows and columns are all capped).
# The largest roster foreseen is a ward of 600 members; a roster of 5,000 rows is about 400 kB.
MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED_BYTES = 50 * 1024 * 1024
MAX_ENTRIES = 200
MAX_ROWS = 5_000
MAX_COLUMNS = 60
MAX_MERGED = 2_000
# All cells together: 5,000 questions of 600 letters. Reading must stay under 10 s (reliability.md F5).
MAX_TEXT = 3_000_000
# Longer than anything that is kept, so that what is cut here is still found too long by its reader.
MAX_CELL = 2_000

_SIGNATURES = {b"\xd0\xcf\x11\xe0": "old_or_locked", b"%PDF": "not_a_workbook"}
_PARTS_KEPT = {"Types", "Relationships", "workbook", "sst", "styleSheet", "worksheet"}
_MAIN_TYPE = "spreadsheetml.sheet.main+xml"
_ENCRYPTED = 0x1
_CHUNK = 1 << 16


class WorkbookRefused(BadInput):
    """The file as a whole cannot be read; `code` says why, and 'roster.fault.<code>' says it to people."""

    def __init__(self, code: str, detail: dict[str, str] | None = None) -> None:
        self.code = code
        self.detail = detail or {}
        super().__init__(f"roster.fault.{code}", **self.detail)


class Merged(Struct, frozen=True):
    """A merged range, rows and columns counted from 0, ends included."""

    top: int
    left: int
    bottom: int
    right: int


class Sheet(Struct, frozen=True):
    """One visible sheet: `rows[i][j]` is the text of line i + 1, column j; all rows are equally long.

    `rows` holds clean single lines, `raw` the same cells with the line breaks that were typed.
    """

    name: str
    rows: list[list[str]]
    raw: list[list[str]]
    merged: tuple[Merged, ...] = ()

    def cell(self, row: int, column: int) -> str:
        """The cell's text in one clean line; '' outside the sheet."""
        if not (0 <= row < len(self.rows) and 0 <= column < len(self.rows[row])):
            return ""
        return self.rows[row][column]

    def filled_down(self, column: int) -> dict[int, str]:
        """What merged cells of this column say to the rows below their first: row → text."""
        found: dict[int, str] = {}
        for area in self.merged:
            if area.left <= column <= area.right:
                text = self.cell(area.top, area.left)
                found.update(dict.fromkeys(range(area.top, min(area.bottom + 1, len(self.rows))), text))
        return found


def open_workbook(data: bytes, filename: str = "") -> list[Sheet]:
    """The visible sheets of an `.xlsx`. Hidden ones are left out.

    Raises WorkbookRefused: too_large, not_a_workbook, old_or_locked, wrong_extension, has_macros,
    too_many_entries, unpacks_too_large, damaged, too_many_rows, too_many_columns, too_much_text.
    """
    if len(data) > MAX_BYTES:
        raise WorkbookRefused("too_large", {"limit": str(MAX_BYTES // 1024 // 1024)})
    _check_signature(data, filename)
    return _sheets(_clean_archive(data))


def _check_signature(data: bytes, filename: str) -> None:
    for signature, code in _SIGNATURES.items():
        if data.startswith(signature):
            raise WorkbookRefused(code)
    if not data.startswith(b"PK\x03\x04"):
        raise WorkbookRefused("not_a_workbook")
    if filename and not filename.lower().endswith(".xlsx"):
        raise WorkbookRefused("wrong_extension", {"filename": tidy(filename)[-80:]})


def _clean_archive(data: bytes) -> bytes:
    """A new archive with just the parts that were looked through."""
    parts = _unpacked(data)
    _check_kind(parts)
    scans = _scanned(parts)
    cleaned = io.BytesIO()
    with zipfile.ZipFile(cleaned, "w") as archive:
        for name, scan in scans.items():
            if scan.root in _PARTS_KEPT:
                archive.writestr(zipfile.ZipInfo(name), parts[name])
    return cleaned.getvalue()


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read_entries(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        raise WorkbookRefused("damaged") from None


def _read_entries(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise WorkbookRefused("too_many_entries", {"limit": str(MAX_ENTRIES)})
    parts: dict[str, bytes] = {}
    room = MAX_UNPACKED_BYTES
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise WorkbookRefused("old_or_locked")
        if entry.filename in parts:
            raise WorkbookRefused("damaged")
        parts[entry.filename] = _bounded(archive, entry, room)
        room -= len(parts[entry.filename])
    return {name: part for name, part in parts.items() if name.endswith((".xml", ".rels"))}


def _bounded(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    """The entry's bytes, counted while unpacking: the size it declares is not believed."""
    pieces = []
    with archive.open(entry) as stream:
        while piece := stream.read(_CHUNK):
            room -= len(piece)
            if room < 0:
                raise WorkbookRefused("unpacks_too_large", {"limit": str(MAX_UNPACKED_BYTES // 1024 // 1024)})
            pieces.append(piece)
    return b"".join(pieces)


def _check_kind(parts: dict[str, bytes]) -> None:
    types = parts.get("[Content_Types].xml", b"").decode("utf-8", "replace")
    if "macroEnabled" in types:
        raise WorkbookRefused("has_macros")
    if _MAIN_TYPE not in types or "xl/workbook.xml" not in parts:
        raise WorkbookRefused("not_a_workbook")


def _scanned(parts: dict[str, bytes]) -> dict[str, PartScan]:
    """All parts looked through: shared texts first, because cells point at them."""
    limits = Limits(rows=MAX_ROWS, columns=MAX_COLUMNS, text=MAX_TEXT)
    shared = SharedText()
    names = sorted(parts, key=lambda name: "sharedStrings" not in name)
    try:
        return {name: scan_part(parts[name], limits, shared) for name in names}
    except BadPart as bad:
        raise WorkbookRefused(bad.code, bad.detail) from None


def _sheets(data: bytes) -> list[Sheet]:
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        shown = [about.name for about in book.sheets_metadata if about.visible == SheetVisibleEnum.Visible]
        return [_sheet(book, name) for name in shown]
    except BaseException as error:
        # A panic of the Rust side is no Exception; everything else that is none must pass.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise WorkbookRefused("damaged") from None
        raise


def _sheet(book: CalamineWorkbook, name: str) -> Sheet:
    found = book.get_sheet_by_name(name)
    raw = [[_text(cell)[:MAX_CELL] for cell in row] for row in found.to_python(skip_empty_area=False)]
    rows = [[tidy(cell) for cell in row] for row in raw]
    ranges = (found.merged_cell_ranges or [])[:MAX_MERGED]
    return Sheet(tidy(name), rows, raw, tuple(Merged(*start, *end) for start, end in ranges))


def _text(cell: Any) -> str:
    """A cell as people see it; dates as 03/02/1930, whole numbers without '.0'."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "x" if cell else ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y}" if cell.time() == time() else f"{cell:%d/%m/%Y %H:%M}"
    return f"{cell:%d/%m/%Y}" if isinstance(cell, date) else str(cell)
