"""Who runs check-in: opens, ticks names, closes, counts heads, confirms."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from meetings.tables import ExcuseReason, ExcuseState, MeetingState, Presence, Rsvp, RsvpAnswer
from members.tables import AuditEntry, MemberStatus, PostKind
from tests.conversation.checkin_scene import STARTS, code, meeting, presences, state
from tests.support.talk import Person, Talk

NAMES = [
    f"Nguyễn Văn {name}" for name in ("Ân", "Bảo", "Cường", "Dũng", "Giang", "Hải", "Khánh", "Lâm", "Minh")
]


async def branch_of_ten(talk: Talk) -> tuple[Person, list[Person], int]:
    """Secretary Trần Thị An (number 1 on the list), nine members after her, a meeting in ten minutes."""
    people = [await talk.member(name) for name in NAMES]
    secretary = await talk.member("Trần Thị An", "Chi bộ 1", PostKind.SECRETARY)
    return secretary, people, await meeting(talk)


async def excuse(talk: Talk, held: int, person: Person, decided: ExcuseState) -> None:
    def ask(session: Session) -> None:
        values = {"answer": RsvpAnswer.EXCUSE, "reason": ExcuseReason.ILL, "excuse": decided}
        session.add(Rsvp(meeting_id=held, member_id=person.member_id, at=STARTS, **values))

    await talk.home.store.write(ask)


async def test_from_opening_to_the_confirmed_list(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    await excuse(talk, held, people[0], ExcuseState.APPROVED)
    await an.says("điểm danh")
    assert "19 giờ 30" in an.last
    await an.taps("Mở điểm danh")
    assert "/man-hinh/" in an.last
    assert await talk.deliver() == 8, "not the opener, not the excused"
    await an.says(await code(talk, held))
    for person in people[1:8]:
        await person.says(await code(talk, held))
    await an.says("đóng điểm danh")
    assert "Máy ghi 8 người" in an.last
    assert "vắng có lý do 1, vắng không lý do 1" in an.last
    await an.says("7")
    assert "thừa 1 tên" in an.last
    await an.taps("Xem danh sách")
    await an.taps("✅ 4.")
    await an.taps("Xong danh sách")
    await an.taps("Đúng 7 người")
    assert "Khớp" in an.last
    await an.taps("Xác nhận danh sách")
    assert "7/10 (70,0 %)" in an.last
    assert await state(talk, held) is MeetingState.HELD
    stored = await presences(talk, held)
    assert len(stored) == 10
    assert stored[people[0].member_id] is Presence.EXCUSED
    assert stored[people[8].member_id] is Presence.ABSENT
    told = "\n".join(say.text.plain for person in people for say in person.heard)
    assert "vắng" not in told


async def test_confirming_twice_and_opening_twice_is_harmless(talk: Talk) -> None:
    talk.twice = True
    an, people, held = await branch_of_ten(talk)
    await an.says("mở điểm danh")
    await an.says("mở điểm danh")
    assert await talk.deliver() == 9
    await people[0].says(await code(talk, held))
    await an.says("đóng điểm danh")
    await an.taps("Đúng 1 người")
    confirm = an.data_of("Xác nhận danh sách")
    await an.taps("Xác nhận danh sách")
    await an.presses(confirm)
    assert "1/10" in an.last
    log = await talk.home.store.read(lambda s: list(s.scalars(select(AuditEntry.action))))
    assert log.count("checkin.confirm") == 1
    assert log.count("checkin.open") == 1


async def test_typed_names_and_numbers(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    await an.says("mở điểm danh")
    await an.says("có mặt nguyen van bao")
    assert "Nguyễn Văn Bảo: có mặt" in an.last
    await an.says("co mat 4, 5 và Nguyễn Văn Hải")
    await an.says("đến muộn 8")
    await an.says("vắng có lý do 9")
    await an.says("vắng mặt 4")
    stored = await presences(talk, held)
    by_name = {person.name: stored.get(person.member_id) for person in people}
    assert by_name["Nguyễn Văn Bảo"] is Presence.PRESENT
    assert by_name["Nguyễn Văn Cường"] is Presence.ABSENT
    assert by_name["Nguyễn Văn Dũng"] is Presence.PRESENT
    assert by_name["Nguyễn Văn Hải"] is Presence.PRESENT
    assert by_name["Nguyễn Văn Khánh"] is Presence.LATE
    assert by_name["Nguyễn Văn Lâm"] is Presence.EXCUSED
    await an.says("có mặt Nguyễn Văn Zét, 2")
    assert "nguyen van zet" in an.last
    assert "Chưa ghi ai" in an.last


async def test_same_name_is_asked(talk: Talk) -> None:
    an, _, held = await branch_of_ten(talk)
    twin = await talk.member("Lê Văn Bảo")
    await an.says("mở điểm danh")
    await an.says("có mặt Bảo")
    assert len(an.labels) == 2
    label = next(label for label in an.labels if "Lê Văn Bảo" in label)
    await an.taps(label)
    assert await presences(talk, held) == {twin.member_id: Presence.PRESENT}


async def test_all_present_except_from_paper_next_day(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    await excuse(talk, held, people[8], ExcuseState.APPROVED)
    exempt = await talk.member("Cụ Miễn", status=MemberStatus.EXEMPT)
    talk.now = STARTS + timedelta(days=1)
    await an.says("mở điểm danh")
    assert "danh sách giấy" in an.last
    assert await talk.deliver() == 0, "nobody is invited to a meeting that is over"
    await an.says("tất cả có mặt trừ 3, 7")
    assert "Có mặt 7/10" in an.last
    await an.taps("Xong danh sách")
    await an.taps("Đúng 7")
    await an.taps("Xác nhận")
    stored = await presences(talk, held)
    assert stored[people[1].member_id] is Presence.ABSENT
    assert stored[people[5].member_id] is Presence.ABSENT
    assert stored[people[8].member_id] is Presence.EXCUSED
    assert exempt.member_id not in stored


async def test_pages_and_ticks(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    await an.says("mở điểm danh")
    await an.says("danh sách")
    assert sum("Nguyễn" in label or "Trần" in label for label in an.labels) == 8
    await an.taps("3.")
    assert an.labels[2].startswith("✅ 3.")
    await an.taps("✅ 3.")
    assert (await presences(talk, held))[people[1].member_id] is Presence.ABSENT
    await an.taps("Trang sau")
    await an.taps("10.")
    assert (await presences(talk, held))[people[8].member_id] is Presence.PRESENT
    await an.taps("Trang trước")
    assert any(label.startswith("1.") for label in an.labels)
    await an.presses(f"cklist:{held}:99999")
    assert any("10." in label for label in an.labels)


async def test_struck_out_is_not_put_back_by_code(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    await an.says("mở điểm danh")
    await people[0].says(await code(talk, held))
    await an.says("vắng mặt 2")
    await people[0].says(await code(talk, held))
    assert "thư ký" in people[0].last
    assert (await presences(talk, held))[people[0].member_id] is Presence.ABSENT


async def test_late_update_after_closing_asks_the_secretary(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    await an.says("mở điểm danh")
    await talk.deliver()
    right = await code(talk, held)
    await an.says("đóng điểm danh")
    await an.taps("Đúng 0")
    await an.taps("Xác nhận danh sách")
    await people[0].says(right)
    assert "bí thư" in people[0].last
    assert (await presences(talk, held))[people[0].member_id] is Presence.ABSENT
    await talk.deliver()
    assert people[0].name in an.last
    await an.presses(an.data_of("Giữ nguyên"))
    assert (await presences(talk, held))[people[0].member_id] is Presence.ABSENT
    await an.presses(an.data_of("Ghi có mặt"))
    assert (await presences(talk, held))[people[0].member_id] is Presence.PRESENT
    log = await talk.home.store.read(lambda s: list(s.scalars(select(AuditEntry.action))))
    assert "checkin.admit" in log


async def test_list_changed_since_it_was_counted(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    await an.says("mở điểm danh")
    await people[0].says(await code(talk, held))
    await an.says("đóng điểm danh")
    await an.taps("Đúng 1")
    stale = an.data_of("Xác nhận")
    await an.says("có mặt 3")
    await an.presses(stale)
    assert "thay đổi" in an.last
    assert await state(talk, held) is MeetingState.CHECKIN_CLOSED


async def test_open_again_after_closing_by_mistake(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    await an.says("mở điểm danh")
    opening = f"ckopen:{held}:0"
    await an.says("đóng điểm danh")
    await an.presses(opening)
    assert "đã đóng" in an.last
    await an.says("mở điểm danh")
    await an.taps("Mở lại")
    assert await state(talk, held) is MeetingState.CHECKIN_OPEN
    await people[0].says(await code(talk, held))
    assert len(await presences(talk, held)) == 1


async def test_too_early_cancelled_and_unconfirmed_date(talk: Talk) -> None:
    an, _, held = await branch_of_ten(talk)
    talk.now = STARTS - timedelta(minutes=31)
    await an.says("mở điểm danh")
    assert "30 phút" in an.last
    talk.now = STARTS - timedelta(minutes=30)
    await an.says("mở điểm danh")
    assert await state(talk, held) is MeetingState.CHECKIN_OPEN


async def test_read_the_code_aloud(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    await an.says("đọc mã")
    assert "chưa mở" in an.last
    await an.says("mở điểm danh")
    await an.taps("Đọc mã")
    right = await code(talk, held)
    assert an.heard[-1].picture is not None
    read_out = an.last.split(": ")[1][:7]
    await people[0].says(read_out)
    assert people[0].member_id in await presences(talk, held)
    assert right.isdigit()


async def test_clerk_runs_but_does_not_confirm(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    clerk = await talk.member("Vũ Thư Ký", "Chi bộ 1", PostKind.CLERK)
    await clerk.says("mở điểm danh")
    await people[0].says(await code(talk, held))
    await clerk.says("đóng điểm danh")
    await clerk.taps("Đúng 1")
    assert "Bí thư sẽ xác nhận" in clerk.last
    await clerk.presses(f"ckok:{held}:1:1")
    assert "chưa có quyền" in clerk.last
    await talk.deliver()
    assert "Máy ghi 1 người" in an.last
    await an.presses(an.data_of("Đúng 1"))
    await an.taps("Xác nhận")
    assert await state(talk, held) is MeetingState.HELD


async def test_forged_buttons_of_members_and_other_secretaries(talk: Talk) -> None:
    an, people, held = await branch_of_ten(talk)
    await an.says("mở điểm danh")
    eve = await talk.member("Ngô Ê", "Chi bộ 2", PostKind.SECRETARY)
    for person in (people[0], eve):
        for data in (
            f"ckopen:{held}:1",
            f"ckcode:{held}",
            f"cklist:{held}:0",
            f"cktick:{held}:{person.member_id}:1:0",
            f"ckput:{held}:{person.member_id}:present",
            f"ckclose:{held}",
            f"ckheads:{held}:3",
            f"ckok:{held}:0:0",
            f"ckadmit:{held}:{person.member_id}:present",
        ):
            await person.presses(data)
            assert "chưa có quyền" in person.last, data
    for data in ("ckput:1:1:king", "ckclose:99999999999999999999", "ckclose:-1", "cktick:1:1"):
        await an.presses(data)
        assert an.last
    await an.presses(f"cktick:{held}:{eve.member_id}:1:0")
    assert "không có trong danh sách" in an.last
    assert await presences(talk, held) == {}
    assert await state(talk, held) is MeetingState.CHECKIN_OPEN


async def test_members_words_meant_for_the_clerk(talk: Talk) -> None:
    an, people, _ = await branch_of_ten(talk)
    await an.says("mở điểm danh")
    for typed in ("đến muộn 10 phút", "vắng mặt 3", "vắng có lý do 3, 4"):
        await people[0].says(typed)
        assert "xin vắng" in people[0].last
    for opinion in ("Đến muộn là do đường ngập.", "Vắng mặt nhiều, đề nghị chi ủy xem xét"):
        await people[0].says(opinion)
        assert "Tôi chưa hiểu" in people[0].last, "left to whoever expects a text"
    await people[0].says("danh sách")
    assert "chưa có quyền" in people[0].last or "Chưa có buổi" in people[0].last


async def test_overview_asks_the_opener_to_check_in_too(talk: Talk) -> None:
    an, _, held = await branch_of_ten(talk)
    clerk = await talk.member(
        "Vũ Thư Ký", "Chi bộ 1", PostKind.CLERK, status=MemberStatus.TEMPORARILY_ELSEWHERE
    )
    await an.says("mở điểm danh")
    await an.says("điểm danh")
    assert "0/10" in an.last
    assert "Đồng chí cũng nhập" in an.last
    await an.says(await code(talk, held))
    for person in (an, clerk):
        await person.says("điểm danh")
        assert "1/10" in person.last
        assert "Đồng chí cũng nhập" not in person.last
