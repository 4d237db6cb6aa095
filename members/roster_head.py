"""Finding the head of a member list: one or two lines, merged or not, below any number of titles."""

from __future__ import annotations

import re

from msgspec import Struct

from members.roster_words import Role, plain_words, role_of, status_of
from members.tables import MemberStatus
from members.workbook import Sheet

# Titles of an organisation, of the list and of its date seldom take ten lines.
HEAD_WITHIN = 40


class Head(Struct, frozen=True):
    """Where the columns are. `first` and `last` are the rows of the head; columns count from 0."""

    first: int
    last: int
    names: tuple[int, ...]
    titles: dict[int, str]
    marks: dict[int, MemberStatus]
    posts: tuple[int, ...]
    ignored: tuple[tuple[int, str, bool], ...]  # column, title, whether it is personal data
    number: int | None = None
    branch: int | None = None
    status: int | None = None
    note: int | None = None

    @property
    def tells_status(self) -> bool:
        """Whether any column is about official, probationary …"""
        return self.status is not None or bool(self.marks)

    def repeats_at(self, sheet: Sheet, row: int) -> bool:
        """Printed lists repeat their head on every page."""
        said = plain_words(sheet.cell(row, self.names[0]))
        return bool(said) and said == plain_words(sheet.cell(self.first, self.names[0]))


def find_head(sheet: Sheet) -> Head | None:
    """The head, or None where no line names a column for names."""
    for row in range(min(HEAD_WITHIN, len(sheet.rows))):
        if _names_people(sheet.rows[row]):
            return _head_at(sheet, row)
    return None


def _names_people(titles: list[str]) -> bool:
    """Whether a line has a title for names: 'Họ và tên', or 'Tên' beside another known title."""
    roles = {role_of(title) for title in titles} - {None, Role.OTHER}
    full = any(re.match(r"ho (va )?ten\b", plain_words(title)) for title in titles)
    return bool(roles & {Role.NAME, Role.FAMILY}) and (full or len(roles) > 1)


def _head_at(sheet: Sheet, first: int) -> Head | None:
    last = _last_row(sheet, first)
    width = len(sheet.rows[first])
    above = _titles_above(sheet, first, last)
    below = [sheet.cell(last, j) if last > first else "" for j in range(width)]
    below = ["" if plain_words(b) == plain_words(a) else b for a, b in zip(above, below, strict=True)]
    roles = [role_of(below[j], above[j]) for j in range(width)]
    names = _name_columns(roles)
    return _head(first, last, roles, names, _joined(above, below)) if names else None


def _last_row(sheet: Sheet, first: int) -> int:
    """The head's second line, if merged cells reach down to it or it looks like one."""
    reach = [area.bottom for area in sheet.merged if area.top == first and area.bottom <= first + 2]
    if reach and max(reach) > first:
        return max(reach)
    following = [sheet.cell(first + 1, j) for j in range(len(sheet.rows[first]))]
    said = [role_of(text) for text in following if text]
    known = [role for role in said if role not in {None, Role.OTHER}]
    has_name = any(following[j] for j in _name_columns([role_of(t) for t in _line(sheet, first)]))
    return first + 1 if len(said) > 1 and known and not has_name else first


def _line(sheet: Sheet, row: int) -> list[str]:
    return list(sheet.rows[row])


def _titles_above(sheet: Sheet, first: int, last: int) -> list[str]:
    """The upper titles, each spread over the columns it is merged over (or, unmerged, stands above)."""
    titles = _line(sheet, first)
    for area in sheet.merged:
        if area.top == first and area.right < len(titles):
            titles[area.left : area.right + 1] = [titles[area.left]] * (area.right + 1 - area.left)
    if last > first:
        for j in range(1, len(titles)):
            if not titles[j] and sheet.cell(last, j):
                titles[j] = titles[j - 1]
    return titles


def _name_columns(roles: list[Role | None]) -> tuple[int, ...]:
    """The columns that make the full name: one, or family names and given name."""
    whole = tuple(j for j, role in enumerate(roles) if role == Role.NAME)
    family = tuple(j for j, role in enumerate(roles) if role == Role.FAMILY)
    if not family:
        return whole
    given = tuple(j for j, role in enumerate(roles) if role in {Role.GIVEN, Role.NAME} and j > family[0])
    return (family[0], *given[:1])


def _joined(above: list[str], below: list[str]) -> dict[int, str]:
    pairs = enumerate(zip(above, below, strict=True))
    return {j: " – ".join(text for text in pair if text) for j, pair in pairs}


def _head(
    first: int, last: int, roles: list[Role | None], names: tuple[int, ...], titles: dict[int, str]
) -> Head:
    def only(role: Role) -> int | None:
        return roles.index(role) if role in roles else None

    unused = [j for j, role in enumerate(roles) if role in {Role.PRIVATE, Role.OTHER}]
    return Head(
        first=first,
        last=last,
        names=names,
        titles=titles,
        marks=_marks(roles, titles),
        posts=tuple(j for j, role in enumerate(roles) if role == Role.POST),
        ignored=tuple((j, titles[j], roles[j] == Role.PRIVATE) for j in unused),
        number=only(Role.NUMBER),
        branch=only(Role.BRANCH),
        status=only(Role.STATUS),
        note=only(Role.NOTE),
    )


def _marks(roles: list[Role | None], titles: dict[int, str]) -> dict[int, MemberStatus]:
    said = {j: status_of(titles[j].rpartition(" – ")[2]) for j, role in enumerate(roles) if role == Role.MARK}
    return {j: status for j, status in said.items() if status is not None}
