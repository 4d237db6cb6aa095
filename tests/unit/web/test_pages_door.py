"""The door of personal pages: links that do not open, requests from elsewhere, headers, a busy store."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlalchemy.orm import Session

from db.errors import StoreBusy
from members import consent, page_links
from members.tables import Member, MemberStatus, PageLink, Purpose
from tests.support.forms import opened
from tests.unit.meetings.checkin_room import STARTS
from tests.unit.web.pages_scene import PUBLIC, Scene
from web.pages import door

REMEDY = "nhắn “link” cho trợ lý"
EVIL = "https://evil.example"


async def test_a_link_that_does_not_open_says_why_and_what_to_do(scene: Scene) -> None:
    path = await scene.link(Purpose.OPINION)
    for wrong in (f"{path}x", path[:-1], "/trang/%00", "/trang/" + "A" * 22):
        page = await opened(scene.client, wrong)
        assert (page.status, page.forms) == (404, [])
        assert "Không có trang này" in page.text and REMEDY in page.text
    scene.now += page_links.LIVES[Purpose.OPINION]
    page = await opened(scene.client, path)
    assert page.status == 410 and "đã hết hạn" in page.text and REMEDY in page.text
    assert scene.me.full_name not in page.text


async def test_who_left_while_the_page_was_open_can_do_nothing(scene: Scene) -> None:
    page = await scene.opens(Purpose.OPINION)
    await scene.change(lambda session: consent.end(session, scene.me.member_id, scene.now))
    late = await page.press("Gửi cả chi bộ", text="Sau khi rời")
    assert late.status == 403 and "không còn dùng được" in late.text
    assert scene.me.full_name not in late.text


async def test_a_used_link(scene: Scene) -> None:
    path = await scene.link(Purpose.OPINION)

    def use(session: Session) -> None:
        page_links.use_up(session, session.query(PageLink.id).scalar() or 0, scene.now)

    page = await opened(scene.client, path)
    await scene.change(use)
    late = await page.press("Gửi cả chi bộ", text="Lần hai")
    assert late.status == 410 and "đã dùng xong" in late.text and REMEDY in late.text


@pytest.mark.parametrize("purpose", [Purpose.RSVP, Purpose.CHECKIN, Purpose.QUIZ])
async def test_another_branch_has_nothing_here(scene: Scene, purpose: Purpose) -> None:
    """The rights of this moment count, not those of the moment the link was made."""
    quiz = await scene.quiz(2)
    target = quiz if purpose is Purpose.QUIZ else scene.meeting
    path = await scene.link(purpose, target)
    other = await scene.room.branch("Chi bộ 9")
    move = {"branch_id": other}
    await scene.change(lambda session: _set(session, scene.me.member_id, **move))
    page = await opened(scene.client, path)
    assert page.forms == [] or purpose is Purpose.QUIZ
    assert page.status in {200, 403}
    for data in ({"answer": "coming"}, {"code": "123456", "key": "A" * 12}, {"deed": "start"}):
        answer = await scene.client.post(
            path if purpose is not Purpose.QUIZ else f"{path}/lam-bai", data=data
        )
        assert answer.status_code in {403, 409, 422}


async def test_the_suspended_do_not_answer(scene: Scene) -> None:
    path = await scene.link(Purpose.RSVP, scene.meeting)
    await scene.change(lambda session: _set(session, scene.me.member_id, status=MemberStatus.SUSPENDED))
    page = await opened(scene.client, path)
    assert page.buttons == [] and "không sinh hoạt tại chi bộ này" in page.text
    assert (await scene.client.post(path, data={"answer": "coming"})).status_code == 409


def _set(session: Session, member: int, **values: object) -> None:
    for name, value in values.items():
        setattr(session.get_one(Member, member), name, value)


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({}, True),
        ({"origin": "null"}, True),
        ({"origin": PUBLIC, "sec-fetch-site": "same-origin"}, True),
        ({"origin": "null", "sec-fetch-site": "none"}, True),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "null", "sec-fetch-site": "same-site"}, False),
        ({"origin": EVIL}, False),
        ({"origin": f"{PUBLIC}.evil.example"}, False),
        ({"origin": EVIL, "sec-fetch-site": "same-origin"}, False),
    ],
)
async def test_only_our_own_forms_are_taken(scene: Scene, headers: dict[str, str], taken: bool) -> None:
    page = await scene.opens(Purpose.RSVP, scene.meeting)
    sent = page.request("Tôi sẽ dự")
    answer = await scene.client.post(**sent, headers=headers)
    assert answer.status_code == (200 if taken else 403)
    assert ("Đồng chí đã báo sẽ dự" in answer.text) is taken


async def test_what_is_too_long_or_no_form(scene: Scene) -> None:
    path = await scene.link(Purpose.OPINION)
    long = await scene.client.post(path, data={"text": "x" * 200_000, "to": "branch"})
    assert long.status_code == 413 and "quá dài" in long.text
    many = await scene.client.post(path, data={f"f{n}": "x" for n in range(50)})
    torn = {"content-type": "multipart/form-data; boundary=x"}
    broken = await scene.client.post(path, content=b"--x\r\nnonsense", headers=torn)
    empty = await scene.client.post(path)
    for answer in (many, broken, empty):
        assert answer.status_code == 422 and "Quay lại" in answer.text


async def test_every_answer_is_guarded(scene: Scene) -> None:
    scene.now = STARTS - timedelta(hours=1)
    quiz = await scene.quiz(2)
    answers: list[httpx.Response] = []
    for purpose in door.PAGES:
        path = await scene.link(purpose, quiz if purpose is Purpose.QUIZ else scene.meeting)
        for part in ("", "/lam-bai", "/x"):
            answers += [
                await scene.client.get(path + part, follow_redirects=False),
                await scene.client.post(path + part, follow_redirects=False, data={"answer": "coming"}),
                await scene.client.put(path + part),
            ]
    answers.append(await scene.client.get("/trang/none"))
    assert {answer.status_code for answer in answers} >= {200, 303, 404, 405, 422}
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'") and "script" not in policy
        assert "form-action 'self'" in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert "set-cookie" not in answer.headers


async def test_addresses_hold_no_name_and_no_code(scene: Scene) -> None:
    page = await scene.opens(Purpose.OPINION)
    page = await page.press("Gửi cả chi bộ", text="Một ý kiến")
    assert page.path.startswith("/trang/") and "xong=" in page.path
    for hidden in ("Một", "kiến", "binh", str(scene.me.member_id) + "?"):
        assert hidden not in page.path


async def test_english_for_who_speaks_it(scene: Scene) -> None:
    page = await opened(scene.client, await scene.link(Purpose.OPINION, language="en"))
    assert "Your opinion" in page.text and '<html lang="en">' in page.answer.text


async def test_a_busy_store_and_a_fault_of_ours(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await scene.opens(Purpose.OPINION)

    async def busy(*_what: object) -> None:
        raise StoreBusy("locked")

    async def broken(*_what: object) -> None:
        raise ZeroDivisionError("secret")

    for fault, status, words in ((busy, 503, "chưa lưu được"), (broken, 500, "trục trặc")):
        monkeypatch.setattr(type(scene.room.store), "write", fault)
        answer = await page.press("Gửi cả chi bộ", text="Một ý kiến")
        assert answer.status == status and words in answer.text and "secret" not in answer.text
