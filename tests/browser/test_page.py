"""The page for everybody: names of controls, the keyboard alone, hostile names, a narrow screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.seen import Phone, Table, Watch, keep

HOSTILE = '<img src=x onerror="alert(1)"> "\u202e&amp;'
NARROW = {"width": 390, "height": 844}
FINGER = 24  # CSS pixels, WCAG 2.2 target size (minimum)
UNNAMED = """() =>
  [...document.querySelectorAll("button, a[href], input, select, textarea, summary, dialog, img")]
  .filter(e => e.checkVisibility() && !(e.ariaLabel || e.alt || e.labels?.length || e.innerText?.trim()))
  .map(e => e.outerHTML.slice(0, 200))"""
SMALL = """least => [...document.querySelectorAll("button, summary, input, select, textarea")]
  .filter(e => e.checkVisibility() && !e.matches(".plain, [type=checkbox]"))
  .filter(e => Math.min(e.offsetWidth, e.offsetHeight) < least).map(e => e.outerHTML.slice(0, 200))"""
WIDER = "() => document.documentElement.scrollWidth - innerWidth"
FOCUSED = "() => document.activeElement.dataset.testid || document.activeElement.dataset.place || ''"
OVERFLOWING = """() => [...document.querySelectorAll("dialog *")]
  .filter(e => e.getBoundingClientRect().right > e.closest("dialog").getBoundingClientRect().right)
  .map(e => e.outerHTML.slice(0, 200))"""


def tab_until(page: Page, wanted: str, most: int = 90) -> None:
    """Press Tab until the control named so has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == wanted:
            return
    pytest.fail(f"Tab never came to {wanted}")


def test_every_control_has_a_name_and_room_for_a_finger(table: Table, watch: Watch) -> None:
    page = table.page
    page.get_by_test_id("journal-toggle").click()
    expect(page.get_by_test_id("call").first).to_be_visible()
    for dialog in ("scan-open", "add-person", "clock-set"):
        page.get_by_test_id(dialog).click()
        assert page.evaluate(UNNAMED) == []
        assert page.evaluate(OVERFLOWING) == []
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
        expect(page.get_by_test_id(dialog)).to_be_focused()
    assert page.evaluate(SMALL, FINGER) == []
    for part in table.names:
        log = table.phone(part).body.get_by_role("log")
        expect(log).to_have_attribute("aria-label", table.phone(part).body.get_attribute("aria-label") or "")
    expect(page.get_by_role("navigation")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    watch.is_clean()


def test_the_keyboard_alone_is_enough(table: Table, watch: Watch) -> None:
    page, leader = table.page, table.phone("leader")
    leader.body.locator(".scroller").focus()
    tab_until(page, "composer")
    page.keyboard.type("menu")
    page.keyboard.press("Enter")
    leader.hears("Mời đồng chí chọn việc cần làm")
    leader.body.locator(".scroller").focus()
    newest = leader.heard.last.locator(".buttons button").first
    for _ in range(60):
        page.keyboard.press("Tab")
        if newest.evaluate("button => button === document.activeElement"):
            break
    expect(newest).to_be_focused()
    outline = newest.evaluate("button => getComputedStyle(button).outlineStyle")
    assert outline == "solid"
    before = leader.numbers()
    page.keyboard.press("Enter")
    expect(leader.body.locator("[data-message-id]")).not_to_have_count(len(before))
    watch.is_clean()


def test_hostile_names_and_texts_stay_text(table: Table, watch: Watch) -> None:
    page = table.page
    page.on("dialog", lambda dialog: watch.complaints.append(f"a script ran: {dialog.message}"))
    page.get_by_test_id("add-person").click()
    page.get_by_label("Họ và tên").fill(HOSTILE)
    page.get_by_test_id("add-dialog-submit").click()
    phone = page.locator("article.phone").filter(has_text="onerror")
    expect(phone).to_be_visible()
    stranger = Phone(page, phone.get_attribute("data-person") or "")
    stranger.body.get_by_test_id("start").click()
    stranger.hears("Mời đồng chí nhập mã tham gia")
    stranger.says(HOSTILE * 3)
    expect(stranger.body.locator('[data-from="person"]').last).to_contain_text("onerror")
    expect(page.locator('img[src="x"]')).to_have_count(0)
    keep(page, "20-hostile")
    stranger.body.get_by_test_id("phone-options").click()
    stranger.body.get_by_role("button", name="Ẩn máy").click()
    expect(phone).to_have_count(0)
    watch.is_clean()


def test_a_narrow_screen_shows_one_phone(table: Table, watch: Watch) -> None:
    page: Page = table.page
    size: Any = NARROW
    page.set_viewport_size(size)
    page.get_by_test_id("hint-close").click()
    page.get_by_test_id("tab-" + table.names["older"]).click()
    expect(table.phone("older").body).to_be_visible()
    expect(table.phone("member").body).to_be_hidden()
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(UNNAMED) == []
    keep(page, "21-narrow")
    watch.is_clean()


def test_a_late_picture_leaves_the_end_in_sight(table: Table, watch: Watch) -> None:
    leader = table.phone("leader")
    leader.says("tinh hinh")
    figures = leader.hears("Tình hình tháng")
    figures.get_by_role("img").evaluate("image => image.decode()")
    expect(figures.locator(".meta")).to_be_in_viewport()
    keep(table.page, "22-picture")
    watch.is_clean()


def test_english_is_one_press_away(table: Table, watch: Watch, context: BrowserContext) -> None:
    table.page.get_by_test_id("language").click()
    expect(table.page.locator("html")).to_have_attribute("lang", "en")
    table.is_live()
    expect(table.page.get_by_test_id("scan-open")).to_have_text("Scan QR…")
    expect(table.page.locator("#hint li")).to_have_count(4)
    keep(table.page, "23-english")
    watch.is_clean()


def test_without_the_key_the_page_says_what_to_do(
    table: Table, context: BrowserContext, watch: Watch
) -> None:
    context.clear_cookies()
    with watch.an_outage():
        table.page.goto(table.page.url.partition("?")[0])
        expect(table.page.locator("article.phone")).to_have_count(0)
        expect(table.page.locator("body")).to_contain_text("mở bằng liên kết")
    assert watch.outside == []
