"""Walking one sheet of a member list, line by line."""

from __future__ import annotations

import re

from msgspec import Struct, field
from msgspec.structs import replace

from members.faults import Fault
from members.names import fold, tidy
from members.roster_head import Head, find_head
from members.roster_words import (
    FiledPost,
    branch_in,
    is_date,
    is_empty,
    is_number,
    is_tick,
    plain_words,
    posts_of,
    status_of,
    without_count,
    without_number,
)
from members.tables import MemberStatus
from members.workbook import Sheet

NAME_MAX = 120  # Member.full_name
BRANCH_MAX = 200  # Unit.name
MARK_MAX = 20
POSTS_NOTED = 5  # a cell of nothing but commas must not make a thousand notes
SHOWN_MAX = 60  # what a fault quotes has to fit one line of a chat

# With tones, so that the family name Tống is not taken for 'tổng'.
_TOTAL = re.compile(r"(tổng cộng|tổng số|tổng|cộng)\b|(tong|cong)( cong| so)?\s*[:\d(]")
_FOOT = re.compile(
    r"nguoi lap( bieu| danh sach)?|lap bieu|t ?m (dang|chi|ban) .*|xac nhan( cua)? .*|noi nhan"
    r"|([\w ]+ )?ngay (\d+ )?thang (\d+ )?nam( \d+)?"
)
_FOOT_CELLS = 3
_IN_TITLE = re.compile(r"danh sách(?: trích ngang)? đảng viên(?: của)?\s+(chi bộ\s+.+)", re.IGNORECASE)
_CALLED = re.compile(r"^(?:đ/c|đồng chí|ông|bà)\s+", re.IGNORECASE)
_MARKED_NAME = re.compile(r"^([^()]*?)\s*\(([^()]*)\)$")
_NAME = re.compile(r"[^\W\d_]+(?:[ .'’-]+[^\W\d_]+)*\.?")
_BESIDE_OFFICIAL = {
    MemberStatus.EXEMPT,
    MemberStatus.TEMPORARY_HERE,
    MemberStatus.TEMPORARILY_ELSEWHERE,
    MemberStatus.SUSPENDED,
}


class RosterRow(Struct, frozen=True):
    """One member. `mark` tells two of one name in one branch apart ('A', 'B'); mostly empty."""

    line: int
    sheet: str
    full_name: str
    mark: str
    branch: str
    status: MemberStatus
    posts: tuple[FiledPost, ...]


class SheetReader(Struct):
    """One pass over a sheet. `branch` and `status` are those of the section the pass is in."""

    sheet: Sheet
    branch: str
    status: MemberStatus | None = None
    signed: bool = False
    blank_statuses: int = 0
    head: Head | None = None
    rows: list[RosterRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    branch_down: dict[int, str] = field(default_factory=dict)

    def read(self) -> None:
        """Fill rows, faults and notes; nothing for a sheet without a head."""
        self.head = find_head(self.sheet)
        if self.head is None:
            return
        self.branch = self._branch_of_title(self.head.first) or self.branch
        if self.head.branch is not None:
            self.branch_down = self.sheet.filled_down(self.head.branch)
        for row in range(self.head.last + 1, len(self.sheet.rows)):
            self._line(row, self.head)
        self._note_columns(self.head)

    @property
    def empty(self) -> bool:
        """Whether nothing is written on the sheet."""
        return not any(any(row) for row in self.sheet.rows)

    def _note_columns(self, head: Head) -> None:
        for column, title, private in head.ignored:
            if any(self.sheet.cell(row, column) for row in range(head.last + 1, len(self.sheet.rows))):
                code = "column_private" if private else "column_unused"
                self.notes.append(self._found(code, head.last, title=_short(title)))
        if not head.tells_status:
            self.notes.append(self._found("status_assumed", head.last))
        if self.blank_statuses:
            self.notes.append(self._found("status_blank", head.last, count=str(self.blank_statuses)))

    def _branch_of_title(self, head_row: int) -> str:
        titles = [title for row in self.sheet.rows[:head_row] for title in row if title]
        for title in [*reversed(titles), self.sheet.name]:
            within = _IN_TITLE.search(title)
            if branch := branch_in(within[1] if within else title):
                return branch
        return ""

    def _line(self, row: int, head: Head) -> None:
        cells = [text for text in self.sheet.rows[row] if text]
        texts = [text for text in dict.fromkeys(cells) if not is_number(text)]
        if not texts or head.repeats_at(self.sheet, row) or _TOTAL.match(texts[0].lower()):
            return
        if self._section(texts) or self._after_signature(row, cells, head):
            return
        self._member(row, head)

    def _section(self, texts: list[str]) -> bool:
        """A line that names only a branch or a status holds for the lines below it."""
        if len(texts) != 1:
            return False
        title = without_count(without_number(texts[0]))
        if branch := branch_in(title):
            self.branch, self.status, self.signed = branch, None, False
            return True
        if not fold(title).startswith("dang vien ") or status_of(title) is None:
            return False
        self.status = status_of(title)
        return True

    def _after_signature(self, row: int, cells: list[str], head: Head) -> bool:
        """Below the place for signatures only numbered lines are still members."""
        if head.number is not None and self.sheet.cell(row, head.number).isdigit():
            return False
        if not self.signed and len(cells) <= _FOOT_CELLS:
            self.signed = any(_FOOT.fullmatch(plain_words(text)) for text in cells)
            if self.signed:
                self.notes.append(self._found("foot_skipped", row))
        return self.signed

    def _member(self, row: int, head: Head) -> None:
        before = len(self.faults)
        note = self._cell(row, head.note)
        name, mark = self._name(row, head)
        branch = self._branch(row, head)
        status = self._status(row, head, note)
        posts = self._posts(row, head)
        if len(self.faults) == before:
            mark = mark or _mark_in(note)
            self.rows.append(RosterRow(row + 1, self.sheet.name, name, mark, branch, status, posts))

    def _cell(self, row: int, column: int | None) -> str:
        return "" if column is None else self.sheet.cell(row, column)

    def _name(self, row: int, head: Head) -> tuple[str, str]:
        typed = tidy(" ".join(self.sheet.cell(row, column) for column in head.names))
        bare = _CALLED.sub("", typed)
        marked = _MARKED_NAME.match(bare)
        name, mark = (marked[1], _mark_in(marked[2])) if marked else (bare, "")
        self._check_name(name, row, head.names[0])
        return _capitalised(name), mark

    def _check_name(self, name: str, row: int, column: int) -> None:
        if not name:
            self._fault("missing_name", row, column)
        elif len(name) > NAME_MAX:
            self._fault("name_too_long", row, column, limit=str(NAME_MAX))
        elif not _NAME.fullmatch(name):
            self._fault("name_not_letters", row, column, value=_short(name))
        elif " " not in name:
            self.notes.append(self._found("name_one_word", row, value=name))

    def _branch(self, row: int, head: Head) -> str:
        filed = self._cell(row, head.branch) or self.branch_down.get(row, "")
        if not filed and not self.branch:
            self._fault("missing_branch", row, head.branch)
        if not filed:
            return self.branch
        branch = branch_in(filed) or (filed if fold(filed).startswith("dang bo") else f"Chi bộ {filed}")
        if len(branch) > BRANCH_MAX:
            self._fault("branch_too_long", row, head.branch, limit=str(BRANCH_MAX))
        return branch

    def _status(self, row: int, head: Head, note: str) -> MemberStatus:
        before = len(self.faults)
        filed = self._cell(row, head.status)
        told = {*self._ticked(row, head), status_of(filed), status_of(note)} - {None}
        if told & _BESIDE_OFFICIAL:
            told -= {MemberStatus.OFFICIAL}
        if filed and status_of(filed) is None:
            self._fault("unknown_status", row, head.status, value=_short(filed))
        if len(self.faults) > before:
            return MemberStatus.OFFICIAL
        if len(told) > 1:
            self._fault("two_statuses", row, head.status)
        elif not told and self.status is None and MemberStatus.OFFICIAL in head.marks.values():
            self._fault("missing_status", row, min(head.marks))
        elif not told and self.status is None and head.status is not None:
            self.blank_statuses += 1
        return next((status for status in told if status), self.status or MemberStatus.OFFICIAL)

    def _ticked(self, row: int, head: Head) -> list[MemberStatus]:
        """Statuses ticked in this line. Dates instead of ticks: the last one that has been reached."""
        marks = {status: self.sheet.cell(row, column) for column, status in head.marks.items()}
        marks = {status: text for status, text in marks.items() if not is_empty(text)}
        if any(is_date(text) for text in marks.values()):
            return [MemberStatus.OFFICIAL] if MemberStatus.OFFICIAL in marks else list(marks)
        for text in marks.values():
            if not is_tick(text) and status_of(text) is None:
                self._fault("unknown_status", row, min(head.marks), value=_short(text))
                return []
        return list(marks)

    def _posts(self, row: int, head: Head) -> tuple[FiledPost, ...]:
        posts: list[FiledPost] = []
        for column in head.posts:
            found, unknown = posts_of(self.sheet.raw[row][column])
            posts.extend(found)
            self.notes.extend(
                self._found("post_ignored", row, value=_short(text)) for text in unknown[:POSTS_NOTED]
            )
        return tuple(dict.fromkeys(posts))

    def _fault(self, code: str, row: int, column: int | None, **detail: str) -> None:
        title = self.head.titles.get(column, "") if self.head and column is not None else ""
        self.faults.append(replace(self._found(code, row, **detail), column=title or None))

    def _found(self, code: str, row: int, **detail: str) -> Fault:
        return Fault(row + 1, None, code, {"sheet": self.sheet.name, **detail})


def _capitalised(name: str) -> str:
    """A name typed all in capitals, or all in small letters, as names are written."""
    return name if name not in {name.upper(), name.lower()} else name.title()


def _mark_in(note: str) -> str:
    """A short mark such as 'A' or 'thôn Đông'; never a year, a number of papers, or a status."""
    short = len(note) <= MARK_MAX and not re.search(r"\d{3}", note) and status_of(note) is None
    return note.strip(" .") if short else ""


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"
