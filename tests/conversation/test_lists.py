"""Choices typed where there are no buttons: what a number means, and what a quiz costs."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from bot.channels.zalo_bot.outgoing import calls_of
from bot.language import Say
from bot.notices import render
from bot.offering import Notice, expect_words
from db.conversation import KEPT_FOR
from db.due import Due, claim
from meetings.tables import Rsvp
from members.tables import PostKind
from opinions.tables import Opinion
from tests.conversation.month import goes, local, secretary_of
from tests.conversation.test_quiz import attempts_of, letter, open_round
from tests.support.talk import Person, Talk


async def opinions_stored(talk: Talk) -> int:
    return await talk.home.store.read(lambda s: s.scalar(select(func.count()).select_from(Opinion)) or 0)


async def test_a_number_of_an_older_list_is_never_an_opinion(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("menu")
    await an.says("ý kiến")
    for typed in ("8", "câu 9", "H.", "7)"):
        await an.says(typed)
        assert "không có lựa chọn" in an.last
    await an.says("Đề nghị lắp thêm đèn")
    assert "Đề nghị lắp thêm đèn" in an.last
    assert await opinions_stored(talk) == 0, "a draft until it is said to whom it goes"
    await an.taps("Gửi cả chi bộ")
    assert await opinions_stored(talk) == 1


async def test_a_number_is_never_an_announcement(talk: Talk) -> None:
    secretary = await talk.member("Phạm Thị Thư", "Chi bộ 1", PostKind.SECRETARY)
    await secretary.says("thông báo")
    await secretary.says("1")
    assert "danh sách cũ" in secretary.last
    await secretary.says("Họp lúc 19 giờ 30")
    assert "Họp lúc 19 giờ 30" in secretary.last


async def test_home_is_reached_from_every_step(talk: Talk) -> None:
    secretary = await talk.member("Phạm Thị Thư", "Chi bộ 1", PostKind.SECRETARY)
    await open_round(talk, 4)
    for word in (
        "ý kiến",
        "thông báo",
        "làm bài",
        "làm bài",
        "tạo lại mã",
        "lịch họp",
        "liên kết",
        "hạn mức",
    ):
        for home in ("0", "menu", "MENU"):
            await secretary.says(word)
            await secretary.says(home)
            assert "Phạm Thị Thư" in secretary.last, (word, home)
            assert secretary.labels


async def test_a_list_is_forgotten_after_its_time(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("menu")
    talk.now += KEPT_FOR + timedelta(minutes=1)
    await an.says("2")
    assert "menu" in an.last
    assert an.heard[-1].choices == ()


async def test_a_notice_in_the_middle_of_a_quiz_takes_numbers_and_leaves_letters(talk: Talk) -> None:
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 4)
    await talk.deliver()
    talk.now = local("2026-11-26 07:58")
    await an.says("làm bài")
    await an.says("làm bài")
    question = an.heard[-1]
    await goes(talk, "2026-11-26 08:00")
    assert an.heard[-1] is not question, "the invitation came in between"
    await an.says("1")
    assert len(await talk.home.store.read(lambda s: s.scalars(select(Rsvp)).all())) == 1
    (attempt,) = await attempts_of(talk)
    assert attempt.correct == 0
    await an.says("làm bài")
    await goes(talk, "2026-11-26 08:01")
    await an.says(letter(an, "đúng"))
    (attempt,) = await attempts_of(talk)
    assert attempt.correct == 1


async def test_a_quiz_of_ten_costs_eleven_messages_on_zalo(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 10)
    await talk.deliver()
    await an.says("trắc nghiệm")
    before = len(an.heard)
    cost = len(calls_of("z", await an.taps("Làm bài"), [""]))
    for _ in range(10):
        cost += await _answer_one(an)
    assert cost == 11
    assert "10/10" in an.last
    assert len(an.heard) - before == 11


async def _answer_one(person: Person) -> int:
    says: list[Say] = await person.taps(letter(person, "đúng"))
    return len(calls_of("z", says, [""] * len(says)))


async def test_the_words_of_a_question_count_after_another_notice_came(talk: Talk) -> None:
    secretary, an = await secretary_of(talk), await talk.member("Nguyễn Văn An")
    await asks_to_be_absent(an)
    await talk.deliver()
    await open_round(talk, 4)
    await talk.deliver()
    assert "Làm bài" in secretary.labels, "the quiz came last"
    await secretary.says("ĐỒNG Ý")
    assert "Nguyễn Văn An" in secretary.last
    await secretary.says("9")
    assert "không có lựa chọn" not in secretary.last, "a list of words alone has no numbers"


async def test_the_words_of_a_question_count_after_one_s_own_menu(talk: Talk) -> None:
    secretary, an = await secretary_of(talk), await talk.member("Nguyễn Văn An")
    await asks_to_be_absent(an)
    await talk.deliver()
    await secretary.says("menu")
    await secretary.says("tôi sẽ dự")
    await secretary.says("Đồng ý")
    assert "Nguyễn Văn An" in secretary.last


async def test_words_of_an_older_list_are_an_opinion_where_one_is_asked_for(talk: Talk) -> None:
    secretary, an = await secretary_of(talk), await talk.member("Nguyễn Văn An")
    await asks_to_be_absent(an)
    await talk.deliver()
    await secretary.says("ý kiến")
    await secretary.says("Đồng ý")
    assert "Nguyễn Văn An" not in secretary.last
    await secretary.taps("Gửi cả chi bộ")
    assert await opinions_stored(talk) == 1


async def test_the_words_of_a_notice_count_beside_a_step_with_numbers_of_its_own(talk: Talk) -> None:
    secretary, an = await secretary_of(talk), await talk.member("Nguyễn Văn An")
    await secretary.says("ý kiến")
    await secretary.says("Đề nghị lắp thêm đèn")
    await asks_to_be_absent(an)
    await talk.deliver()
    await secretary.says("dong y")
    assert "Nguyễn Văn An" in secretary.last
    assert await opinions_stored(talk) == 0


async def test_a_notice_on_its_way_is_answered_in_words_and_not_by_number(talk: Talk) -> None:
    secretary, an = await secretary_of(talk), await talk.member("Nguyễn Văn An")
    await talk.deliver()
    await asks_to_be_absent(an)
    (letter,) = await talk.home.store.write(claim, Due(talk.channel, talk.now), 9)
    say = await render(talk.home, talk.router, letter, talk.now)
    assert say is not None
    for _ in range(2):  # sent again after a crash
        await talk.home.store.write(expect_words, [Notice(letter.channel, letter.chat, say, talk.now)])
    standing = await talk.home.store.read(talk.standing_of, secretary.user)
    keys = {one.label: one.key for one in standing.offered}
    assert (keys["Đồng ý"], keys["Trao đổi thêm"]) == ("", "")
    await secretary.says("đồng ý")
    assert "Nguyễn Văn An" in secretary.last


async def asks_to_be_absent(person: Person) -> None:
    await person.says("xin vắng")
    await person.taps("Ốm đau")
