"""Dates, hours and rules as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import BadInput
from meetings.typed_moment import TypedRule, read_moment, read_rule
from tests.support.branch_world import NOW, TIMES, local

CURRENT = local("2027-01-03 19:30")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("05/01/2027 19:30", "2027-01-05 19:30"),
        ("5/1 19h30", "2027-01-05 19:30"),
        ("5-1-2027 8h", "2027-01-05 08:00"),
        ("5.1", "2027-01-05 19:30"),
        ("20:00", "2027-01-03 20:00"),
        ("19 giờ", "2027-01-03 19:00"),
        ("Ngày 5 tháng 1 lúc 19 giờ 30", "2027-01-05 19:30"),
        ("thu hai, 04/01/2027 luc 7 gio toi", "2027-01-04 19:00"),
        ("29/2", "2028-02-29 19:30"),
        ("24/11", "2027-11-24 19:30"),  # yesterday: next year's
        ("25/11", "2026-11-25 19:30"),  # today
    ],
)
def test_what_is_meant(typed: str, meant: str) -> None:
    assert read_moment(typed, CURRENT, NOW, TIMES) == local(meant)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "mai",
        "31/2",
        "30/2/2027",
        "25:00",
        "19:60",
        "5/1 19h30 nhé anh",
        "5/1/2027 6/1/2027",
        "5/1 8h 9h",
        "0/1",
        "5/13",
        "1/1/0001",
        "31/12/9999 23:59",
        "5",
        "5/1 " + "x" * 4092,
        "1" * 4096,
        "<b>5/1</b>",
    ],
)
def test_what_is_not_understood_whole_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match="bad_moment"):
        read_moment(typed, CURRENT, NOW, TIMES)


@given(st.datetimes(datetime(2026, 12, 1), datetime(2099, 12, 30)))
def test_every_moment_comes_back_as_written(wall: datetime) -> None:
    meant = wall.replace(second=0, microsecond=0, tzinfo=TIMES.zone).astimezone(UTC)
    for shape in ("%d/%m/%Y %H:%M", "%Hh%M ngày %d-%m-%Y", "ngay %d thang %m nam %Y luc %H gio %M"):
        assert read_moment(wall.strftime(shape), CURRENT, NOW, TIMES) == meant


@given(st.text(max_size=400))
def test_any_text_is_a_moment_or_a_clear_refusal(text: str) -> None:
    try:
        assert read_moment(text, CURRENT, NOW, TIMES).tzinfo is UTC
    except BadInput as refused:
        assert refused.key == "planning.bad_moment"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ngày 3 hằng tháng 19:30 tại Nhà văn hóa", TypedRule(3, time(19, 30), "Nhà văn hóa")),
        ("NGÀY 03 HÀNG THÁNG, 19:30, Nhà văn hóa", TypedRule(3, time(19, 30), "Nhà văn hóa")),
        ("ngay 3 hang thang 19h30 tai nha van hoa", TypedRule(3, time(19, 30), "nha van hoa")),
        ("19h ngày mùng 3 hằng tháng ở A, B", TypedRule(3, time(19), "A, B")),
        ("mùng 3 hằng tháng, 7 giờ tối, tại Đình", TypedRule(3, time(19), "Đình")),
        ("lịch họp ngày 31 mỗi tháng lúc 7 giờ tối", TypedRule(31, time(19), "")),
        ("ngày 3 hằng tháng 19:30 tại <b>Nhà</b> \u202e5", TypedRule(3, time(19, 30), "<b>Nhà</b> 5")),
    ],
)
def test_a_rule_as_typed(typed: str, meant: TypedRule) -> None:
    assert read_rule(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ngày 3 hằng tháng",
        "ngày 32 hằng tháng 19:30",
        "ngày 0 hằng tháng 8h",
        "19:30",
        "thứ 3 hằng tháng 8h",
        "ngày 3 hằng tháng 24:30",
        "ngày 3 hằng tuần 19:30",
        "đề nghị họp ngày 3 hằng tháng 8h",
        "x" * 4096,
    ],
)
def test_no_rule(typed: str) -> None:
    with pytest.raises(BadInput):
        read_rule(typed)


@given(st.text(max_size=400))
def test_any_text_is_a_rule_or_a_clear_refusal(text: str) -> None:
    try:
        assert 1 <= read_rule(f"ngày 3 hằng tháng {text}").day <= 31
    except BadInput as refused:
        assert refused.key.startswith("planning.")
