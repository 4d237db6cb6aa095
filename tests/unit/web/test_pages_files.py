"""Files by one-time links: a list or bank sent on a page, a file handed over once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import quizzes.samples
from bot.publishing import Publisher
from db import pictures
from db.errors import MessageRefused
from db.pictures import FILES_KEPT_FOR, PictureRow
from members import page_links
from members.page_links import LIVES, LOOKED_AT_AFTER_USE
from members.tables import Account, Member, PageLink, Post, PostKind, Purpose, Unit, UnitKind
from members.workbook import MAX_BYTES
from quizzes.tables import Question
from tests.conversation.test_office import SAMPLE, roster, workbook
from tests.support.forms import Shown, opened, shown
from tests.unit.meetings.checkin_room import STARTS
from tests.unit.web.pages_scene import PUBLIC, Scene

GIFT = Path(quizzes.samples.__file__).parent / "cau-hoi.gift"
FAULTY = Path(__file__).parents[2] / "data" / "danh-sach-loi.xlsx"


async def sends(page: Shown, name: str, data: bytes) -> Shown:
    """Choose a file and press [Gửi tệp]."""
    files = {page.forms[0].upload: (name, data)}
    answer = await page.client.post(page.path, data={"deed": "send"}, files=files)
    return shown(page.client, answer)


async def office(scene: Scene) -> Shown:
    """The upload page of the Party committee office."""
    who = await scene.room.member(scene.branch, "Lê Văn Phòng")
    await scene.change(lambda session: _give_office(session, who.member_id))
    return await scene.opens(Purpose.FILE_IN, who=who)


def _give_office(session: Session, member: int) -> None:
    committee = session.scalars(select(Unit.id).where(Unit.kind == UnitKind.COMMITTEE)).one()
    session.add(Post(member_id=member, unit_id=committee, kind=PostKind.OFFICE, starts_on=date(2020, 1, 1)))


async def count(scene: Scene, table: type[Member] | type[Question] | type[PictureRow]) -> int:
    found: int = await scene.look(lambda session: session.scalar(select(func.count()).select_from(table)))
    return found


async def test_a_list_is_looked_at_then_imported_once(scene: Scene) -> None:
    page = await sends(await office(scene), SAMPLE.name, SAMPLE.read_bytes())
    for words in ("45 dòng dùng được", "03 chi bộ", "Thêm mới 45", "Chưa lưu gì"):
        assert words in page.text
    before = await count(scene, Member)
    sent = page.request("Nhập")
    page = await page.press("Nhập")
    assert "Đã nhập danh sách đảng viên" in page.text and "43 chính thức" in page.text
    assert await count(scene, Member) == before + 45
    assert await count(scene, PictureRow) == 0  # the file itself is not kept
    again = await scene.client.post(**sent)
    assert "Đã nhập danh sách đảng viên" in again.text
    assert await count(scene, Member) == before + 45
    scene.now += LOOKED_AT_AFTER_USE
    late = await opened(scene.client, page.path)
    assert late.status == 410 and "đã dùng xong" in late.text


async def test_faults_are_told_by_line(scene: Scene) -> None:
    page = await sends(await office(scene), FAULTY.name, FAULTY.read_bytes())
    assert "Dòng" in page.text and "lỗi" in page.text
    rows = [("STT", "Họ và tên", "Chi bộ", "Diện đảng viên", "Chức vụ")]
    rows += [(str(n), f"Tên{n}", "Chi bộ 7", "Khác " * 8, "") for n in range(2000)]
    many = await sends(await opened(scene.client, await again(scene)), "nhieu-loi.xlsx", workbook(rows))
    assert "lỗi khác" in many.text  # and the page is light, see `shown`


async def again(scene: Scene) -> str:
    """Another upload link of the office."""
    link = await scene.look(lambda session: session.scalars(select(PageLink.member_id)).first())
    token = await scene.room.store.write(page_links.make_link, link, Purpose.FILE_IN, scene.now)
    return f"/trang/{token}"


async def test_questions_of_a_committee_member(scene: Scene) -> None:
    page = await scene.opens(Purpose.FILE_IN, who=scene.secretary)
    page = await sends(page, GIFT.name, GIFT.read_bytes())
    assert "câu dùng được" in page.text
    page = await page.press("Nhập")
    assert "Đã thêm" in page.text and "câu hỏi" in page.text
    assert await count(scene, Question) > 0


async def test_what_is_neither_is_asked_about(scene: Scene) -> None:
    bank = Path(quizzes.samples.__file__).parent / "cau-hoi-chuyen-de.xlsx"
    page = await sends(await office(scene), bank.name, bank.read_bytes())
    assert page.buttons == ["Danh sách đảng viên", "Bộ câu hỏi", "Bỏ"]
    page = await page.press("Bộ câu hỏi")
    assert "câu dùng được" in page.text
    page = await page.press("Bỏ")
    assert page.forms[0].upload and await count(scene, PictureRow) == 0


async def test_a_list_read_as_questions_says_so_and_waits_for_another_file(scene: Scene) -> None:
    page = await sends(await office(scene), "ghi-chu.xlsx", workbook([("Một", "Hai"), ("Ba", "Bốn")]))
    page = await page.press("Bộ câu hỏi")
    assert "Nhập" not in page.buttons


UNREADABLE = (
    ("nghi-quyet.pdf", b"%PDF-1.7 ...", "không phải tệp Excel"),
    ("BC tuyet mat.xlsx", b"PK", "tài liệu mật"),
    ("hong.xlsx", b"PK\x03\x04 torn", "Tệp bị hỏng"),
    ("trong.xlsx", b"", "không phải tệp Excel"),
    ("../../x<script>.exe", b"MZ", "xlsx"),
)


async def test_what_cannot_be_read_is_refused_where_it_was_sent(scene: Scene) -> None:
    page = await office(scene)
    for name, data, words in UNREADABLE:
        page = await sends(page, name, data)
        assert page.status == 422 and words in page.text, (name, page.text)
        assert page.forms[0].upload and await count(scene, PictureRow) == 0


async def test_questions_that_are_no_text_are_refused_and_not_kept(scene: Scene) -> None:
    page = await sends(await scene.opens(Purpose.FILE_IN, who=scene.secretary), "hong.gift", b"\xff\x00\xfe")
    assert page.status == 422 and "không" in page.text
    assert page.forms[0].upload and await count(scene, PictureRow) == 0


async def test_no_file_chosen(scene: Scene) -> None:
    page = await office(scene)
    answer = await scene.client.post(page.path, data={"deed": "send"})
    assert answer.status_code == 422 and "chọn tệp" in answer.text


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 20 * 2**20])
async def test_a_file_too_large_is_refused_in_plain_words(scene: Scene, size: int) -> None:
    page = await sends(await office(scene), "lon.xlsx", b"P" * size)
    assert page.status in {413, 422} and "lớn hơn 5 MB" in page.text
    assert await count(scene, PictureRow) == 0


async def test_a_late_upload(scene: Scene) -> None:
    page = await office(scene)
    scene.now += LIVES[Purpose.FILE_IN]
    late = await sends(page, "ds.xlsx", roster("Trần Thị Ba"))
    assert late.status == 410 and "đã hết hạn" in late.text and "nhập danh sách" in late.text


async def test_rights_are_those_of_now(scene: Scene) -> None:
    page = await scene.opens(Purpose.FILE_IN)
    assert page.status == 403 and "chưa có quyền" in page.text
    page = await scene.opens(Purpose.FILE_IN, who=scene.secretary)
    preview = await sends(page, GIFT.name, GIFT.read_bytes())

    def retire(session: Session) -> None:
        for post in session.scalars(select(Post)):
            post.ends_on = STARTS.date() - timedelta(days=10)

    await scene.change(retire)
    late = await preview.press("Nhập")
    assert late.status == 403
    assert await count(scene, Question) == 0


async def test_a_secretary_imports_no_member_list(scene: Scene) -> None:
    page = await scene.opens(Purpose.FILE_IN, who=scene.secretary)
    page = await sends(page, SAMPLE.name, SAMPLE.read_bytes())
    forged = await scene.client.post(page.path, data={"kind": "roster"})
    assert forged.status_code == 403
    assert await count(scene, Member) == 2


async def test_an_old_preview_imports_nothing_else(scene: Scene) -> None:
    page = await office(scene)
    old = (await sends(page, "a.xlsx", roster("Trần Thị Ba"))).request("Nhập")
    await scene.client.post(page.path, data={"deed": "drop"})
    await sends(page, "b.xlsx", roster("Lý Văn Tư"))
    answer = await scene.client.post(**old)
    assert answer.status_code == 422 and "đã cũ" in answer.text
    assert await count(scene, Member) == 3


class Still:
    """A clock that stands."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def now(self) -> object:
        return self.scene.now


async def handed_out(scene: Scene, name: str = 'Bảng "tháng 12".xlsx', data: bytes = b"<script>") -> str:
    publish = Publisher(scene.room.store, Still(scene), "t", f"{PUBLIC}/")  # type: ignore[arg-type]
    chat = await scene.look(
        lambda session: session.scalar(select(Account.chat).where(Account.member_id == scene.me.member_id))
    )
    address = await publish(data, name, chat)
    assert address.startswith(f"{PUBLIC}/trang/")
    return address.removeprefix(PUBLIC)


async def test_a_file_is_saved_under_its_name_never_shown_and_once(scene: Scene) -> None:
    path = await handed_out(scene)
    for _ in range(3):  # looking uses nothing up
        page = await opened(scene.client, path)
        assert 'Bảng "tháng 12".xlsx' in page.text and page.links == [f"{path}/tep"]
    await scene.client.head(f"{path}/tep")
    scene.now += timedelta(hours=23)
    answer = await scene.client.get(page.links[0])
    assert answer.content == b"<script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''B%E1%BA%A3ng%20%22")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert (await scene.client.get(page.links[0])).content == b"<script>"  # a slow line asks again
    scene.now += LOOKED_AT_AFTER_USE
    late = await opened(scene.client, page.links[0])
    assert late.status == 410 and "đã dùng xong" in late.text and "làm lại" in late.text


async def test_a_file_ends_with_its_day_and_with_membership(scene: Scene) -> None:
    path = await handed_out(scene)
    other = await handed_out(scene, "b.txt", b"b")
    await scene.change(lambda session: page_links.kill_links(session, scene.me.member_id, scene.now))
    assert (await scene.client.get(f"{path}/tep")).status_code == 403
    scene.now += FILES_KEPT_FOR
    assert (await scene.client.get(f"{other}/tep")).status_code in {403, 410}
    assert (await scene.client.get(f"/tep/{path.rpartition('/')[2]}")).status_code == 404


async def test_nobody_we_know_is_handed_a_file(scene: Scene) -> None:
    publish = Publisher(scene.room.store, Still(scene), "t", PUBLIC)  # type: ignore[arg-type]
    with pytest.raises(MessageRefused):
        await publish(b"x", "a.xlsx", "nobody")
    picture = await publish(b"png", "hinh.png", "nobody")
    assert picture.startswith(f"{PUBLIC}/hinh/")
    assert pictures.is_picture(picture)
