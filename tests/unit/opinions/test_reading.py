"""'Chỉ gửi chi ủy' is read by the committee of that very branch, for any tree of posts."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy.orm import Session

from members.identity import Who
from members.tables import PostKind
from opinions.answering import answer
from opinions.reading import Page, own, readable_before, waiting_after
from opinions.tables import Visibility
from tests.unit.opinions.conftest import NOW, Town

COMMITTEE = (PostKind.SECRETARY, PostKind.DEPUTY, PostKind.COMMITTEE_MEMBER)


def _texts(session: Session, who: Who) -> list[str]:
    found: list[str] = []
    before = 0
    while page := readable_before(session, who, before, NOW):
        found.append(page.opinion.text)
        before = page.opinion.id
    return found


def _two_branches(town: Town) -> None:
    for name in ("Chi bộ 1", "Chi bộ 2"):
        author = town.member(f"Tác giả {name}", branch=name)
        town.says(author, f"công khai {name}")
        town.says(author, f"riêng {name}", Visibility.COMMITTEE)


@pytest.mark.parametrize(("kind", "at"), list(product(PostKind, ("own", "other", "above"))))
def test_every_post_everywhere(session: Session, town: Town, kind: PostKind, at: str) -> None:
    _two_branches(town)
    unit = {"own": town.branch("Chi bộ 1"), "other": town.branch("Chi bộ 2"), "above": town.committee}[at]
    reader = town.member("Người đọc", kind, at=unit)
    private = {text for text in _texts(session, reader) if text.startswith("riêng")}
    allowed = {"own": {"riêng Chi bộ 1"}, "other": {"riêng Chi bộ 2"}, "above": set[str]()}[at]
    assert private == (allowed if kind in COMMITTEE else set())


def test_a_plain_member_reads_the_own_branch_only(session: Session, town: Town) -> None:
    _two_branches(town)
    assert _texts(session, town.member("Thường")) == ["công khai Chi bộ 1"]


def test_office_and_clerk_read_no_more_than_a_member(session: Session, town: Town) -> None:
    _two_branches(town)
    office = town.member("Văn phòng", PostKind.OFFICE, at=town.committee)
    clerk = town.member("Thư ký", PostKind.CLERK)
    assert _texts(session, office) == _texts(session, clerk) == ["công khai Chi bộ 1"]


def test_above_reads_public_ones_without_names(session: Session, town: Town) -> None:
    _two_branches(town)
    leader = town.member("Lãnh đạo", PostKind.LEADER, at=town.committee, branch="Chi bộ 3")
    assert _texts(session, leader) == ["công khai Chi bộ 2", "công khai Chi bộ 1"]
    page = readable_before(session, leader, 0, NOW)
    assert page is not None
    assert page.opinion.author == ""
    inside = readable_before(session, town.member("Thường"), 0, NOW)
    assert inside is not None
    assert inside.opinion.author == "Tác giả Chi bộ 1"


def test_waiting_ones_come_oldest_first_until_answered(session: Session, town: Town) -> None:
    an, chi = town.member("An"), town.member("Chi", PostKind.DEPUTY)
    first, second = town.says(an, "một"), town.says(an, "hai", Visibility.COMMITTEE)
    town.says(town.member("Khác", branch="Chi bộ 2"), "của nơi khác")
    page = waiting_after(session, chi, 0, NOW)
    assert page is not None
    assert (page.opinion.text, page.more) == ("một", 1)
    answer(session, chi, first.opinion_id, "xong", NOW, key="k")
    page = waiting_after(session, chi, 0, NOW)
    assert page is not None
    assert (page.opinion.id, page.more) == (second.opinion_id, 0)
    assert waiting_after(session, chi, second.opinion_id, NOW) is None


def test_own_ones_come_newest_first(session: Session, town: Town) -> None:
    an = town.member("An")
    for text in ("một", "hai", "ba"):
        town.says(an, text, Visibility.COMMITTEE)
    seen: list[tuple[str, int]] = []
    page: Page | None = own(session, an, 0)
    while page:
        seen.append((page.opinion.text, page.more))
        page = own(session, an, page.opinion.id)
    assert seen == [("ba", 2), ("hai", 1), ("một", 0)]
