"""What members do on their pages: answer the invitation, check in, write an opinion."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from meetings.checkin_run import close_checkin, open_checkin
from meetings.tables import (
    Attendance,
    CheckinTry,
    ExcuseReason,
    Meeting,
    MeetingState,
    Rsvp,
    RsvpAnswer,
    RsvpChange,
)
from members.tables import Purpose
from opinions.letters import MOST_LETTERS
from opinions.tables import Opinion, Visibility
from tests.support.forms import Shown, opened
from tests.unit.meetings.checkin_room import RULES, STARTS
from tests.unit.web.pages_scene import Scene


async def answers(scene: Scene) -> list[tuple[RsvpAnswer, ExcuseReason | None]]:
    rows: list[Rsvp] = await scene.look(lambda session: list(session.scalars(select(Rsvp))))
    return [(row.answer, row.reason) for row in rows]


async def test_the_invitation_is_answered_and_answered_anew(scene: Scene) -> None:
    page = await scene.opens(Purpose.RSVP, scene.meeting)
    assert "Lê Thị Bình" in page.text and "19 giờ 30, thứ Năm 03/12/2026" in page.text
    assert page.buttons[:2] == ["Tôi sẽ dự", "Nhờ người giúp"]
    page = await page.press("Tôi sẽ dự")
    assert "Đồng chí đã báo sẽ dự" in page.text
    assert "Tôi sẽ dự" not in page.buttons
    assert await answers(scene) == [(RsvpAnswer.COMING, None)]
    page = await page.press("Ca trực")
    assert "đang chờ bí thư xem xét" in page.text
    assert await answers(scene) == [(RsvpAnswer.EXCUSE, ExcuseReason.SHIFT)]


async def test_an_answer_sent_twice_counts_once(scene: Scene) -> None:
    page = await scene.opens(Purpose.RSVP, scene.meeting)
    sent = page.request("Ốm đau")
    for _ in range(2):
        assert (await scene.client.post(**sent)).status_code == 200
    history = await scene.look(lambda session: list(session.scalars(select(RsvpChange))))
    assert len(history) == 1


async def test_a_forged_answer_is_refused_or_taken_as_what_it_is(scene: Scene) -> None:
    path = await scene.link(Purpose.RSVP, scene.meeting)
    for data in ({}, {"answer": "excuse"}, {"answer": "x"}, {"reason": "x"}):
        assert (await scene.client.post(path, data=data)).status_code == 422
    assert await answers(scene) == []
    await scene.client.post(path, data={"answer": "coming", "reason": "x"})
    assert await answers(scene) == [(RsvpAnswer.COMING, None)]


@pytest.mark.parametrize(
    ("state", "minutes", "words"),
    [
        (MeetingState.PLANNED, 0, "đã bắt đầu hoặc đã qua"),
        (MeetingState.CANCELLED, -60, "không tổ chức nữa"),
        (MeetingState.TO_CONFIRM, -60, "chờ bí thư xác nhận"),
    ],
)
async def test_a_meeting_that_takes_no_answers_says_why(
    scene: Scene, state: MeetingState, minutes: int, words: str
) -> None:
    path = await scene.link(Purpose.RSVP, scene.meeting)
    before = await opened(scene.client, path)
    await scene.change(lambda session: setattr(session.get_one(Meeting, scene.meeting), "state", state))
    scene.now = STARTS + timedelta(minutes=minutes)
    page = await opened(scene.client, path)
    assert words in page.text and page.buttons == []
    late = await before.press("Tôi sẽ dự")
    assert late.status == 409 and words in late.text
    assert await answers(scene) == []


async def at_the_door(scene: Scene) -> Shown:
    scene.now = STARTS - timedelta(minutes=10)
    await scene.room.store.write(open_checkin, scene.secretary, scene.meeting, scene.now, RULES)
    return await scene.opens(Purpose.CHECKIN, scene.meeting)


async def presences(scene: Scene) -> list[int]:
    rows: list[Attendance] = await scene.look(lambda session: list(session.scalars(select(Attendance))))
    return [row.member_id for row in rows]


async def test_the_six_digits_of_the_room_put_one_on_the_list(scene: Scene) -> None:
    page = await at_the_door(scene)
    code = await scene.room.code(scene.meeting, scene.now)
    page = await page.press("Tôi có mặt", code=f"{code[:3]} {code[3:]}")
    assert "được ghi có mặt lúc 19 giờ 20" in page.text
    assert page.buttons == []
    assert await presences(scene) == [scene.me.member_id]


async def test_a_wrong_code_sent_twice_is_one_try(scene: Scene) -> None:
    page = await at_the_door(scene)
    sent = page.request("Tôi có mặt", code="000000")
    for _ in range(3):
        answer = await scene.client.post(**sent)
        assert answer.status_code == 422 and "Còn 4 lần nhập" in answer.text
    tries = await scene.look(lambda session: session.scalars(select(CheckinTry)).one().wrong)
    assert tries == 1


async def test_five_wrong_codes_rest(scene: Scene) -> None:
    page = await at_the_door(scene)
    for _ in range(4):
        page = await page.press("Tôi có mặt", code="000000")
    page = await page.press("Tôi có mặt", code="000000")
    assert page.status == 429 and "báo thư ký ghi hộ" in page.text
    code = await scene.room.code(scene.meeting, scene.now)
    assert (await page.press("Tôi có mặt", code=code)).status == 429
    assert await presences(scene) == []


async def test_what_is_no_code_is_no_try(scene: Scene) -> None:
    page = await at_the_door(scene)
    for typed in ("", "12345", "1234567", "abc", "１２３４５６", "<b>1</b>", "ci-1-2-3"):
        page = await page.press("Tôi có mặt", code=typed)
        assert page.status == 422 and "6 chữ số" in page.text, typed
    assert await scene.look(lambda session: session.scalar(select(CheckinTry))) is None


async def test_the_token_of_the_picture_does_as_well(scene: Scene) -> None:
    await at_the_door(scene)
    token = await scene.room.token(scene.meeting, scene.now)
    page = await opened(scene.client, f"{await scene.link(Purpose.CHECKIN, scene.meeting)}?ma={token}")
    page = await page.press("Tôi có mặt")
    assert "được ghi có mặt" in page.text
    scene.now += timedelta(minutes=2)
    other = await scene.opens(Purpose.CHECKIN, scene.meeting, scene.secretary)
    late = await other.press("Tôi có mặt", code=f"https://t.me/bot?start={token}")
    assert late.status == 409 and "đã hết hạn" in late.text


async def test_before_and_after_check_in_the_page_says_what_to_do(scene: Scene) -> None:
    page = await scene.opens(Purpose.CHECKIN, scene.meeting)
    assert "không có buổi sinh hoạt" in page.text and page.buttons == []
    page = await at_the_door(scene)
    code = await scene.room.code(scene.meeting, scene.now)
    await scene.room.store.write(close_checkin, scene.secretary, scene.meeting, scene.now, RULES)
    page = await page.press("Tôi có mặt", code=code)
    assert "chuyển bí thư xem" in page.text
    assert "đã đóng" in (await scene.opens(Purpose.CHECKIN, scene.meeting)).text


async def opinions(scene: Scene) -> list[tuple[str, Visibility]]:
    rows: list[Opinion] = await scene.look(lambda session: list(session.scalars(select(Opinion))))
    return [(row.text, row.visibility) for row in rows]


@pytest.mark.parametrize(
    ("button", "visibility", "words"),
    [
        ("Gửi cả chi bộ", Visibility.BRANCH, "đã gửi tới cả chi bộ"),
        ("Chỉ gửi chi ủy", Visibility.COMMITTEE, "chỉ chi ủy của chi bộ đọc được"),
    ],
)
async def test_an_opinion_goes_where_the_button_says(
    scene: Scene, button: str, visibility: Visibility, words: str
) -> None:
    page = await scene.opens(Purpose.OPINION)
    page = await page.press(button, text="Đề nghị sửa đèn đường.\r\nDòng hai.")
    assert "Ý kiến số 01" in page.text and words in page.text
    assert await opinions(scene) == [("Đề nghị sửa đèn đường.\nDòng hai.", visibility)]
    again = await opened(scene.client, page.path)  # loaded again
    assert again.text == page.text and len(await opinions(scene)) == 1
    assert "Viết ý kiến khác" in page.text


async def test_an_opinion_sent_twice_is_one_and_the_next_another(scene: Scene) -> None:
    page = await scene.opens(Purpose.OPINION)
    sent = page.request("Gửi cả chi bộ", text="Một")
    for _ in range(2):
        assert "Ý kiến số 01" in (await scene.client.post(**sent)).text
    page = await opened(scene.client, page.path)
    await page.press("Gửi cả chi bộ", text="Hai")
    assert [text for text, _ in await opinions(scene)] == ["Một", "Hai"]


async def test_what_cannot_be_sent_stays_in_the_form(scene: Scene) -> None:
    page = await scene.opens(Purpose.OPINION)
    for text, words in (("  \n ", "chưa có chữ nào"), ("ô" * (MOST_LETTERS + 1), "2001 ký tự")):
        page = await page.press("Gửi cả chi bộ", text=text)
        assert page.status == 422 and words in page.text
        assert dict(page.forms[0].fields)["text"] == text
    assert await opinions(scene) == []
    assert "số 01" in (await page.press("Chỉ gửi chi ủy", text="Ngắn")).text


async def test_hostile_words_stay_words(scene: Scene) -> None:
    hostile = "</textarea><script>alert(1)</script>\"' {{ 7*7 }} \u202e"
    page = await scene.opens(Purpose.OPINION)
    page = await page.press("Gửi cả chi bộ", text=hostile + "x" * MOST_LETTERS)
    assert dict(page.forms[0].fields)["text"].startswith(hostile)
    await page.press("Gửi cả chi bộ", text=hostile)
    assert [text for text, _ in await opinions(scene)] == [hostile.replace("\u202e", "").strip()]


async def test_hostile_places_and_agendas_stay_words(scene: Scene) -> None:
    hostile = '"><img src=x onerror=alert(1)>{{ 7*7 }}<b>'
    await scene.change(lambda session: _place(session, scene.meeting, hostile))
    page = await scene.opens(Purpose.RSVP, scene.meeting)
    assert page.text.count(hostile) == 4
    assert "Chi bộ <khu phố> 5" in page.text


def _place(session: Session, meeting: int, place: str) -> None:
    found = session.get_one(Meeting, meeting)
    found.place, found.topic, found.agenda = place, place, f"{place}\n{place}"
