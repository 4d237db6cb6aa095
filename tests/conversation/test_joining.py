"""Joining by link and by typing, consent, 'không phải tôi', leaving, and the secretary's help."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.language import Kind
from db.outbox import Priority
from members.join_codes import PLAYED_WORK, CodeKey, draft_codes, make_codes, shown
from members.tables import Account, Consent, JoinTry, Member, MemberStatus, PostKind
from members.telling import tell
from opinions.tables import Opinion, Phase, Visibility
from tests.support.talk import Person, Talk

CODE_KEY = CodeKey(b"pepper", PLAYED_WORK)


async def on_roll(talk: Talk, name: str, branch: str = "Chi bộ 1", *posts: PostKind) -> int:
    """A member on the roll whose phone is not linked."""
    person = await talk.member(name, branch, *posts, consented=False)

    def unlink(session: Session) -> None:
        account = session.scalars(select(Account).where(Account.user == person.user)).one()
        account.member_id = account.linked_at = None

    await talk.home.store.write(unlink)
    return person.member_id


async def code_for(talk: Talk, member_id: int) -> str:
    """A code as the office prints it, without dash."""

    def make(session: Session) -> str:
        drafts = draft_codes([member_id], CODE_KEY)
        branch = session.get_one(Member, member_id).branch_id
        make_codes(session, None, branch, drafts, talk.now)
        return drafts[0].code

    return await talk.home.store.write(make)


async def owner(talk: Talk, person: Person) -> int | None:
    """The member a phone is linked to."""

    def read(session: Session) -> int | None:
        return session.scalar(select(Account.member_id).where(Account.user == person.user))

    return await talk.home.store.read(read)


async def consents(talk: Talk, member_id: int) -> list[Consent]:
    """All consents of a member, ended ones too."""

    def read(session: Session) -> list[Consent]:
        return list(session.scalars(select(Consent).where(Consent.member_id == member_id)))

    return await talk.home.store.read(read)


async def tries(talk: Talk) -> int:
    """How many wrong codes are on record."""

    def read(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(JoinTry)) or 0

    return await talk.home.store.read(read)


async def test_by_link_from_start_to_home(talk: Talk) -> None:
    member = await on_roll(talk, "Nguyễn Văn An")
    code = await code_for(talk, member)
    an = await talk.stranger("An")
    await an.opens(f"j-{code}")
    assert "Nguyễn Văn An" in an.last
    assert "Chi bộ 1" in an.last
    await an.taps("Đúng")
    assert talk.home.settings.organisation.name in an.last
    assert an.labels == ["Tôi đồng ý", "Tôi chưa đồng ý", "Xem đầy đủ"]
    await an.taps("Tôi đồng ý")
    assert an.labels == ["Nêu tên tôi", "Không nêu tên"]
    await an.taps("Không nêu tên")
    assert "Nguyễn Văn An" in an.last
    assert "menu" in an.last
    (given,) = await consents(talk, member)
    assert (given.withdrawn_at, given.name_on_leaderboard) == (None, False)
    await an.opens()
    assert "Nguyễn Văn An" in an.last


async def test_by_typing_in_many_spellings(talk: Talk) -> None:
    spelled: tuple[Callable[[str], str], ...] = (
        str,
        shown,
        str.lower,
        lambda code: f"Mã: {code[:4]} {code[4:]}",
        " - ".join,
    )
    for n, spell in enumerate(spelled):
        member = await on_roll(talk, f"Trần Thị {'ABCDE'[n]}")
        an = await talk.stranger("An")
        await an.opens()
        assert "mã tham gia" in an.last
        await an.says(spell(await code_for(talk, member)))
        assert f"Trần Thị {'ABCDE'[n]}" in an.last
        assert await owner(talk, an) == member
    assert await tries(talk) == 0


async def test_letters_misread_are_understood(talk: Talk) -> None:
    member = await on_roll(talk, "Nguyễn Văn An")
    code = await code_for(talk, member)
    while not {"0", "1"} & set(code):
        code = await code_for(talk, member)
    an = await talk.stranger("An")
    await an.says(code.replace("0", "o").replace("1", "l"))
    assert await owner(talk, an) == member


async def test_five_wrong_codes_then_even_the_right_one_waits(talk: Talk) -> None:
    member = await on_roll(talk, "Nguyễn Văn An")
    code = await code_for(talk, member)
    an = await talk.stranger("An")
    for left in (4, 3, 2, 1):
        await an.says("2222-AAAA")
        assert str(left) in an.last
    await an.says("2222 AAAA")
    assert "1 giờ" in an.last
    await an.says(code)
    assert "phút" in an.last
    assert await owner(talk, an) is None
    talk.now += timedelta(minutes=61)
    await an.says(code)
    assert await owner(talk, an) == member


async def test_many_failures_raise_an_alarm_once(talk: Talk) -> None:
    office = await talk.member("Lê Văn Phòng", "Chi bộ 1", PostKind.OFFICE, above=True)
    for _ in range(5):
        stranger = await talk.stranger("Ai đó")
        for _ in range(5):
            await stranger.says("2222-AAAA")
    assert await talk.deliver() == 1
    assert "20" in office.last


async def test_one_repeated_update_counts_one_try(talk: Talk) -> None:
    talk.twice = True
    an = await talk.stranger("An")
    await an.says("2222-AAAA")
    assert await tries(talk) == 1
    assert "4" in an.last


async def test_joining_is_harmless_when_every_update_comes_twice(talk: Talk) -> None:
    talk.twice = True
    member = await on_roll(talk, "Nguyễn Văn An")
    an = await talk.stranger("An")
    await an.says(await code_for(talk, member))
    assert "Nguyễn Văn An" in an.last
    await an.taps("Đúng")
    await an.taps("Tôi đồng ý")
    await an.taps("Nêu tên tôi")
    (given,) = await consents(talk, member)
    assert given.name_on_leaderboard
    assert await tries(talk) == 0


async def test_an_expired_and_a_used_code_say_what_to_do(talk: Talk) -> None:
    first, second = await on_roll(talk, "Nguyễn Văn An"), await on_roll(talk, "Lê Thị Bình")
    late, used = await code_for(talk, first), await code_for(talk, second)
    binh, other = await talk.stranger("Bình"), await talk.stranger("Người khác")
    await binh.says(used)
    await other.says(used)
    assert "đã được dùng" in other.last
    assert "bí thư" in other.last
    talk.now += timedelta(days=7, seconds=1)
    await other.says(late)
    assert "hết hạn" in other.last
    assert "bí thư" in other.last
    assert await owner(talk, other) is None


async def test_a_new_code_kills_the_older(talk: Talk) -> None:
    member = await on_roll(talk, "Nguyễn Văn An")
    old, new = await code_for(talk, member), await code_for(talk, member)
    an = await talk.stranger("An")
    await an.says(old)
    assert await owner(talk, an) is None
    await an.says(new)
    assert await owner(talk, an) == member


async def test_the_code_of_another_person_is_given_back(talk: Talk) -> None:
    secretary = await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    office = await talk.member("Lê Văn Phòng", "Chi bộ 2", PostKind.OFFICE, above=True)
    plain = await talk.member("Đỗ Thường", "Chi bộ 1")
    member = await on_roll(talk, "Nguyễn Văn An")
    binh = await talk.stranger("Bình")
    await binh.says(await code_for(talk, member))
    await binh.taps("Không phải tôi")
    assert await owner(talk, binh) is None
    assert await talk.deliver() == 2
    assert "Nguyễn Văn An" in secretary.last
    assert "Nguyễn Văn An" in office.last
    assert plain.heard == []
    await secretary.presses(secretary.data_of("Tạo lại mã"))
    assert "Nguyễn Văn An" in secretary.last


async def test_not_me_twice_tells_once(talk: Talk) -> None:
    talk.twice = True
    await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    member = await on_roll(talk, "Nguyễn Văn An")
    binh = await talk.stranger("Bình")
    await binh.says(await code_for(talk, member))
    await binh.says("khong phai toi")
    assert "không còn gắn" in binh.last
    assert await talk.deliver() == 1


async def test_not_me_after_consent_asks_once_more_and_ends_it(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("Không phải tôi")
    assert await owner(talk, an) == an.member_id
    await an.taps("Đúng, gỡ")
    assert await owner(talk, an) is None
    (ended,) = await consents(talk, an.member_id)
    assert ended.withdrawn_at is not None


async def test_a_linked_account_cannot_take_a_second_member(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    other = await on_roll(talk, "Lê Thị Bình")
    code = await code_for(talk, other)
    await an.says(shown(code))
    assert "không phải tôi" in an.last
    assert await owner(talk, an) == an.member_id


async def test_a_second_phone_on_one_channel_needs_the_secretary(talk: Talk) -> None:
    secretary = await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    an = await talk.member("Nguyễn Văn An")
    new_phone = await talk.stranger("An")
    await new_phone.says(await code_for(talk, an.member_id))
    assert "bí thư" in new_phone.last
    assert await owner(talk, new_phone) is None
    await secretary.says("tạo lại mã")
    await secretary.says("nguyen van an")
    await secretary.taps("Nguyễn Văn An")
    assert "đang liên kết" in secretary.last
    await secretary.taps("Gỡ và tạo mã")
    await new_phone.says(_code_in(secretary.last))
    assert await owner(talk, new_phone) == an.member_id
    assert await owner(talk, an) is None


async def test_without_consent_only_the_question_is_heard(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An", consented=False)
    for text in ("menu", "của tôi", "xin chào", "tạo lại mã"):
        await an.says(text)
        assert "Tôi đồng ý" in an.labels
    await an.taps("Xem đầy đủ")
    assert an.labels == ["Tôi đồng ý", "Tôi chưa đồng ý"]
    await an.taps("Tôi chưa đồng ý")
    assert "chi ủy" in an.last
    assert await consents(talk, an.member_id) == []
    await an.says("dong y")
    assert len(await consents(talk, an.member_id)) == 1


async def test_double_taps_give_one_consent(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An", consented=False)
    await an.says("menu")
    yes = an.data_of("Tôi đồng ý")
    await an.presses(yes)
    await an.presses(yes)
    assert len(await consents(talk, an.member_id)) == 1
    await an.presses("join-ok:no")
    assert "đang có hiệu lực" in an.last


async def test_leaving_removes_link_names_and_what_is_queued(talk: Talk) -> None:
    secretary = await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    an = await talk.member("Nguyễn Văn An")
    await talk.home.store.write(_opinion_and_notice, an.member_id, talk)
    await an.says("rút lại đồng ý")
    assert await owner(talk, an) == an.member_id
    await an.taps("Đúng, rút lại")
    assert "không còn liên kết" in an.last
    assert await owner(talk, an) is None
    (ended,) = await consents(talk, an.member_id)
    assert ended.withdrawn_at is not None
    assert await talk.home.store.read(_authors) == [None]
    heard = len(an.heard)
    assert await talk.deliver() == 1
    assert "Nguyễn Văn An" in secretary.last
    assert len(an.heard) == heard
    await an.says("menu")
    assert "mã tham gia" in an.last


async def test_leaving_can_be_thought_over(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("xin rời")
    await an.taps("Giữ lại")
    assert await owner(talk, an) == an.member_id
    assert "Nguyễn Văn An" in an.last


async def test_strangers_and_forged_buttons(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    stranger = await talk.stranger("Người lạ")
    forged = (
        "join-me",
        "join-not:1",
        "join-ok:yes",
        "join-name:1:1",
        "join-leave:1",
        "join-mine",
        "join-who",
        f"join-new:{an.member_id}:1",
        "menu:0",
        "file-go:roster:abcd",
    )
    for data in forged:
        await stranger.presses(data)
        assert stranger.last
        assert "Nguyễn Văn An" not in stranger.last
    assert await owner(talk, an) == an.member_id
    assert len(await consents(talk, an.member_id)) == 1


async def test_a_member_and_another_secretary_make_no_codes(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    other = await talk.member("Vũ Bí Thư", "Chi bộ 2", PostKind.SECRETARY)
    for person in (an, other):
        await person.presses(f"join-new:{an.member_id}:1")
        assert "quyền" in person.last
    await an.presses("join-new:999999:1")
    assert "quyền" in an.last
    await an.says("ai đã tham gia")
    assert "quyền" in an.last
    await other.says("tạo lại mã")
    await other.says("Nguyễn Văn An")
    assert "Không thấy" in other.last
    assert await owner(talk, an) == an.member_id


async def test_who_has_joined_names_only_for_the_branchs_secretary(talk: Talk) -> None:
    await on_roll(talk, "Trần Văn Chờ")
    secretary = await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    office = await talk.member("Lê Văn Phòng", "Chi bộ 2", PostKind.OFFICE, above=True)
    await secretary.says("ai đã tham gia")
    assert "1/2" in secretary.last
    assert "Trần Văn Chờ" in secretary.last
    await office.says("AI DA THAM GIA")
    assert "1/2" in office.last
    assert "1/1" in office.last
    assert "Trần Văn Chờ" not in office.last


async def test_a_code_from_the_secretary_works(talk: Talk) -> None:
    member = await on_roll(talk, "Trần Văn Chờ")
    secretary = await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    await secretary.says("ai đã tham gia")
    await secretary.taps("Tạo lại mã")
    await secretary.says("ch")
    assert "Không thấy" in secretary.last
    await secretary.says("chờ")
    await secretary.taps("Trần Văn Chờ")
    cho = await talk.stranger("Chờ")
    await cho.opens(f"j-{_code_in(secretary.last).replace('-', '')}")
    assert await owner(talk, cho) == member


@pytest.mark.channels("telegram", why="Zalo's bots hear of no block, and following an account greets")
async def test_blocked_and_back(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")

    def since(session: Session) -> object:
        return session.scalar(select(Account.unreachable_since).where(Account.user == an.user))

    assert await an.sends(Kind.BLOCKED) == []
    assert await talk.home.store.read(since) is not None
    assert await an.sends(Kind.UNBLOCKED) == []
    assert await talk.home.store.read(since) is None


async def test_hostile_names_and_texts(talk: Talk) -> None:
    name = "<b>An</b>\u202egnob @all"
    member = await on_roll(talk, name)
    an = await talk.stranger(name)
    await an.opens(f"j-{await code_for(talk, member)}")
    assert "<b>An</b>" in an.last
    await an.taps("Đúng")
    await an.taps("Tôi đồng ý")
    await an.taps("Nêu tên")
    assert "<b>An</b>" in an.last
    stranger = await talk.stranger("Ai")
    for text in ("   ", "a" * 4096, "A" * 8, "xin chào ạ", "\u202e\u200b", "j-", "2025-2030"):
        await stranger.says(text)
        assert stranger.last
    await stranger.sends(Kind.STICKER)
    for payload in ("j-", "j-abc", "x-1", "j-" + "A" * 60):
        await stranger.opens(payload)
        assert "8 chữ" in stranger.last
    assert await tries(talk) == 0


async def test_my_record_of_this_year(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An", status=MemberStatus.PROBATIONARY)
    await talk.home.store.write(_opinion_and_notice, an.member_id, talk)
    await an.says("cua toi")
    assert "dự bị" in an.last
    assert "0/0" in an.last
    assert "Ý kiến đã gửi: 1" in an.last
    await an.taps("Nêu tên tôi")
    (given,) = await consents(talk, an.member_id)
    assert given.name_on_leaderboard
    await an.says("của tôi")
    await an.taps("Dữ liệu được lưu")
    assert "25/11/2026" in an.last
    assert {"telegram": "Telegram", "zalo_bot": "Zalo", "zalo_oa": "Zalo"}[talk.channel] in an.last


def _code_in(text: str) -> str:
    return next(word for word in text.split() if len(word) == 9 and word[4] == "-")


def _authors(session: Session) -> list[int | None]:
    return list(session.scalars(select(Opinion.author_id)))


def _opinion_and_notice(session: Session, member_id: int, talk: Talk) -> None:
    member = session.get_one(Member, member_id)
    session.add(
        Opinion(
            branch_id=member.branch_id,
            number=1,
            author_id=member_id,
            visibility=Visibility.BRANCH,
            phase=Phase.ANY,
            text="Đề nghị lắp thêm đèn",
            source_key="telegram:opinion",
            at=talk.now,
        )
    )
    tell(
        session,
        member_id,
        "joining.alarm",
        key="queued",
        now=talk.now,
        priority=Priority.BULK,
        due_at=talk.now + timedelta(hours=1),
        count=1,
    )
