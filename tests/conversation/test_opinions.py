"""Writing an opinion, its number, its answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.language import Kind
from locales.text import Span
from meetings.tables import Attendance, Means, Meeting, MeetingState, Presence
from members.tables import PostKind
from opinions.prompts import due_after, due_before, run_due
from opinions.tables import Opinion
from tests.support.talk import Person, Talk, branch

MEETING = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)


def _opinions(session: Session) -> list[tuple[int, str, str, str]]:
    rows = session.scalars(select(Opinion).order_by(Opinion.id))
    return [(row.number, row.text, row.visibility.value, row.state.value) for row in rows]


async def _write(person: Person, text: str, choice: str = "Gửi cả chi bộ") -> None:
    await person.says("ý kiến")
    await person.says(text)
    await person.taps(choice)


@pytest.mark.parametrize("word", ["ý kiến", "Y KIEN", "góp ý", "gop y"])
async def test_from_word_to_number(talk: Talk, word: str) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says(word)
    assert "thực trạng – nguyên nhân – giải pháp" in an.last
    await an.says("Đèn đường tổ 5 hỏng")
    assert an.labels == ["Gửi cả chi bộ", "Chỉ gửi chi ủy", "Sửa lại"]
    assert await talk.look(_opinions) == []
    await an.taps("Gửi cả chi bộ")
    assert "số 01" in an.last
    assert await talk.look(_opinions) == [(1, "Đèn đường tổ 5 hỏng", "branch", "received")]


async def test_the_menu_leads_there(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.presses("op")
    await an.says("Chỉ mấy chữ")
    await an.taps("Chỉ gửi chi ủy")
    assert "chỉ chi ủy" in an.last
    assert await talk.look(_opinions) == [(1, "Chỉ mấy chữ", "committee", "received")]


async def test_every_update_twice_and_every_button_twice(talk: Talk) -> None:
    talk.twice = True
    an = await talk.member("Nguyễn Văn An")
    secretary = await talk.member("Trần Thị Chi", "Chi bộ 1", PostKind.SECRETARY)
    await an.says("ý kiến")
    await an.says("Một lần thôi")
    button = an.data_of("Gửi cả")
    await an.taps("Gửi cả")
    assert "số 01" in an.last
    await an.presses(button)
    assert "đã được gửi" in an.last
    assert await talk.look(_opinions) == [(1, "Một lần thôi", "branch", "received")]
    await secretary.says("ý kiến chờ trả lời")
    await secretary.taps("Đang xem xét")
    await secretary.says("ý kiến chờ trả lời")
    await secretary.taps("Trả lời")
    await secretary.says("Đã thay đèn ngày 01/12")
    assert (
        await talk.deliver() == 1
    )  # the answer has overtaken the first step; the chair's is no longer needed
    assert "Đã thay đèn" in an.last


async def test_write_again(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("ý kiến")
    await an.says("Bản nháp")
    old = an.data_of("Gửi cả")
    await an.taps("Sửa lại")
    await an.says("Bản chỉ cho chi ủy")
    await an.presses(old)
    assert "đã được gửi hoặc đã được viết lại" in an.last
    assert await talk.look(_opinions) == []
    await an.presses(an.data_of("Chỉ gửi chi ủy"))
    assert await talk.look(_opinions) == [(1, "Bản chỉ cho chi ủy", "committee", "received")]


async def test_typing_on_instead_of_choosing_loses_nothing(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("ý kiến")
    await an.says("Ý chính")
    await an.says("à còn nữa")
    assert "Ý chính" in an.last
    await an.sends(Kind.STICKER)
    await an.says("chi gui chi uy")
    assert await talk.look(_opinions) == [(1, "Ý chính", "committee", "received")]


@pytest.mark.parametrize("kind", [Kind.STICKER, Kind.VOICE, Kind.PHOTO, Kind.PLACE])
async def test_other_than_text_is_answered_and_the_step_stays(talk: Talk, kind: Kind) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("ý kiến")
    told = await an.sends(kind)
    assert "chữ" in an.last if told else (talk.channel, kind) == ("zalo_bot", Kind.PLACE), "never handed over"
    await an.sends_file("anh.png", b"x")
    assert "chữ" in an.last
    await an.says("Đây rồi")
    assert "Gửi cả chi bộ" in an.labels


async def test_too_long_says_the_limit_and_waits(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("ý kiến")
    await an.says("ộ" * 4096)
    assert "4096" in an.last
    assert "2000" in an.last
    await an.says("ộ" * 2000)
    await an.taps("Gửi cả chi bộ")
    assert "số 01" in an.last
    await an.says("ý kiến của tôi")
    assert "ộ" * 2000 in an.last


async def test_empty_and_invisible(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("ý kiến")
    await an.says("   ")
    assert "chưa có nội dung" in an.last
    await an.says("\u202e\u200b")
    assert an.labels == ["Ý kiến của tôi", "Ý kiến chi bộ"]
    assert await talk.look(_opinions) == []


async def test_hostile_letters_stay_letters(talk: Talk) -> None:
    an = await talk.member("<b>An</b>\u202e")
    await _write(an, "<b>đậm</b> {name} &amp;\u202e đảo")
    binh = await talk.member("Lê Thị Bình")
    await binh.says("ý kiến chi bộ")
    spans: tuple[Span, ...] = binh.heard[-1].text.spans
    assert any("<b>đậm</b> {name} &amp; đảo" in span.text and not span.bold for span in spans)


async def test_answered_and_told(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    secretary = await talk.member("Trần Thị Chi", "Chi bộ 1", PostKind.SECRETARY)
    await _write(an, "Xin thêm ghế", "Chỉ gửi chi ủy")
    await talk.deliver()
    assert "01 ý kiến" in secretary.last
    await secretary.presses(secretary.data_of("Xem ý kiến"))
    assert "Xin thêm ghế" in secretary.last
    assert "Nguyễn Văn An" in secretary.last
    assert secretary.labels == ["Trả lời", "Đang xem xét", "Chuyển cấp trên"]
    await secretary.taps("Đang xem xét")
    await talk.deliver()
    assert "số 01" in an.last
    assert "xem xét" in an.last
    await secretary.taps("Tiếp")
    assert secretary.labels == ["Trả lời", "Chuyển cấp trên"]
    await secretary.taps("Trả lời")
    await secretary.sends(Kind.VOICE)
    await secretary.says("ộ" * 1001)
    assert "1000" in secretary.last
    await secretary.says("Đã đặt mua 10 ghế")
    assert "đã trả lời" in secretary.last
    await talk.deliver()
    assert "Đã đặt mua 10 ghế" in an.last
    await secretary.taps("Tiếp")
    assert "không có ý kiến nào" in secretary.last
    await an.says("y kien cua toi")
    assert "đã trả lời" in an.last
    assert "Đã đặt mua 10 ghế" in an.last


async def test_pages_of_waiting_ones(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    secretary = await talk.member("Trần Thị Chi", "Chi bộ 1", PostKind.DEPUTY)
    for text in ("một", "hai", "ba"):
        await _write(an, text)
    seen = []
    await secretary.says("ý kiến chờ trả lời")
    for _ in range(3):
        seen.append(secretary.last.splitlines()[2])
        if "Tiếp" in secretary.labels[-1]:
            await secretary.taps("Tiếp")
    assert seen == ["một", "hai", "ba"]
    await secretary.taps("Chuyển cấp trên")
    await secretary.says("ý kiến chờ trả lời")
    assert "còn 1" in secretary.labels[-1]


async def test_a_late_press_gets_a_clear_sentence(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    secretary = await talk.member("Trần Thị Chi", "Chi bộ 1", PostKind.SECRETARY)
    await _write(an, "Xin thêm ghế")
    await secretary.says("ý kiến chờ trả lời")
    consider = secretary.data_of("Đang xem xét")
    await secretary.taps("Trả lời")
    await secretary.says("Đã mua")
    await secretary.presses(consider)
    assert "không đổi lại được" in secretary.last
    assert await talk.look(_opinions) == [(1, "Xin thêm ghế", "branch", "answered")]


async def test_an_answer_after_losing_the_post_is_refused(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await _write(an, "Xin thêm ghế")
    await an.presses("op-ans:1")
    refused = an.last
    await an.presses("op-ans:999")
    assert an.last == refused


@pytest.mark.parametrize(
    "data",
    ["op-go:branch:", "op-go:committee:00000000", "op-my:-1", "op-all:999999", "op-my:abc", "op-go:x:y"],
)
async def test_forged_buttons_do_nothing(talk: Talk, data: str) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.presses(data)
    assert an.last
    assert "trục trặc" not in an.last
    assert await talk.look(_opinions) == []


def _meeting(session: Session, state: MeetingState, *there: int) -> None:
    meeting = Meeting(
        branch_id=branch(session).id,
        period="2026-12",
        starts_at=MEETING,
        place="Nhà văn hóa",
        state=state,
        checkin_key="0" * 32,
        screen_token="screen",
    )
    session.add(meeting)
    session.flush()
    for member in there:
        session.add(
            Attendance(
                meeting_id=meeting.id,
                member_id=member,
                presence=Presence.PRESENT,
                means=Means.CODE,
                at=MEETING,
            )
        )


async def test_asked_before_the_meeting_once(talk: Talk) -> None:
    times = talk.home.settings.timetable
    an, binh = await talk.member("Nguyễn Văn An"), await talk.member("Lê Thị Bình")
    await talk.home.store.write(_meeting, MeetingState.PLANNED)
    talk.now = due_before(MEETING, times)
    for _ in range(2):
        await talk.home.store.write(run_due, talk.now, times)
    await _write(binh, "Viết trước khi tin tới")
    assert await talk.deliver() == 1
    assert "19 giờ 30" in an.last
    await an.presses(an.data_of("Viết ý kiến"))
    await an.says("Ý của An")
    await an.taps("Gửi cả chi bộ")
    phases = await talk.look(lambda s: list(s.scalars(select(Opinion.phase))))
    assert phases == ["before", "before"]


async def test_thanked_after_the_meeting(talk: Talk) -> None:
    times = talk.home.settings.timetable
    an, binh = await talk.member("Nguyễn Văn An"), await talk.member("Lê Thị Bình")
    await talk.home.store.write(_meeting, MeetingState.HELD, an.member_id)
    talk.now = due_after(MEETING, times)
    for _ in range(2):
        await talk.home.store.write(run_due, talk.now, times)
    assert await talk.deliver() == 1
    assert "cảm ơn" in an.last.lower()
    assert "12/2026" in an.last
    assert binh.heard == []
    talk.now += timedelta(hours=1)
    await an.presses(an.data_of("Viết ý kiến"))
    await an.says("Nên họp ngắn hơn")
    await an.taps("Gửi cả")
    assert await talk.look(lambda s: s.scalar(select(func.count()).where(Opinion.phase == "after"))) == 1


async def test_who_leaves_is_no_longer_named(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    secretary = await talk.member("Trần Thị Chi", "Chi bộ 1", PostKind.SECRETARY)
    await _write(an, "Trước khi đi")
    await an.says("rút lại đồng ý")
    await an.taps(an.labels[0])
    await secretary.says("ý kiến chi bộ")
    assert "Trước khi đi" in secretary.last
    assert "Nguyễn Văn An" not in secretary.last
