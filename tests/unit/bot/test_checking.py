"""`check` tells what a Zalo account needs besides a token that works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot import checking
from bot.settings import ChannelAccount, Database, Settings, Web
from db.errors import ChannelRefused

ENVIRON = {"MUNGBA_ZALO_TOKEN": "12345:x"}
LINK = "https://zalo.me/12345"


class Answering:
    """A channel that only has a name, or an error."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.closed = False

    async def open(self) -> str:
        if self.error:
            raise self.error
        return "Bot Chi Đoàn"

    async def close(self) -> None:
        self.closed = True


def settings(folder: Path, public_url: str, **account: Any) -> Settings:
    return Settings(
        channels=(ChannelAccount(**{"name": "zalo", "kind": "zalo_bot", "link": LINK, **account}),),
        database=Database(url=f"sqlite:///{folder / 'mungba.db'}"),
        web=Web(public_url=public_url),
    )


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    channel = Answering()
    monkeypatch.setattr(checking, "make_channel", lambda *_what: channel)
    return channel


@pytest.mark.parametrize(
    ("public_url", "api_base", "good"),
    [
        ("http://127.0.0.1:8080", "", False),
        ("http://mungba.example", "", False),
        ("https://mungba.example", "", True),
        ("http://127.0.0.1:8080", "http://127.0.0.1:9/zalo-bot", True),
    ],
)
async def test_pages_must_be_where_zalo_can_reach_them(
    tmp_path: Path, answering: Answering, public_url: str, api_base: str, good: bool
) -> None:
    report = await checking.check(settings(tmp_path, public_url, api_base=api_base), ENVIRON)
    assert report.good is good
    assert any("answers as @Bot Chi Đoàn" in line for line in report.lines)
    assert any("cannot reach" in line for line in report.lines) is not good
    assert answering.closed


async def test_a_refused_token_and_a_missing_one_are_named(tmp_path: Path, answering: Answering) -> None:
    wanted = settings(tmp_path, "https://mungba.example")
    answering.error = ChannelRefused("Zalo does not know this token")
    refused = await checking.check(wanted, ENVIRON)
    assert "FIX " in refused.lines[-1]
    assert "does not know this token" in refused.lines[-1]
    missing = await checking.check(wanted, {})
    assert "set MUNGBA_ZALO_TOKEN or MUNGBA_ZALO_TOKEN_FILE" in missing.lines[-1]
    assert not (refused.good or missing.good)


async def test_every_missing_secret_of_an_account_is_named_at_once(tmp_path: Path) -> None:
    wanted = settings(tmp_path, "https://mungba.example", name="oa", kind="zalo_oa")
    report = await checking.check(wanted, {"MUNGBA_OA_APP_ID": "36"})
    told = "\n".join(line for line in report.lines if line.startswith("FIX "))
    for variable in ("MUNGBA_OA_APP_SECRET", "MUNGBA_OA_OA_SECRET", "MUNGBA_OA_REFRESH_TOKEN"):
        assert f"set {variable} or {variable}_FILE" in told
    assert "MUNGBA_OA_APP_ID" not in told


@pytest.mark.parametrize(("link", "good"), [(LINK, True), ("", False)])
async def test_the_link_and_the_address_to_be_called_are_told(
    tmp_path: Path, answering: Answering, link: str, good: bool
) -> None:
    wanted = settings(tmp_path, "https://mungba.example/", mode="webhook", link=link)
    report = await checking.check(wanted, ENVIRON)
    assert report.good is good
    assert any("has no link" in line for line in report.lines) is not good
    assert any("called at https://mungba.example/hook/zalo" in line for line in report.lines)
