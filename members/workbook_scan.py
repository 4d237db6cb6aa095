"""One pass over an XML part of a workbook, counting before anything is allocated."""

from __future__ import annotations

import re
from xml.parsers import expat

from msgspec import Struct, field

# A full sheet of 5,000 × 60 cells has fewer; also the most that a `count` attribute may claim.
MAX_ELEMENTS = 1_500_000

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})\Z")
_VALUES = {"v", "is", "f"}


class BadPart(Exception):
    """The part is refused; code and detail as in WorkbookRefused."""

    def __init__(self, code: str, detail: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail or {}


class Limits(Struct):
    """What is left of the allowance of the whole workbook; `columns` is per sheet."""

    rows: int
    columns: int
    text: int
    elements: int = MAX_ELEMENTS


class SharedText(Struct):
    """Lengths of the shared texts, by number: a long one repeated in every cell would fill the memory."""

    lengths: list[int] = field(default_factory=list)


class PartScan(Struct):
    """What a part turned out to be: the name of its root element."""

    root: str = ""


def scan_part(data: bytes, limits: Limits, shared: SharedText) -> PartScan:
    """Look through one part, lowering the limits by what it uses. Raises BadPart."""
    scanner = _Scanner(limits, shared)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = scanner.start
    parser.EndElementHandler = scanner.end
    parser.CharacterDataHandler = scanner.letters
    parser.StartDoctypeDeclHandler = scanner.doctype
    try:
        parser.Parse(data, True)  # noqa: FBT003  (isfinal has no keyword)
    except expat.ExpatError:
        raise BadPart("damaged") from None
    limits.rows -= scanner.last_row
    return PartScan(scanner.root)


class _Scanner:
    """Handlers of one pass. Only cells with a value count: office programs style empty ones to the end."""

    def __init__(self, limits: Limits, shared: SharedText) -> None:
        self.limits = limits
        self.shared = shared
        self.root = ""
        self.last_row = 0
        self.row = 0
        self.column = 0
        self.points_at_shared = False
        self.open_value: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.limits.elements -= 1
        if self.limits.elements < 0:
            raise BadPart("too_much_text")
        tag = name.rpartition(":")[2]
        self.root = self.root or tag
        for claim in ("count", "uniqueCount"):
            self._check_claim(attributes.get(claim, "0"))
        if self.root == "sst" and tag == "si":
            self.shared.lengths.append(0)
        elif self.root == "worksheet":
            self._in_sheet(tag, attributes)

    def end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "v" and self.open_value is not None:
            self._weigh("".join(self.open_value))
            self.open_value = None

    def letters(self, text: str) -> None:
        if self.root == "sst" and self.shared.lengths:
            self.shared.lengths[-1] += len(text)
        elif self.open_value is not None:
            self.open_value.append(text)
        elif self.root == "worksheet":
            self._use_text(len(text))

    def doctype(self, *_: object) -> None:
        raise BadPart("damaged")

    def _check_claim(self, claim: str) -> None:
        if claim != "0" and not (claim.isascii() and claim.isdigit() and int(claim[:12]) <= MAX_ELEMENTS):
            raise BadPart("damaged")

    def _in_sheet(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            self._next_row(_row_number(attributes.get("r"), self.row + 1))
        elif tag == "c":
            self._cell(attributes)
        elif tag in _VALUES:
            self._count_value()
            self.open_value = [] if tag == "v" and self.points_at_shared else None

    def _next_row(self, row: int) -> None:
        """Rows and cells must ascend, as in every real file: two readers then agree on places."""
        if row <= self.row:
            raise BadPart("damaged")
        self.row, self.column = row, 0

    def _cell(self, attributes: dict[str, str]) -> None:
        self.points_at_shared = attributes.get("t") == "s"
        row, column = self.row, self.column + 1
        if (reference := attributes.get("r")) is not None:
            row, column = _place(reference)
        if row != self.row or row == 0 or column <= self.column:
            raise BadPart("damaged")
        self.column = column

    def _count_value(self) -> None:
        cell = f"{_letters(self.column)}{self.row}"
        if self.column > self.limits.columns:
            raise BadPart("too_many_columns", {"limit": str(self.limits.columns), "cell": cell})
        if self.row > self.limits.rows:
            raise BadPart("too_many_rows", {"limit": str(self.limits.rows), "cell": cell})
        self.last_row = max(self.last_row, self.row)

    def _weigh(self, number: str) -> None:
        """Take a shared text's length off the allowance for every cell that shows it."""
        digits = number.strip()
        if not (digits.isascii() and digits.isdigit() and int(digits[:12]) < len(self.shared.lengths)):
            raise BadPart("damaged")
        self._use_text(self.shared.lengths[int(digits)])

    def _use_text(self, letters: int) -> None:
        self.limits.text -= letters
        if self.limits.text < 0:
            raise BadPart("too_much_text")


def _row_number(text: str | None, following: int) -> int:
    if text is None:
        return following
    if not (text.isascii() and text.isdigit()):
        raise BadPart("damaged")
    return int(text[:12])


def _place(reference: str) -> tuple[int, int]:
    match = _REFERENCE.match(reference.upper())
    if match is None:
        raise BadPart("damaged")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column


def _letters(column: int) -> str:
    text = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
