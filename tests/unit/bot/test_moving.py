"""The command that asks people to go over to another bot, on a database of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.desk import desk
from bot.moving import move_account
from bot.settings import ChannelAccount, Database, Settings
from db.errors import StartRefused
from tests.unit.members.conftest import Org

NEW = ChannelAccount(name="telegram-2", serves=("Đảng bộ Trường (mẫu)",))


async def test_it_says_who_is_asked_and_who_is_to_be_called(tmp_path: Path) -> None:
    settings = Settings(
        channels=(ChannelAccount(name="telegram"), NEW), database=Database(url=f"sqlite:///{tmp_path}/m.db")
    )
    async with desk(settings) as at:
        await at.store.write(lambda session: _people(Org(session)))
    lines = await move_account(settings, "dang bo truong (mau)", "telegram-2")
    assert lines[:3] == [
        "1 asked to move to telegram-2; their bot goes on serving them until they have",
        "1 there already, 1 on no bot of this platform",
        "to be called, as no message reaches them: Nguyễn Văn An",
    ]
    with pytest.raises(StartRefused, match="no branch or unit called 'Chi bộ 9'"):
        await move_account(settings, "Chi bộ 9", "telegram-2")


def _people(org: Org) -> None:
    one, two = org.branch(), org.branch("Chi bộ 2")
    org.account("1", member_id=org.member("Nguyễn Văn An", one).member_id)
    org.account("2", "telegram-2", org.member("Trần Thị Bình", two).member_id)
    org.member("Lê Văn Ngoài", two)
