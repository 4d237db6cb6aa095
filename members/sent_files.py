"""A file somebody sends, in chat or on a page: who may send what, and what it holds.

What looks into files is loaded with the first one that comes.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from db.errors import BadInput, NotAllowed
from members.identity import Who
from members.permissions import Right, has_somewhere
from members.workbook import MAX_BYTES, open_workbook

PLAIN_TEXT = (".gift", ".txt")


class FileKind(StrEnum):
    """What a file holds."""

    ROSTER = "roster"
    QUESTIONS = "questions"


RIGHTS = {FileKind.ROSTER: Right.MANAGE_ROSTER, FileKind.QUESTIONS: Right.IMPORT_QUESTIONS}


def allowed_kinds(who: Who) -> list[FileKind]:
    """What this person may import somewhere."""
    return [kind for kind, right in RIGHTS.items() if has_somewhere(who, right)]


def require_kind(who: Who, kind: FileKind) -> None:
    """NotAllowed unless the person may import this kind."""
    if kind not in allowed_kinds(who):
        raise NotAllowed


def check_file(name: str, size: int) -> None:
    """BadInput for one marked secret by its name, or too large; asked before its content is taken."""
    from members.secret_files import marked_secret

    if marked_secret(name):
        raise BadInput("office.secret")
    if size > MAX_BYTES:
        raise BadInput("office.too_large", limit=MAX_BYTES // 2**20)


def mark_of(data: bytes) -> str:
    """A short mark of a content, so that a button or form of another file does nothing."""
    return hashlib.sha256(data).hexdigest()[:8]


def kind_of(data: bytes, name: str, allowed: list[FileKind]) -> FileKind | None:
    """By its content, as far as rights leave a choice. BadInput for one stamped secret or unreadable."""
    from members.roster_head import find_head
    from members.secret_files import stamped_secret

    if name.lower().endswith(PLAIN_TEXT):
        return FileKind.QUESTIONS
    sheets = open_workbook(data, name)
    if stamped_secret(sheets):
        raise BadInput("office.secret")
    if len(allowed) == 1:
        return allowed[0]
    is_roster = any(find_head(sheet) is not None for sheet in sheets)
    return FileKind.ROSTER if is_roster else None
