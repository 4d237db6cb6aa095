"""Where links to personal pages are offered: only where phones can open them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import checking
from bot.loopback import is_out_of_reach
from bot.reach import can_open_pages, wants_pages
from bot.settings import ChannelAccount, ChannelKind, Settings, Web

SIMULATOR = "http://127.0.0.1:9/zalo-bot"


def settings(public_url: str, kind: ChannelKind = "zalo_bot", api_base: str = "") -> Settings:
    account = ChannelAccount(name="one", kind=kind, api_base=api_base)
    return Settings(channels=(account,), web=Web(public_url=public_url))


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("https://chibo.example.vn", False),
        ("https://8.8.8.8", False),
        ("http://127.0.0.1:8080", True),
        ("https://localhost", True),
        ("https://192.168.1.20", True),
        ("https://10.0.0.5:8443", True),
        ("https://[::1]", True),
        ("https://[fd00::1]", True),
        ("https://may-chu", True),
        ("https://may-chu.local", True),
        ("", True),
    ],
)
def test_private_addresses_are_known(address: str, private: bool) -> None:
    assert is_out_of_reach(address) is private


@pytest.mark.parametrize(
    ("public_url", "api_base", "opens"),
    [
        ("https://chibo.example.vn", "", True),
        ("http://chibo.example.vn", "", False),
        ("http://127.0.0.1:8080", "", False),
        ("https://192.168.1.20", "", False),
        ("http://127.0.0.1:8080", SIMULATOR, True),
    ],
)
def test_links_need_an_address_that_phones_reach(public_url: str, api_base: str, opens: bool) -> None:
    found = settings(public_url, api_base=api_base)
    assert can_open_pages(found, "one") is opens
    assert wants_pages(found, "one") is opens
    assert not can_open_pages(found, "another")


@pytest.mark.parametrize("kind", ["telegram", "zalo_oa"])
def test_where_there_are_buttons_no_message_carries_a_link(kind: ChannelKind) -> None:
    found = settings("https://chibo.example.vn", kind)
    assert can_open_pages(found, "one")
    assert not wants_pages(found, "one")


async def test_check_says_that_no_links_are_offered(tmp_path: Path) -> None:
    told = {}
    for public_url in ("http://127.0.0.1:8080", "https://chibo.example.vn"):
        report = await checking.check(settings(public_url, "telegram"), {})
        told[public_url] = [line for line in report.lines if "personal pages" in line]
    assert len(told["http://127.0.0.1:8080"]) == 1
    assert told["https://chibo.example.vn"] == []
