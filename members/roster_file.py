"""Reading a member list as offices keep it: titles, merged heads, section lines, ticks, totals, signatures.

What has a fault is left out and named by line; everything else is returned. Personal data beyond name,
branch, status and post (domain.md 4.10) is never read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from msgspec import Struct
from msgspec.structs import replace

from members.faults import Fault
from members.names import fold
from members.roster_sheet import RosterRow, SheetReader
from members.roster_words import FiledPost, branch_key
from members.tables import PostKind
from members.workbook import open_workbook

__all__ = ["FiledPost", "RosterFile", "RosterRow", "branch_key", "read_roster"]


NAMED_BESIDE = 5  # a file of nothing but namesakes must not make a fault of thousands of lines


class RosterFile(Struct, frozen=True):
    """`faults` name lines that were left out (or the whole file); `notes` what was ignored or assumed."""

    rows: list[RosterRow]
    faults: list[Fault]
    notes: list[Fault]


def read_roster(
    data: bytes,
    filename: str,
    *,
    known_branches: Collection[str] | None = None,
    default_branch: str = "",
) -> RosterFile:
    """Read a member list.

    With `known_branches` a row of any other branch is a fault; otherwise the file's own branches are taken.
    `default_branch` serves lists of one branch that do not name it. Raises WorkbookRefused.
    """
    readers = [SheetReader(sheet, default_branch) for sheet in open_workbook(data, filename)]
    found = RosterFile([], [], [])
    for reader in readers:
        reader.read()
        found.rows.extend(reader.rows)
        found.faults.extend(reader.faults)
        found.notes.extend(reader.notes)
    _judge_sheets(readers, found)
    rows = _told_apart(_with_branches(found, known_branches), found)
    _note_two_secretaries(rows, found)
    return RosterFile(rows, sorted(found.faults, key=_place), sorted(found.notes, key=_place))


def _judge_sheets(readers: list[SheetReader], found: RosterFile) -> None:
    """A sheet without a head is a note beside a list, and a fault where no list is found at all."""
    headless = [reader for reader in readers if reader.head is None and not reader.empty]
    if not any(reader.head for reader in readers):
        found.faults.append(Fault(None, None, "header_not_found" if headless else "no_rows"))
        return
    found.notes.extend(Fault(None, None, "sheet_skipped", {"sheet": r.sheet.name}) for r in headless)
    if not found.rows and not found.faults:
        found.faults.append(Fault(None, None, "no_rows"))


def _with_branches(found: RosterFile, known: Collection[str] | None) -> list[RosterRow]:
    """One spelling for each branch; branches nobody knows become faults."""
    spellings = _spellings_in(found.rows) if known is None else _spellings(known)
    kept = []
    for row in found.rows:
        named = [row.branch, *(name for post in row.posts for name in post.branches)]
        lost = next((name for name in named if branch_key(name) not in spellings), None)
        if lost is None:
            kept.append(_respelled(row, spellings))
        else:
            found.faults.append(_of_row(row, "unknown_branch", value=lost))
    return kept


def _spellings_in(rows: list[RosterRow]) -> dict[str, str]:
    """The branches that have members; posts may spell them better than a title in capitals."""
    own = {branch_key(row.branch) for row in rows}
    in_posts = (name for row in rows for post in row.posts for name in post.branches)
    spellings = _spellings([*(row.branch for row in rows), *in_posts])
    return {key: name for key, name in spellings.items() if key in own}


def _spellings(names: Iterable[str]) -> dict[str, str]:
    """The first spelling of each branch, one that is not all capitals before one that is."""
    spellings: dict[str, str] = {}
    for name in sorted(names, key=lambda name: name.removeprefix("Chi bộ ").isupper()):
        spellings.setdefault(branch_key(name), name)
    return spellings


def _respelled(row: RosterRow, spellings: dict[str, str]) -> RosterRow:
    posts = tuple(
        FiledPost(post.kind, tuple(spellings[branch_key(name)] for name in post.branches))
        for post in row.posts
    )
    return replace(row, branch=spellings[branch_key(row.branch)], posts=posts)


def _told_apart(rows: list[RosterRow], found: RosterFile) -> list[RosterRow]:
    """Two of one name in one branch need different marks; without them none of the lines is taken.

    Names are compared without tones: members also type theirs without.
    """
    namesakes: dict[tuple[str, str], list[RosterRow]] = defaultdict(list)
    for row in rows:
        namesakes[row.branch, fold(row.full_name)].append(row)
    lost = []
    for same in namesakes.values():
        if len({fold(row.mark) for row in same}) < len(same):
            lost.extend(same)
            found.faults.extend(_namesake_fault(row, same) for row in same)
    places = {(row.sheet, row.line) for row in lost}
    return [row for row in rows if (row.sheet, row.line) not in places]


def _namesake_fault(row: RosterRow, same: list[RosterRow]) -> Fault:
    others = [_line_beside(other, row) for other in same[: NAMED_BESIDE + 1] if other is not row]
    return _of_row(row, "same_name", name=row.full_name, branch=row.branch, other=", ".join(others))


def _line_beside(other: RosterRow, row: RosterRow) -> str:
    return str(other.line) if other.sheet == row.sheet else f"{other.line} ({other.sheet})"


def _note_two_secretaries(rows: list[RosterRow], found: RosterFile) -> None:
    first: dict[str, RosterRow] = {}
    for row in rows:
        if FiledPost(PostKind.SECRETARY) not in row.posts:
            continue
        earlier = first.setdefault(row.branch, row)
        if earlier is not row:
            other = _line_beside(earlier, row)
            found.notes.append(_of_row(row, "two_secretaries", branch=row.branch, other=other))


def _of_row(row: RosterRow, code: str, **detail: str) -> Fault:
    return Fault(row.line, None, code, {"sheet": row.sheet, **detail})


def _place(fault: Fault) -> tuple[str, int]:
    return fault.detail.get("sheet", ""), fault.line or 0
