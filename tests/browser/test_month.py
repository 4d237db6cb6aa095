"""A month on four phones by clicking and typing, with a reload and a restart in the middle."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.seen import Phone, Table, Watch, keep
from tests.support.demo import Demo

HOSTILE = 'Đề nghị <b>mua</b> sách & báo <img src=x onerror="alert(1)">'
QUESTIONS = 10


@pytest.mark.timeout(400)
def test_a_month_by_clicking(table: Table, demo: Demo, watch: Watch, context: BrowserContext) -> None:
    day = the_invitation_comes(table)
    the_quiz_is_done(table, demo, watch)
    the_older_member_types(table.phone("older"))
    an_opinion_is_sent(table)
    the_secretary_looks_who_comes(table.phone("secretary"))
    table.sets_clock(f"{day}T19:20")
    table.phone("member").hears("Kết quả thi đua")  # the assistant's clock has followed
    big_screen = check_in_opens(table, context)
    the_code_is_typed_and_scanned(table, big_screen)
    the_list_is_confirmed(table)
    the_opinion_is_answered(table)
    the_leader_sees_figures(table)
    nothing_is_doubled(table, demo, watch)
    watch.is_clean()


def the_invitation_comes(table: Table) -> str:
    """Everybody is invited; two answer, by a button and by typing. The day of the meeting, ISO."""
    table.keeps("01-ready")
    table.page.get_by_test_id("clock-next").click()
    for part in table.names:
        table.phone(part).hears("Kính mời đồng chí")
    words = table.phone("member").hears("Kính mời đồng chí").inner_text()
    table.keeps("02-invited")
    table.phone("member").presses("Tôi sẽ dự")
    table.phone("member").hears("Đã ghi nhận: đồng chí sẽ dự")
    table.phone("older").says("toi se du")
    table.phone("older").hears("Đã ghi nhận: đồng chí sẽ dự")
    found = re.findall(r"(\d\d)/(\d\d)/(\d{4})", words)  # the first is the page's heading of the day
    assert found, words
    return "-".join(reversed(found[-1]))


def the_quiz_is_done(table: Table, demo: Demo, watch: Watch) -> None:
    """By buttons to the end; the page is loaded anew, later the whole demo is started anew."""

    def reload() -> None:
        table.page.reload()
        table.is_live()

    breaks: dict[int, Callable[[], None]] = {4: reload, 7: lambda: starts_anew(table, demo, watch)}
    member = table.phone("member")
    member.presses("Làm bài")
    for number in range(1, QUESTIONS + 1):
        member.hears(f"Câu {number}/{QUESTIONS}")
        breaks.get(number, lambda: None)()
        if number == QUESTIONS // 2:
            table.keeps("03-quiz")
        member.presses("ABCD"[number % 4])
    member.hears_once(f"/{QUESTIONS} câu, làm trong")
    table.keeps("04-quiz-done")


def starts_anew(table: Table, demo: Demo, watch: Watch) -> None:
    """Ctrl-C and the same command again; the page finds back by itself."""
    before = {part: table.phone(part).numbers() for part in table.names}
    with watch.an_outage():
        assert demo.stop() == (0, "")
        expect(table.page.locator("#status.lost")).to_be_visible()
        assert demo.start(), demo.complaints
        table.is_live()
    for part, numbers in before.items():
        assert table.phone(part).numbers()[: len(numbers)] == numbers
        assert len(set(table.phone(part).numbers())) == len(table.phone(part).numbers())


def the_older_member_types(older: Phone) -> None:
    """Large type on Zalo, no tones, no buttons, and a file that the assistant never gets to see."""
    expect(older.body).to_have_attribute("data-platform", "zalo_bot")
    expect(older.body).to_have_class(re.compile(r"\bbig\b"))
    older.sends_file("so-tay.pdf")
    older.hears("chưa cần tệp nào")
    older.says("trac nghiem")
    older.hears("Bài trắc nghiệm")
    older.says("lam bai")
    older.hears(f"Câu 1/{QUESTIONS}")
    older.says("câu b")
    older.hears("Đã ghi câu 1.")
    expect(older.body.locator(".buttons")).to_have_count(0)


def an_opinion_is_sent(table: Table) -> None:
    """What looks like markup stays what was typed."""
    member = table.phone("member")
    member.says("y kien")
    member.hears("Mong đồng chí gõ ý kiến")
    member.says(HOSTILE)
    member.hears(HOSTILE)
    member.presses("Gửi cả chi bộ")
    member.hears("Ý kiến số 01 đã gửi")
    expect(member.body.locator("[data-message-id] .bubble img")).to_have_count(0)
    table.phone("secretary").hears("ý kiến của đảng viên đang chờ")
    table.keeps("05-opinion")


def the_secretary_looks_who_comes(secretary: Phone) -> None:
    secretary.says("ai se du")
    expect(secretary.hears("Trong 15 đảng viên")).to_contain_text("2 dự")


def check_in_opens(table: Table, context: BrowserContext) -> Page:
    """By a typed word; the big screen opens in a tab of its own."""
    secretary = table.phone("secretary")
    secretary.says("mo diem danh")
    opened = secretary.hears("Đã mở điểm danh")
    with context.expect_page() as tab:
        opened.get_by_role("link").click()
    screen = tab.value
    expect(screen.locator("#code")).to_have_text(re.compile(r"^\d{3} \d{3}$"))
    expect(screen.locator("#qr")).to_be_visible()
    assert screen.locator("#code").evaluate("code => code.scrollWidth <= code.clientWidth"), "hidden digits"
    keep(screen, "06-big-screen")
    return screen


def the_code_is_typed_and_scanned(table: Table, screen: Page) -> None:
    """Six digits by one, the picture of the chat by another; the big screen counts."""
    older, secretary, member = (table.phone(part) for part in ("older", "secretary", "member"))
    older.says("co mat " + screen.locator("#code").inner_text().replace(" ", ""))
    older.hears("có mặt lúc")
    expect(screen.locator("#present")).to_have_text("1")
    secretary.presses("Đọc mã")
    secretary.hears("Mã điểm danh").get_by_test_id("picture").click()
    table.page.get_by_test_id("picture-scan").click()
    expect(table.page.get_by_test_id("scan-link")).to_have_value(re.compile("^https://t.me/.*start="))
    table.page.get_by_test_id("scan-person").select_option(table.names["member"])
    table.keeps("07-scan")
    table.page.get_by_test_id("scan-dialog-submit").click()
    member.hears("có mặt lúc")
    expect(screen.locator("#present")).to_have_text("2")
    keep(screen, "08-big-screen-counts")
    table.keeps("09-checked-in")


def the_list_is_confirmed(table: Table) -> None:
    secretary = table.phone("secretary")
    secretary.presses("Đóng điểm danh")
    secretary.hears("Máy ghi 2 người có mặt")
    secretary.presses("Đúng 2 người")
    secretary.hears("Khớp: danh sách 2 người")
    table.keeps("10-closed")
    secretary.presses("Xác nhận danh sách")
    expect(secretary.heard.last).to_contain_text("xác nhận")


def the_opinion_is_answered(table: Table) -> None:
    secretary = table.phone("secretary")
    secretary.says("y kien cho")
    secretary.hears(HOSTILE)
    secretary.presses("Trả lời")
    secretary.hears("gõ câu trả lời")
    secretary.says("Chi ủy sẽ mua thêm sách.")
    secretary.hears("Ý kiến số 01: đã trả lời")
    table.phone("member").hears("Chi ủy trả lời ý kiến số 01")
    table.keeps("11-answered")


def the_leader_sees_figures(table: Table) -> None:
    leader = table.phone("leader")
    leader.says("tinh hinh")
    figures = leader.hears("Tình hình tháng")
    expect(figures).to_contain_text("Đã sinh hoạt: 1/3")
    picture = figures.get_by_test_id("picture").get_by_role("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 300")
    table.keeps("12-figures")
    picture.click()
    table.page.locator("dialog img").evaluate("image => image.decode()")
    table.keeps("13-figures-large")
    table.page.get_by_test_id("picture-dialog-close").click()


def nothing_is_doubled(table: Table, demo: Demo, watch: Watch) -> None:
    """After one more restart and a reload the phones hold what they held."""
    before = {part: table.phone(part).numbers() for part in table.names}
    starts_anew(table, demo, watch)
    table.page.reload()
    table.is_live()
    assert {part: table.phone(part).numbers() for part in table.names} == before
    for part, words in {"member": "Ý kiến số 01 đã gửi", "older": "có mặt lúc"}.items():
        table.phone(part).hears_once(words)
