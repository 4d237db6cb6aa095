"""The real process on the simulator's Zalo Bot door: no buttons, one update a poll, repeats, kill -9."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.demo.sample import SamplePerson
from simulator.client import File
from tests.support.installation import ZALO_BOT_TOKEN, Branches, branches_in

PATIENCE = 30
NAME = "bot_mung_ba"
KILLED = -9


@pytest.fixture(params=["polling", "webhook"])
async def branches(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Branches]:
    async with branches_in(tmp_path, request.param, "zalo_bot") as running:
        yield running


@pytest.fixture
async def pushed(tmp_path: Path) -> AsyncIterator[Branches]:
    async with branches_in(tmp_path, "webhook", "zalo_bot") as running:
        yield running


def rows(branches: Branches, query: str) -> list[Any]:
    with sqlite3.connect(f"file:{branches.bot.folder / 'mungba.db'}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


async def heard(branches: Branches, person: SamplePerson, words: str, after: int = 0) -> Any:
    return await branches.hand.wait_for_message(
        person.id, lambda m: words in (m["text"] or m["caption"] or ""), timeout=PATIENCE, after=after
    )


async def lost(branches: Branches) -> int:
    """How many updates the platform no longer tries to hand over."""
    return int((await branches.hand.zalo(NAME))["lost"])


async def finished(branches: Branches, updates: int) -> None:
    """Wait until so many updates are handled, but those that Zalo gave up on; nothing else is there."""
    async with asyncio.timeout(PATIENCE):
        while len(rows(branches, "SELECT 1 FROM inbox WHERE state = 'done'")) < updates - await lost(
            branches
        ):
            await asyncio.sleep(0.1)
    assert rows(branches, "SELECT state FROM inbox WHERE state != 'done'") == []


async def join(branches: Branches, person: SamplePerson) -> None:
    """By typing alone: the code, then the numbers of lists."""
    await branches.hand.start(person.id)
    await branches.hand.say(person.id, person.code)
    await heard(branches, person, f"{person.name}")
    await branches.hand.say(person.id, "1")
    await heard(branches, person, "1. Tôi đồng ý\n2. Tôi chưa đồng ý")
    await branches.hand.say(person.id, "1.")
    await heard(branches, person, "bảng kết quả")


async def test_a_member_joins_and_answers_an_invitation_by_typing(branches: Branches) -> None:
    person = branches.people[5]
    await join(branches, person)
    await branches.hand.say(person.id, "Lịch")
    await heard(branches, person, "1. Tôi sẽ dự\n2. Xin vắng")
    await branches.hand.say(person.id, "1")
    await heard(branches, person, "đồng chí sẽ dự buổi 19 giờ 30")
    await finished(branches, 5)
    assert rows(branches, "SELECT answer FROM rsvp") == [("coming",)]


@pytest.mark.parametrize(
    ("mode", "switches"),
    [
        ("polling", {"ack": "replay", "duplicate_server": True}),
        ("webhook", {"webhook_times": 3, "webhook_body": "wrapped", "webhook_tries": 8}),
    ],
)
async def test_killed_in_the_middle_nothing_is_lost_and_nothing_counts_twice(
    tmp_path: Path, mode: str, switches: dict[str, Any]
) -> None:
    async with branches_in(tmp_path, mode, "zalo_bot") as branches:
        await branches.hand.zalo(NAME, **switches)
        person = branches.people[5]
        await join(branches, person)
        for number in range(3):
            await branches.hand.say(person.id, f"y kien gop {number}")
        await asyncio.to_thread(branches.bot.kill)
        for number in range(3, 5):
            await branches.hand.say(person.id, f"y kien gop {number}")
        await asyncio.to_thread(branches.bot.start)
        await finished(branches, 3 + 5)
        twice = "SELECT update_id FROM inbox GROUP BY channel, update_id HAVING count(*) > 1"
        assert rows(branches, twice) == []


async def test_handed_over_once_only_what_was_in_hand_is_gone(tmp_path: Path) -> None:
    async with branches_in(tmp_path, "polling", "zalo_bot") as branches:
        await asyncio.to_thread(branches.bot.stop)
        await dies_of(branches, "inbox.stored:1=kill", updates=1)
        await dies_of(branches, "inbox.storing:2=kill", updates=2)  # the second is gone: no bot can help it
        branches.bot.faults = ""
        await asyncio.to_thread(branches.bot.start)
        await branches.hand.say(branches.people[5].id, "menu")
        await finished(branches, 3)
        assert rows(branches, "SELECT count(*) FROM inbox") == [(3,)]


async def dies_of(branches: Branches, fault: str, updates: int) -> None:
    """Somebody types so often, and at the last the process ends itself."""
    branches.bot.faults = fault
    await asyncio.to_thread(branches.bot.start)
    for _ in range(updates):
        await branches.hand.say(branches.people[5].id, "menu")
    assert await asyncio.to_thread(branches.bot.wait_for_death) == KILLED


async def test_what_zalo_does_not_hand_over_is_said_so(pushed: Branches) -> None:
    person = pushed.people[5]
    await join(pushed, person)
    await pushed.hand.send_file(person.id, File("danh-sach.xlsx", b"zip"))
    said = await heard(pushed, person, "tệp")
    await pushed.hand.send_file(person.id, File("anh.jpg", b"jpg", kind="photo"))
    await heard(pushed, person, "chỉ đọc được chữ", after=said["id"])


async def test_a_picture_is_there_each_time_zalo_fetches_it(pushed: Branches) -> None:
    leader = next(person for person in pushed.people if "secretary" in person.posts)
    await join(pushed, leader)
    await pushed.hand.say(leader.id, "số liệu")
    shown = await heard(pushed, leader, "Tình hình tháng 12/2026")
    assert (await pushed.hand.file(shown["file"]["file_id"])).startswith(b"\x89PNG")
    async with asyncio.timeout(PATIENCE):
        while "fetched_again" not in (photos := (await pushed.hand.zalo(NAME))["photos"]):
            await asyncio.sleep(0.1)
    assert photos == {"fetched": 1, "fetched_again": 1}


async def test_an_event_without_a_message_holds_nobody_up(pushed: Branches) -> None:
    person = pushed.people[5]
    await pushed.hand.raw({"event_name": "message.unsupported.received"})
    await pushed.hand.raw({"event_name": "message.text.received", "message": {"chat": {"id": ["odd"]}}})
    await join(pushed, person)
    reasons = {reason for (reason,) in rows(pushed, "SELECT reason FROM inbox WHERE state = 'set_aside'")}
    assert len(reasons) == 2
    assert all(reason.startswith("not understood: ") for reason in reasons)


async def test_in_a_group_it_answers_only_what_is_meant_for_it(pushed: Branches) -> None:
    person = pushed.people[5]
    await join(pushed, person)
    group = await pushed.hand.zalo_group(NAME, "Chi bộ")
    await pushed.hand.say_in_group(person.id, group, "chào cả nhà", NAME, mention=False)
    await pushed.hand.say_in_group(person.id, group, "lịch", NAME)
    await pushed.hand.wait_for_message(group, timeout=PATIENCE)
    assert len(await pushed.hand.messages(group)) == 1
    assert len(rows(pushed, "SELECT 1 FROM inbox WHERE lane LIKE 'zgr-%'")) == 1


async def test_a_forged_webhook_is_refused(pushed: Branches) -> None:
    url = f"http://127.0.0.1:{pushed.bot.port}/hook/zalo_bot"
    forged = {"event_name": "message.text.received", "message": {"message_id": "1", "text": "a"}}
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, json=forged, headers={"X-Bot-Api-Secret-Token": "x" * 64})
    assert answer.status_code == 401
    assert rows(pushed, "SELECT count(*) FROM inbox") == [(0,)]


async def test_no_token_is_shown_and_check_names_the_bot(pushed: Branches) -> None:
    person = pushed.people[5]
    await pushed.hand.fault("500", calls=2, method="sendMessage")
    await join(pushed, person)
    good = await asyncio.to_thread(pushed.bot.command, "check")
    assert good.returncode == 0, good.stdout
    assert "(zalo_bot, webhook, " in good.stdout
    assert "answers as @Bot Mùng Ba" in good.stdout
    config = pushed.bot.config.read_text("utf-8").replace(pushed.simulator.url, "http://127.0.0.1:9")
    pushed.bot.config.write_text(config, "utf-8")
    bad = await asyncio.to_thread(pushed.bot.command, "check")
    assert bad.returncode == 1
    assert "does not answer" in bad.stdout
    assert ZALO_BOT_TOKEN not in pushed.bot.log + good.stdout + bad.stdout + bad.stderr
