"""Pages beside the chat: links on request, links in messages without buttons, one attempt in both."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.channels.lists import listed
from bot.language import Kind
from members.tables import PageLink, PostKind
from quizzes.tables import Attempt
from tests.conversation import checkin_scene
from tests.conversation.month import goes, secretary_of
from tests.conversation.pages_scene import browser, follows, links_in, speak_on
from tests.conversation.test_office import roster
from tests.conversation.test_quiz import attempts_of, letter, open_round
from tests.support.forms import opened, shown
from tests.support.talk import Talk
from tests.unit.web.test_pages_quiz import option


async def test_an_attempt_half_in_chat_half_on_the_page_is_one(talk: Talk) -> None:
    speak_on(talk, "zalo_bot")
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 4)
    await talk.deliver()
    await an.taps("Làm bài")
    await an.taps(letter(an, "đúng"))
    await an.says("link")
    async with browser(talk) as client:
        page = await follows(an, "Làm bài bằng trang", client)
        assert "Câu 2/4" in page.text
        page = await page.press(option(page, "đúng"))
        stale = page.request(option(page, "sai"))
        await an.says("làm bài")  # back in the chat
        assert "Câu 3/4" in an.last
        await an.taps(letter(an, "đúng"))
        assert "Câu 4/4" in an.last
        late = await client.post(**stale)  # the page still shows question 3
        assert "Câu 3 đã ghi trước đó nên giữ nguyên" in late.text
        page = await opened(client, late.url.path)
        page = await page.press(option(page, "sai"))
        assert "đúng 3/4 câu" in page.text
    await an.says("trắc nghiệm")
    assert "đã làm bài, đúng 3/4" in an.last
    (only,) = await attempts_of(talk)
    assert (only.answered, only.correct) == (4, 3)
    assert len(await talk.home.store.read(lambda s: list(s.scalars(select(Attempt))))) == 1


async def test_a_letter_for_a_question_answered_on_the_page_changes_nothing(
    talk: Talk,
) -> None:
    speak_on(talk, "zalo_bot")
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 3)
    await talk.deliver()
    await an.taps("Làm bài")
    right = letter(an, "đúng")
    await an.says("link")
    async with browser(talk) as client:
        page = await follows(an, "Làm bài bằng trang", client)
        await page.press(option(page, "đúng"))
    await an.says(right)
    assert "Câu 2/3" in an.last
    (only,) = await attempts_of(talk)
    assert only.answered == 1


async def test_link_brings_what_there_is_to_do(talk: Talk) -> None:
    speak_on(talk, "telegram")
    await secretary_of(talk)
    an = await talk.member("Nguyễn Văn An")
    await an.says("link")
    assert list(links_in(an.heard[-1])) == ["Trả lời giấy mời", "Viết ý kiến bằng trang"]
    await open_round(talk, 2)
    await an.says("LINK")
    assert list(links_in(an.heard[-1])) == [
        "Trả lời giấy mời",
        "Làm bài bằng trang",
        "Viết ý kiến bằng trang",
    ]
    async with browser(talk) as client:
        page = await follows(an, "Trả lời giấy mời", client)
        page = await page.press("Tôi sẽ dự")
        page = await follows(an, "Viết ý kiến bằng trang", client)
        await page.press("Chỉ gửi chi ủy", text="Đề nghị họp đúng giờ")
    await an.says("lịch")
    assert "Đồng chí đã báo sẽ dự" in an.last
    await an.says("ý kiến của tôi")
    assert "Đề nghị họp đúng giờ" in an.last and "chỉ gửi chi ủy" in an.last


async def test_link_in_the_middle_of_an_opinion_loses_nothing(talk: Talk) -> None:
    speak_on(talk, "zalo_bot")
    an = await talk.member("Nguyễn Văn An")
    await an.says("ý kiến")
    await an.says("Một ý kiến dở dang")
    await an.says("link")
    await an.says("Chỉ gửi chi ủy")
    assert "Ý kiến số 01" in an.last


async def test_check_in_by_the_link_of_the_chat(talk: Talk) -> None:
    speak_on(talk, "zalo_bot")
    secretary = await talk.member("Phạm Thị Thư", "Chi bộ 1", PostKind.SECRETARY)
    an = await talk.member("Nguyễn Văn An")
    meeting = await checkin_scene.meeting(talk)
    await secretary.says("mở điểm danh")
    await talk.deliver()
    async with browser(talk) as client:
        page = await follows(an, "Điểm danh bằng trang", client)
        page = await page.press("Tôi có mặt", code=await checkin_scene.code(talk, meeting))
    assert "có mặt" in page.text
    await an.says("có mặt")
    assert "đã được ghi có mặt" in an.last
    await an.says("link")
    assert "Điểm danh bằng trang" not in links_in(an.heard[-1])


async def test_messages_without_buttons_carry_one_line_more_and_are_no_more(talk: Talk) -> None:
    heard = {}
    for kind in ("telegram", "zalo_bot"):
        speak_on(talk, kind)
        branch = f"Chi bộ {kind}"
        await secretary_of(talk, branch)
        an = await talk.member("Nguyễn Văn An", branch)
        talk.now = talk.now.replace(month=11, day=25)
        await goes(talk, "2026-11-26 08:00")
        heard[kind] = [say for say in an.heard if say.choices]
    assert len(heard["telegram"]) == len(heard["zalo_bot"])
    assert links_in(heard["telegram"][-1]) == {}
    (invitation,) = [say for say in heard["zalo_bot"] if links_in(say)]
    lines = listed(invitation.choices).plain.splitlines()
    assert lines[:3] == ["1. Tôi sẽ dự", "2. Xin vắng", "3. Nhờ người giúp"]
    assert lines[3].startswith("Trả lời giấy mời: http://127.0.0.1:8080/trang/") and len(lines) == 4


async def test_where_phones_cannot_open_pages_none_are_offered(talk: Talk) -> None:
    speak_on(talk, "zalo_bot", api_base="")
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 2)
    await talk.deliver()
    assert links_in(an.heard[-1]) == {}
    await an.says("link")
    assert "chưa mở được trang riêng" in an.last
    assert await talk.home.store.read(lambda s: list(s.scalars(select(PageLink)))) == []


async def test_a_link_speaks_the_language_of_its_owner(talk: Talk) -> None:
    speak_on(talk, "telegram")
    an = await talk.member("Nguyễn Văn An")
    await an.says("english")
    await an.says("page")
    async with browser(talk) as client:
        assert "Your opinion" in (await follows(an, "Write an opinion on a page", client)).text


async def test_leaving_in_chat_closes_the_open_page(talk: Talk) -> None:
    speak_on(talk, "telegram")
    an = await talk.member("Nguyễn Văn An")
    await an.says("link")
    async with browser(talk) as client:
        page = await follows(an, "Viết ý kiến bằng trang", client)
        await an.says("rút lại đồng ý")
        await an.taps("Đúng, rút lại")
        late = await page.press("Gửi cả chi bộ", text="Sau khi rời")
        assert late.status == 403


@pytest.mark.channels("zalo_bot", why="the others hand over what is in a file")
async def test_a_file_without_content_is_sent_on_a_page_instead(talk: Talk) -> None:
    speak_on(talk, "zalo_bot")
    office = await talk.member("Lê Văn Phòng", "Chi bộ 1", PostKind.OFFICE, above=True)
    an = await talk.member("Nguyễn Văn An")
    await an.sends(Kind.FILE)
    assert "chưa cần tệp" in an.last and links_in(an.heard[-1]) == {}
    for ask in (office.sends(Kind.FILE), office.says("nhập danh sách")):
        await ask
        assert "Zalo không chuyển được nội dung tệp" in office.last
    async with browser(talk) as client:
        page = await follows(office, "Gửi tệp qua trang", client)
        files = {page.forms[0].upload: ("ds.xlsx", roster("Trần Thị Ba", "Lý Văn Tư"))}
        page = shown(client, await client.post(page.path, data={"deed": "send"}, files=files))
        page = await page.press("Nhập")
    assert "Đã nhập danh sách đảng viên" in page.text
    await office.says("ai đã tham gia")
    assert "Chi bộ 7" in office.last


@pytest.mark.channels("zalo_bot", why="the others hand over what is in a file")
async def test_where_no_page_opens_a_file_is_the_administrators_affair(talk: Talk) -> None:
    speak_on(talk, "zalo_bot", api_base="")
    office = await talk.member("Lê Văn Phòng", "Chi bộ 1", PostKind.OFFICE, above=True)
    await office.sends(Kind.FILE)
    assert "nhờ người quản trị" in office.last


async def test_elsewhere_the_office_sends_files_in_chat(talk: Talk) -> None:
    speak_on(talk, "telegram")
    office = await talk.member("Lê Văn Phòng", "Chi bộ 1", PostKind.OFFICE, above=True)
    await office.says("nhập danh sách")
    assert "gửi vào đây tệp Excel" in office.last and links_in(office.heard[-1]) == {}
