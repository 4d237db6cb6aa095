"""Codes: how they look, what is understood, who may make them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import NotAllowed, NotFound
from members.join_codes import (
    ALPHABET,
    LENGTH,
    PLAYED_WORK,
    VALID_FOR,
    CodeKey,
    Draft,
    _is_unmistakable,
    _random_code,
    code_in,
    digest_of,
    draft_codes,
    make_codes,
    release_member,
    renew_code,
    shown,
)
from members.tables import Account, JoinCode, PostKind
from tests.unit.members.conftest import NOW, Org

CODES = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH).filter(_is_unmistakable)

CODE_KEY = CodeKey(b"pepper", PLAYED_WORK)


def a_draft(member_id: int, digest: str = "d1") -> Draft:
    return Draft(member_id, "K7M29XQD", digest)


def digests(session: Session) -> set[str]:
    session.flush()
    return set(session.scalars(select(JoinCode.digest)))


@given(CODES, st.sampled_from(["", " ", "-", "–", ". ", "_"]), st.booleans())
def test_a_code_is_understood_however_it_is_spelled(code: str, between: str, lower: bool) -> None:
    typed = between.join(code)
    assert code_in(typed.lower() if lower else typed) == code
    assert code_in(f"Mã tham gia: {shown(code)}") == code
    assert code_in(code.replace("0", "O").replace("1", "i")) == code
    assert code_in(code.replace("1", "L")) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "menu",
        "Tran Binh",
        "xin chào ạ",
        "2025-2030",
        "12345678",
        "K7M2-9XQ",
        "K7M2-9XQDA",
        "K7M2-9XQU",
        "🙂" * 8,
    ],
)
def test_other_texts_are_no_code(text: str) -> None:
    assert code_in(text) is None


def test_new_codes_are_understood_and_differ() -> None:
    codes = {_random_code() for _ in range(300)}
    assert len(codes) == 300
    assert all(code_in(shown(code)) == code for code in codes)


def test_the_hash_depends_on_code_and_key_only() -> None:
    one = digest_of("K7M29XQD", CODE_KEY)
    assert one == digest_of("K7M29XQD", CODE_KEY)
    others = (digest_of("K7M29XQE", CODE_KEY), digest_of("K7M29XQD", CodeKey(b"salt", PLAYED_WORK)))
    assert len({one, *others}) == 3
    assert len(one) == 64
    assert "K7M29XQD" not in one


def test_a_code_of_a_demo_is_unknown_to_an_installation_with_the_same_secret() -> None:
    real = CodeKey(b"pepper")
    assert real.work == 2**14
    assert digest_of("K7M29XQD", real) != digest_of("K7M29XQD", CODE_KEY)


def test_only_the_digest_is_stored_for_seven_days(session: Session, org: Org) -> None:
    branch = org.branch()
    member = org.member("Lê An", branch)
    (draft,) = draft_codes([member.member_id], CODE_KEY)
    made = make_codes(session, None, branch, [draft], NOW)
    session.flush()
    row = session.scalars(select(JoinCode)).one()
    assert row.digest == digest_of(draft.code, CODE_KEY)
    assert row.expires_at == made.expires_at == NOW + timedelta(days=7) == NOW + VALID_FOR


def test_a_new_code_kills_the_older_but_used_ones_stay_on_record(session: Session, org: Org) -> None:
    branch = org.branch()
    an, binh = org.member("Lê An", branch), org.member("Lê Bình", branch)
    make_codes(session, None, branch, [a_draft(an.member_id, "old"), a_draft(binh.member_id, "hers")], NOW)
    session.flush()
    make_codes(session, None, branch, [a_draft(an.member_id, "new")], NOW)
    assert digests(session) == {"hers", "new"}
    session.scalars(select(JoinCode).where(JoinCode.digest == "new")).one().used_at = NOW
    make_codes(session, None, branch, [a_draft(an.member_id, "newer")], NOW)
    assert digests(session) == {"hers", "new", "newer"}


def test_codes_are_made_by_chair_and_office_for_their_own_branches(session: Session, org: Org) -> None:
    branch, other = org.branch("Chi bộ 1"), org.branch("Chi bộ 2")
    member = org.member("Lê An", branch)
    chair = (PostKind.SECRETARY, PostKind.DEPUTY)
    allowed = [org.member(f"Trần {kind}", branch, kind) for kind in (*chair, PostKind.OFFICE)]
    refused = [org.member(f"Vũ {kind}", other, kind) for kind in (*chair, PostKind.LEADER)]
    refused += [member, org.member("Đỗ Ủy Viên", branch, PostKind.COMMITTEE_MEMBER)]
    for n, who in enumerate(allowed):
        make_codes(session, who, branch, [a_draft(member.member_id, f"d{n}")], NOW)
    for who in refused:
        with pytest.raises(NotAllowed):
            make_codes(session, who, branch, [a_draft(member.member_id, "x")], NOW)
    assert digests(session) == {"d2"}


def test_a_member_of_another_branch_cannot_slip_in(session: Session, org: Org) -> None:
    branch, other = org.branch("Chi bộ 1"), org.branch("Chi bộ 2")
    secretary = org.member("Phạm Bí Thư", branch, PostKind.SECRETARY)
    stranger = org.member("Lê An", other)
    with pytest.raises(NotAllowed):
        make_codes(session, secretary, branch, [a_draft(stranger.member_id)], NOW)
    with pytest.raises(NotAllowed):
        renew_code(session, secretary, a_draft(stranger.member_id), NOW)
    with pytest.raises(NotFound):
        release_member(session, secretary, 999, NOW)


def test_renewing_unlinks_the_phones_used_until_now(session: Session, org: Org) -> None:
    branch = org.branch()
    secretary = org.member("Phạm Bí Thư", branch, PostKind.SECRETARY)
    an = org.member("Lê An", branch)
    phones = [org.account("1", member_id=an.member_id), org.account("2", "zalo", member_id=an.member_id)]
    kept = org.account("3", member_id=secretary.member_id)
    renew_code(session, secretary, a_draft(an.member_id), NOW)
    session.flush()
    assert [session.get_one(Account, phone).member_id for phone in phones] == [None, None]
    assert session.get_one(Account, kept).member_id == secretary.member_id
    assert digests(session) == {"d1"}
