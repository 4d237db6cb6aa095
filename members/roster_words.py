"""How offices write statuses, posts and column titles in their member lists (domain.md 4.6, 4.7, 5)."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from members.names import fold, tidy
from members.tables import MemberStatus, PostKind


class Role(StrEnum):
    """What a column of a member list is for."""

    NUMBER = "number"
    NAME = "name"
    FAMILY = "family"
    GIVEN = "given"
    BRANCH = "branch"
    STATUS = "status"
    MARK = "mark"  # a column ticked for one status
    POST = "post"
    NOTE = "note"
    PRIVATE = "private"  # personal data the product does not keep (domain.md 4.10)
    OTHER = "other"


class FiledPost(Struct, frozen=True):
    """A post as the list states it. `branches`: those somebody is in charge of; empty means their own."""

    kind: PostKind
    branches: tuple[str, ...] = ()


_TITLES = {
    Role.NUMBER: "stt|tt|so tt|so thu tu",
    Role.NAME: r"(ho( va)? ten|ten)( dang vien| khai sinh| day du)?|full name",
    Role.FAMILY: "ho|ho( va)? dem|ho( va)? (ten|chu) (dem|lot)|ho( va)? lot",
    Role.BRANCH: "(ten |thuoc )?chi bo( sinh hoat)?|branch",
    Role.STATUS: "(dien|loai|tu cach)( dang vien)?|tinh trang( dang vien)?|chinh thuc du bi|ct db|status",
    Role.POST: "(chuc vu|chuc danh)( (trong )?(dang|cap uy|chi bo))?( hien nay)?|post",
    Role.NOTE: "ghi chu( khac)?|chu thich|note",
}
_PRIVATE = re.compile(
    r"dien thoai|sdt|so dt|di dong|zalo|mail|phone|cccd|cmnd|can cuoc|so the|the dang|so ly lich"
    r"|ngay|nam sinh|birth|vao dang|ket nap|dia chi|que quan|noi o|thuong tru|cu tru"
    r"|dan toc|ton giao|gioi tinh|luong|dang phi"
)
_STATUSES = {
    MemberStatus.OFFICIAL: "chinh thuc|ct|official",
    MemberStatus.PROBATIONARY: "du bi|db|probationary",
    MemberStatus.EXEMPT: "(duoc )?mien( .*)?|msh|exempt",
    MemberStatus.TEMPORARY_HERE: "((chuyen )?sinh hoat |sh)?(tam thoi|tt) (o noi khac )?den|den tam thoi",
    MemberStatus.TEMPORARILY_ELSEWHERE: (
        "((chuyen )?sinh hoat |sh)?(tam thoi|tt) ((o )?noi khac|di( noi khac)?)|di tam thoi"
    ),
    MemberStatus.SUSPENDED: "(bi )?dinh chi( sinh hoat( dang)?)?",
}
_BRANCH_TAIL = r"( chi bo( .*)?)?"
_POSTS = {
    PostKind.LEADER: r"(pho )?(bi thu|p?bt)( thuong truc)? (dang uy|dang bo)( .*)?",
    PostKind.SECRETARY: rf"(bi thu|bt){_BRANCH_TAIL}|btcb",
    PostKind.DEPUTY: rf"(pho bi thu|pho bt|pbt)( thuong truc)?{_BRANCH_TAIL}|pbtcb",
    PostKind.COMMITTEE_MEMBER: rf"(chi uy vien|cuv|uv chi uy|uy vien chi uy|chi uy){_BRANCH_TAIL}",
    PostKind.CLERK: rf"thu ky{_BRANCH_TAIL}",
    PostKind.OFFICE: r"(.* )?(van phong|vp) (dang uy|dang bo)( .*)?|vpdu",
}
_NUMBERING = re.compile(r"^\s*(?:[IVXLC]+|[A-Z]|\d+)\s*[.)/:-]\s*")
_BARE_NUMBER = re.compile(r"\(?(?:[IVXLC]+|[A-Z]|\d+)\)?[.)]?")
_COUNT = re.compile(
    r"\s*(?:\(\s*\d+[^()]*\)|[:–-]\s*\d+\s*(?:đảng viên|đồng chí|đ/c|đv)?\.?|:)\s*$", re.IGNORECASE
)
_NO_BRANCH = re.compile(r"(nam|thang|quy|truc thuoc|cac|co so)\b")
_NO_POST = {"", "dang vien", "khong", "0", "dv"}
_SUPERIOR = re.compile(r"(dang )?uy vien( .*)?|duv|")
_IN_CHARGE = re.compile(r"\bph(?:ụ\s+trách|u\s+trach)\b", re.IGNORECASE)
_CLAUSES = re.compile(r"[;+/]| kiêm | - ", re.IGNORECASE)
_PIECES = re.compile(r"[,&]| và | va ", re.IGNORECASE)
_TICKS = {"x", "v", "√", "✓", "✔", "☑", "*", "1", "+", "co"}
_NOT_TICKS = {"", "-", "0", "o", "khong"}
_DATE = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}( \d\d:\d\d)?|\d{1,2}[/.-]\d{4}|(19|20)\d\d")


def plain_words(text: str) -> str:
    """Folded words without brackets' content, punctuation and stars: 'Họ, và tên (*)' → 'ho va ten'."""
    inside_dropped = re.sub(r"\([^()]*\)", " ", fold(text))
    return " ".join(re.sub(r"[^\w\s]|_", " ", inside_dropped).split())


def role_of(title: str, above: str = "") -> Role | None:
    """What a column is for, by its title and the title above it; None for a column without any."""
    words, over = plain_words(title), plain_words(above)
    if not words:
        return role_of(above) if over else None
    if over and _PRIVATE.search(over):
        return Role.PRIVATE
    if over and _matches(over, _TITLES[Role.POST]):
        return Role.POST if _matches(words, "(trong )?dang|cap uy|chi bo") else Role.OTHER
    if over and words == "ten":
        return Role.GIVEN
    return _single_role(words)


def _single_role(words: str) -> Role:
    if status_of(words) is not None:
        return Role.MARK
    found = next((role for role, pattern in _TITLES.items() if _matches(words, pattern)), None)
    if found is not None:
        return found
    return Role.PRIVATE if _PRIVATE.search(words) else Role.OTHER


def status_of(text: str) -> MemberStatus | None:
    """'Dự bị', 'ĐV dự bị', 'DB', 'sinh hoạt tạm thời đến' …; None when it says no status."""
    words = re.sub(r"^(dien )?(cac )?(dang vien |dv ?)", "", plain_words(text))
    return next((status for status, pattern in _STATUSES.items() if _matches(words, pattern)), None)


def is_tick(text: str) -> bool:
    """Whether a cell is ticked: 'x', '✓', '1' …"""
    return fold(text) in _TICKS


def is_empty(text: str) -> bool:
    """Whether a cell for ticks says no: nothing, '-', '0' …"""
    return fold(text) in _NOT_TICKS


def is_date(text: str) -> bool:
    """Whether a cell is a date or a year."""
    return _DATE.fullmatch(tidy(text)) is not None


def branch_key(name: str) -> str:
    """Equal for all spellings of one branch: 'CHI BỘ KHOA CƠ BẢN', 'Khoa cơ bản'."""
    words = " ".join(re.sub(r"[^\w\s]|_", " ", fold(name)).split())
    return re.sub(r"^(chi bo|cb) (?=.)", "", words)


def branch_in(text: str) -> str:
    """'II. CHI BỘ KHOA A (15 đảng viên)' → 'Chi bộ KHOA A'; '' for what names no branch."""
    titled = re.sub(
        r"^(chi bộ|chi bo|cb)\s*[:.]\s*", "Chi bộ ", without_number(tidy(text)), flags=re.IGNORECASE
    )
    name = without_count(titled)
    words = plain_words(name)
    rest = re.sub(r"^(chi bo|cb) ", "", words)
    if rest == words or not rest or _NO_BRANCH.match(rest):
        return ""
    return "Chi bộ " + re.sub(r"^(chi bộ|chi bo|cb)\s+", "", name, flags=re.IGNORECASE)


def without_number(title: str) -> str:
    """A section's title without its 'II.' or '1)'."""
    return _NUMBERING.sub("", title)


def without_count(title: str) -> str:
    """A section's title without '(15 đảng viên)' or ': 15 đồng chí'."""
    return _COUNT.sub("", title)


def is_number(text: str) -> bool:
    """Whether a cell is only a running number: '12', 'II.', '(3)', 'A'."""
    return _BARE_NUMBER.fullmatch(text) is not None


def posts_of(text: str) -> tuple[list[FiledPost], list[str]]:
    """The posts a cell names, and the words that name none the product knows."""
    posts: list[FiledPost] = []
    unknown: list[str] = []
    for line in text.splitlines():
        for clause in _CLAUSES.split(tidy(line)):
            _read_clause(tidy(clause), posts, unknown)
    return list(dict.fromkeys(posts)), unknown


def _read_clause(clause: str, posts: list[FiledPost], unknown: list[str]) -> None:
    in_charge = _IN_CHARGE.search(clause)
    if in_charge is None or not _means_branches(clause, in_charge):
        _read_pieces(clause, posts, unknown)
        return
    before = clause[: in_charge.start()]
    _read_pieces("" if _SUPERIOR.fullmatch(plain_words(before)) else before, posts, unknown)
    others, branches = _split_branches(clause[in_charge.end() :])
    posts.extend(others)
    posts.append(FiledPost(PostKind.IN_CHARGE, branches))


def _means_branches(clause: str, in_charge: re.Match[str]) -> bool:
    after = plain_words(clause[in_charge.end() :])
    return after.removeprefix("cac ").startswith("chi bo")


def _split_branches(text: str) -> tuple[list[FiledPost], tuple[str, ...]]:
    """'các Chi bộ 1, 2 và Chi bộ Khoa A' → its branches; a piece that is a post of its own stays one."""
    posts: list[FiledPost] = []
    branches = []
    for piece in _PIECES.split(text):
        name = re.sub(r"^(các|cac)\s+", "", tidy(piece), flags=re.IGNORECASE).strip(" .:")
        if (kind := _kind_of(name)) is not None:
            posts.append(FiledPost(kind))
        elif plain_words(name) not in {"", "chi bo"}:
            branches.append(name)
    return posts, tuple(branches)


def _read_pieces(text: str, posts: list[FiledPost], unknown: list[str]) -> None:
    for piece in _PIECES.split(text):
        words = plain_words(piece)
        if (kind := _kind_of(piece)) is not None:
            posts.append(FiledPost(kind))
        elif words not in _NO_POST:
            unknown.append(tidy(piece))


def _kind_of(text: str) -> PostKind | None:
    words = plain_words(text)
    return next((kind for kind, pattern in _POSTS.items() if _matches(words, pattern)), None)


def _matches(words: str, pattern: str) -> bool:
    return re.fullmatch(pattern, words) is not None
