"""The printed sheet: every code works, nothing on it can break the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import NotAllowed, NotFound
from members.join_codes import PLAYED_WORK, CodeKey, code_in, digest_of
from members.join_sheet import Card, SheetWords, codes_for_branch, sheet_html
from members.tables import JoinCode, PostKind
from tests.unit.members.conftest import NOW, Org

WORDS = SheetWords("vi", "Phiếu tham gia", "Cắt theo đường kẻ", ("Một", "Hai", "Ba"), "Đảng bộ <mẫu>")
LINK = "https://t.me/mungba_bot?start=j-K7M29XQD"

CODE_KEY = CodeKey(b"pepper", PLAYED_WORK)


class Texts(HTMLParser):
    """Collects tags and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


def test_codes_of_a_branch_are_for_those_not_linked(session: Session, org: Org) -> None:
    branch, other = org.branch("Chi bộ 1"), org.branch("Chi bộ 2")
    for name in ("Trần Thị Bé", "Lê An", "Phạm Đức Ân"):
        org.member(name, branch)
    linked = org.member("Vũ Có Rồi", branch)
    org.account("1", member_id=linked.member_id)
    org.member("Đỗ Khác", other)
    made = codes_for_branch(session, None, branch, CODE_KEY, NOW)
    session.flush()
    assert made.branch_name == "Chi bộ 1"
    assert [code.full_name for code in made.codes] == ["Lê An", "Phạm Đức Ân", "Trần Thị Bé"]
    stored = set(session.scalars(select(JoinCode.digest)))
    typed = [code_in(code.code) for code in made.codes]
    assert stored == {digest_of(code, CODE_KEY) for code in typed if code}
    assert len(codes_for_branch(session, None, branch, CODE_KEY, NOW, everybody=True).codes) == 4


def test_codes_need_a_branch_and_the_right(session: Session, org: Org) -> None:
    branch = org.branch()
    plain = org.member("Lê An", branch)
    office = org.member("Lê Văn Phòng", branch, PostKind.OFFICE)
    for unit in (org.committee, 999):
        with pytest.raises(NotFound):
            codes_for_branch(session, None, unit, CODE_KEY, NOW)
    with pytest.raises(NotAllowed):
        codes_for_branch(session, plain, branch, CODE_KEY, NOW)
    assert len(codes_for_branch(session, office, branch, CODE_KEY, NOW).codes) == 2


def test_a_card_shows_name_code_steps_and_qr() -> None:
    page = Texts(sheet_html(WORDS, [Card("Lê An", "K7M2-9XQD", LINK)]))
    for text in ("Phiếu tham gia", "Lê An", "K7M2-9XQD", "Một", "Hai", "Ba"):
        assert text in page.texts
    assert page.tags.count("svg") == page.tags.count("section") == 1
    assert "script" not in page.tags


def test_a_card_without_a_link_has_no_qr() -> None:
    assert "svg" not in Texts(sheet_html(WORDS, [Card("Lê An", "K7M2-9XQD", "")])).tags


def test_hostile_names_stay_text() -> None:
    name = "<script>alert(1)</script> & \"{style}\" '{x}'"
    page = Texts(sheet_html(WORDS, [Card(name, "K7M2-9XQD", LINK)]))
    assert "script" not in page.tags
    assert name in "".join(page.texts)


def test_nothing_is_loaded_from_outside() -> None:
    page = sheet_html(WORDS, [Card("Lê An", "K7M2-9XQD", LINK)])
    assert re.search(r"(src|href|url\(|@import)", page) is None


def test_the_qr_is_drawn_within_its_own_box() -> None:
    page = sheet_html(WORDS, [Card("Lê An", "K7M2-9XQD", LINK)])
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert found is not None
    svg = ElementTree.fromstring(found.group())
    assert svg.get("viewBox")
    assert svg.get("width") is None
