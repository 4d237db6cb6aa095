"""Files sent to the office: looked at first, imported only when told so."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import members.samples
from members.tables import Member, MemberStatus, PostKind
from members.workbook import MAX_BYTES
from quizzes.tables import Question
from tests.support.talk import Person, Talk

SAMPLE = Path(members.samples.__file__).parent / "danh-sach-dang-vien.xlsx"
pytestmark = pytest.mark.channels("telegram", "zalo_oa", why="a Zalo bot is handed no file's content")
HEAD = ("STT", "Họ và tên", "Chi bộ", "Diện đảng viên", "Chức vụ")


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """An .xlsx of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def roster(*names: str, branch: str = "Chi bộ 7") -> bytes:
    """A member list of one branch."""
    rows = [(n, name, branch, "Chính thức", "") for n, name in enumerate(names, start=1)]
    return workbook([HEAD, *rows])


async def an_office(talk: Talk) -> Person:
    """The Party committee office."""
    return await talk.member("Lê Văn Phòng", "Chi bộ 1", PostKind.OFFICE, above=True)


async def members_now(talk: Talk) -> int:
    """How many members there are."""

    def read(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(Member)) or 0

    return await talk.home.store.read(read)


async def test_the_sample_is_3_45_43_and_2(talk: Talk) -> None:
    office = await an_office(talk)
    await office.sends_file(SAMPLE.name, SAMPLE.read_bytes())
    assert "45" in office.last
    assert await members_now(talk) == 1
    await office.taps("Nhập")
    for part in ("03 chi bộ", "45 đảng viên", "43 chính thức", "02 dự bị", "Thêm mới 45"):
        assert part in office.last
    assert await members_now(talk) == 46


async def test_importing_twice_changes_nothing(talk: Talk) -> None:
    office = await an_office(talk)
    for expected in ("Thêm mới 2, thay đổi 0, giữ nguyên 0", "Thêm mới 0, thay đổi 0, giữ nguyên 2"):
        await office.sends_file("ds.xlsx", roster("Trần Thị Ba", "Lý Văn Tư"))
        await office.taps("Nhập")
        assert expected in office.last
    assert await members_now(talk) == 3


async def test_a_repeated_update_imports_once(talk: Talk) -> None:
    talk.twice = True
    office = await an_office(talk)
    await office.sends_file("ds.xlsx", roster("Trần Thị Ba", "Lý Văn Tư"))
    await office.taps("Nhập")
    assert "Đã nhập" in office.last
    assert await members_now(talk) == 3


async def test_posts_that_begin_and_end_are_counted_before(talk: Talk) -> None:
    office = await an_office(talk)
    await talk.member("Trần Thị Ba", "Chi bộ 7", PostKind.SECRETARY)
    rows = [
        HEAD,
        (1, "Trần Thị Ba", "Chi bộ 7", "Chính thức", ""),
        (2, "Lý Văn Tư", "Chi bộ 7", "Chính thức", "Bí thư"),
    ]
    await office.sends_file("ds.xlsx", workbook(rows))
    assert "1 bắt đầu, 1 kết thúc" in office.last


async def test_what_was_assumed_is_told(talk: Talk) -> None:
    office = await an_office(talk)
    rows = [(*HEAD, "Số điện thoại"), (1, "Lý Văn Tư", "Chi bộ 7", "Chính thức", "", "0900000000")]
    await office.sends_file("ds.xlsx", workbook(rows))
    told = office.heard[-2].text.plain
    assert "Số điện thoại" in told
    assert "0900000000" not in told


async def test_leaving_a_file_stores_nothing(talk: Talk) -> None:
    office = await an_office(talk)
    await office.sends_file("ds.xlsx", roster("Trần Thị Ba"))
    button = office.data_of("Nhập")
    await office.taps("Bỏ")
    assert await members_now(talk) == 1
    await office.presses(button)
    assert "gửi lại tệp" in office.last
    assert await members_now(talk) == 1


async def test_the_button_of_an_older_file_does_not_import_the_newer(talk: Talk) -> None:
    office = await an_office(talk)
    await office.sends_file("cu.xlsx", roster("Trần Thị Ba"))
    older = office.data_of("Nhập")
    await office.sends_file("moi.xlsx", roster("Lý Văn Tư", "Đỗ Thị Năm"))
    await office.presses(older)
    assert "gửi lại tệp" in office.last
    assert await members_now(talk) == 1
    await office.presses(office.data_of("Nhập"))
    assert await members_now(talk) == 3


async def test_faulty_lines_are_named_and_the_rest_goes_in(talk: Talk) -> None:
    office = await an_office(talk)
    rows = [HEAD, (1, "Trần Thị Ba", "Chi bộ 7", "Chính thức", ""), (2, "", "Chi bộ 7", "Chính thức", "")]
    await office.sends_file("ds.xlsx", workbook(rows))
    assert "Dòng 3" in office.heard[-2].text.plain
    assert "1 dòng có lỗi" in office.last
    await office.taps("Nhập")
    assert await members_now(talk) == 2


async def test_ten_faults_are_shown_and_all_are_in_a_file(talk: Talk) -> None:
    office = await an_office(talk)
    bad = [(n, f"Trần Thị Ba {n}", "Chi bộ 7", "Chính thức", "") for n in range(1, 16)]
    await office.sends_file("ds.xlsx", workbook([HEAD, (0, "Lý Văn Tư", "Chi bộ 7", "Dự bị", ""), *bad]))
    told = office.heard[-2]
    assert "còn 5 lỗi" in told.text.plain
    assert told.file is not None
    assert len(told.file.data.decode("utf-8-sig").splitlines()) == 15
    assert office.labels == ["Nhập", "Bỏ"]


async def test_a_file_without_a_good_line_cannot_be_imported(talk: Talk) -> None:
    office = await an_office(talk)
    await office.sends_file("ds.xlsx", workbook([HEAD, (1, "", "Chi bộ 7", "Chính thức", "")]))
    assert office.labels == ["Bỏ"]


async def test_members_missing_are_named_and_stay(talk: Talk) -> None:
    office = await an_office(talk)
    await talk.member("Đỗ Thị Sáu", "Chi bộ 7")
    await office.sends_file("ds.xlsx", roster("Trần Thị Ba"))
    assert "Đỗ Thị Sáu" in office.last
    await office.taps("Nhập")
    assert "Đỗ Thị Sáu" in office.last
    assert await members_now(talk) == 3


async def test_what_it_is_is_asked_when_it_cannot_be_seen(talk: Talk) -> None:
    office = await an_office(talk)
    await office.sends_file("bang.xlsx", workbook([("a", "b"), (1, 2)]))
    assert office.labels == ["Danh sách đảng viên", "Bộ câu hỏi", "Bỏ"]
    await office.says("là danh sách mà")
    assert "chọn" in office.last
    await office.taps("Danh sách đảng viên")
    assert office.labels == ["Bỏ"]


async def test_a_question_bank_goes_to_the_quiz_room(talk: Talk) -> None:
    secretary = await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    rows = [
        ("Chủ đề", "Câu hỏi", "A", "B", "C", "D", "Đáp án", "Giải thích", "Nguồn"),
        ("Điều lệ", "Một cộng một bằng mấy?", "Một", "Hai", "Ba", "Bốn", "B", "", "Sách giáo khoa"),
    ]
    await secretary.sends_file("cau-hoi.xlsx", workbook(rows))
    assert await _questions(talk) == 0
    await secretary.taps("Nhập")
    assert await _questions(talk) == 1


@pytest.mark.parametrize("name", ["Báo cáo (Mật).xlsx", "TUYET_MAT-12.xlsx", "danh sách tối mật.xlsx"])
async def test_secret_files_are_refused_unread(talk: Talk, name: str) -> None:
    office = await an_office(talk)
    talk.files.clear()
    await office.sends_file(name, b"")
    assert "tài liệu mật" in office.last


async def test_a_file_stamped_secret_is_refused(talk: Talk) -> None:
    office = await an_office(talk)
    await office.sends_file(
        "ds.xlsx", workbook([("TUYỆT MẬT",), HEAD, (1, "Lý Văn Tư", "Chi bộ 7", "Dự bị", "")])
    )
    assert "tài liệu mật" in office.last


async def test_too_large_and_broken_files_get_a_clear_sentence(talk: Talk) -> None:
    office = await an_office(talk)
    await office.sends_file("ds.xlsx", b"x" * (MAX_BYTES + 1))
    assert "5 MB" in office.last
    await office.sends_file("ds.xlsx", b"not a workbook")
    assert "Excel" in office.last
    await office.sends_file("ds.xlsx", b"")
    assert office.last
    await office.sends_file("a" * 300 + "\u202e<b>.xlsx", roster("Lý Văn Tư"))
    assert "Lý" not in office.last
    assert office.labels == ["Nhập", "Bỏ"]


async def test_only_the_office_imports_members(talk: Talk) -> None:
    office = await an_office(talk)
    secretary = await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    plain = await talk.member("Đỗ Thường")
    await office.sends_file("ds.xlsx", roster("Trần Thị Ba"))
    button = office.data_of("Nhập")
    await plain.sends_file("ds.xlsx", roster("Trần Thị Ba"))
    assert "chưa cần tệp" in plain.last
    for person in (plain, secretary):
        await person.presses(button)
        assert "quyền" in person.last
    stranger = await talk.stranger("Người lạ")
    await stranger.sends_file("ds.xlsx", roster("Trần Thị Ba"))
    assert "mã tham gia" in stranger.last
    assert await members_now(talk) == 3


async def test_statuses_and_posts_of_a_list_are_kept(talk: Talk) -> None:
    office = await an_office(talk)
    rows = [
        HEAD,
        (1, "Trần Thị Ba", "Chi bộ 7", "Dự bị", ""),
        (2, "Lý Văn Tư", "Chi bộ 7", "Chính thức", "Bí thư"),
    ]
    await office.sends_file("ds.xlsx", workbook(rows))
    await office.taps("Nhập")

    def statuses(session: Session) -> set[tuple[str, MemberStatus]]:
        found = session.execute(
            select(Member.full_name, Member.status).where(Member.full_name != office.name)
        )
        return {(name, status) for name, status in found}

    assert await talk.home.store.read(statuses) == {
        ("Trần Thị Ba", MemberStatus.PROBATIONARY),
        ("Lý Văn Tư", MemberStatus.OFFICIAL),
    }


async def test_how_to_send_is_in_the_menu(talk: Talk) -> None:
    office = await an_office(talk)
    await office.says("nhap danh sach")
    assert ".xlsx" in office.last
    plain = await talk.member("Đỗ Thường")
    await plain.says("nhập danh sách")
    assert "quyền" in plain.last


async def _questions(talk: Talk) -> int:
    def read(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(Question)) or 0

    return await talk.home.store.read(read)
