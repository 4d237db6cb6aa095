"""The real process against the simulator: both doors, kill -9, poison, a clean end."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.demo.sample import SamplePerson
from tests.support.installation import Branches, branches_in

PATIENCE = 30


@pytest.fixture(params=["polling", "webhook"])
async def branches(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Branches]:
    async with branches_in(tmp_path, request.param) as running:
        yield running


@pytest.fixture
async def polled(tmp_path: Path) -> AsyncIterator[Branches]:
    async with branches_in(tmp_path) as running:
        yield running


def rows(branches: Branches, query: str) -> list[Any]:
    with sqlite3.connect(f"file:{branches.bot.folder / 'mungba.db'}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


async def heard(branches: Branches, person: SamplePerson, words: str) -> Any:
    return await branches.hand.wait_for_message(
        person.id, lambda m: words in (m["text"] or m["caption"] or ""), timeout=PATIENCE
    )


async def finished(branches: Branches, updates: int) -> None:
    """Wait until so many updates are handled, and see that nothing else is there."""
    async with asyncio.timeout(PATIENCE):
        while len(rows(branches, "SELECT 1 FROM inbox WHERE state = 'done'")) < updates:
            await asyncio.sleep(0.1)
    assert rows(branches, "SELECT state FROM inbox WHERE state != 'done'") == []


async def join(branches: Branches, person: SamplePerson) -> None:
    await branches.hand.start(person.id, "j-" + person.code.replace("-", ""))
    await heard(branches, person, person.name)
    await branches.hand.tap(person.id, "Đúng")
    await heard(branches, person, "Đơn vị quản lý")
    await branches.hand.tap(person.id, "Tôi đồng ý")
    await heard(branches, person, "bảng kết quả")


async def test_a_member_joins_and_is_answered(branches: Branches) -> None:
    person = branches.people[5]
    await join(branches, person)
    await branches.hand.say(person.id, "lich")
    await heard(branches, person, "03/12/2026")
    await finished(branches, 4)
    async with httpx.AsyncClient() as client:
        ready = await client.get(f"http://127.0.0.1:{branches.bot.port}/readyz")
        public = await client.get(f"http://127.0.0.1:{branches.bot.port}/metrics")
        figures = await client.get(f"http://127.0.0.1:{branches.bot.watched}/metrics")
    assert (ready.status_code, ready.text) == (200, "ready")
    assert public.status_code == 404
    assert 'mungba_updates_handled_total{channel="telegram",outcome="done"} 4.0' in figures.text
    assert "mungba_answered_seconds_count 4.0" in figures.text
    assert person.name not in figures.text


async def test_a_webhook_without_the_secret_is_refused(branches: Branches) -> None:
    url = f"http://127.0.0.1:{branches.bot.port}/hook/telegram"
    async with httpx.AsyncClient() as client:
        forged = await client.post(
            url, json={"update_id": 1}, headers={"X-Telegram-Bot-Api-Secret-Token": "x"}
        )
    assert forged.status_code in {401, 404}
    assert rows(branches, "SELECT count(*) FROM inbox") == [(0,)]


async def test_killed_in_the_middle_nothing_is_lost_and_nothing_counts_twice(polled: Branches) -> None:
    crowd = polled.people[:9]
    await asyncio.gather(*(join(polled, person) for person in crowd))

    async def write_opinions(person: SamplePerson) -> None:
        for number in range(5):
            await polled.hand.say(person.id, f"y kien gop {number}")

    before = len(rows(polled, "SELECT 1 FROM inbox"))
    sending = asyncio.gather(*(write_opinions(person) for person in crowd))
    for _ in range(3):
        await asyncio.sleep(0.3)
        await asyncio.to_thread(polled.bot.kill)
        await asyncio.to_thread(polled.bot.start)
    await sending
    for person in crowd:
        await polled.hand.say(person.id, "menu")
    await finished(polled, before + len(crowd) * 6)
    twice = "SELECT update_id FROM inbox GROUP BY channel, update_id HAVING count(*) > 1"
    assert rows(polled, twice) == []


async def test_one_bad_update_in_a_hundred_holds_nobody_up(polled: Branches) -> None:
    person = polled.people[0]
    for number in range(100):
        if number == 40:
            await polled.hand.raw({"message": {"message_id": "seven", "chat": {"id": person.id}}})
        else:
            await polled.hand.say(person.id, f"thử {number}")
    async with asyncio.timeout(PATIENCE):
        while len(rows(polled, "SELECT 1 FROM inbox WHERE state = 'done'")) < 99:
            await asyncio.sleep(0.1)
    (reason,) = rows(polled, "SELECT reason FROM inbox WHERE state = 'set_aside'")
    assert "message_id" in reason[0]
    answers = [m for m in await polled.hand.messages(person.id) if m["from"] == "bot"]
    assert len(answers) == 99


async def test_it_ends_cleanly_when_told_to(polled: Branches) -> None:
    assert await asyncio.to_thread(polled.bot.stop) == 0
    await polled.hand.say(polled.people[0].id, "menu")
    await asyncio.to_thread(polled.bot.start)
    await heard(polled, polled.people[0], "mã")


async def test_a_second_copy_is_refused_by_name(polled: Branches) -> None:
    second = await asyncio.to_thread(polled.bot.command, "run")
    assert second.returncode == 2
    assert "already in use by process" in second.stderr
    assert "Traceback" not in second.stderr


async def test_check_says_whether_the_channel_answers(polled: Branches) -> None:
    good = await asyncio.to_thread(polled.bot.command, "check")
    assert good.returncode == 0, good.stdout
    assert "answers as @mung_ba_bot" in good.stdout
    polled.bot.config.write_text(
        polled.bot.config.read_text("utf-8").replace(polled.simulator.url, "http://127.0.0.1:9")
    )
    bad = await asyncio.to_thread(polled.bot.command, "check")
    assert bad.returncode == 1
    assert "does not answer" in bad.stdout
    assert polled.simulator.token not in bad.stdout + bad.stderr + good.stdout


async def test_no_token_is_in_the_log(polled: Branches) -> None:
    await join(polled, polled.people[0])
    await polled.hand.fault("500", calls=2)
    await polled.hand.say(polled.people[0].id, "menu")
    await heard(polled, polled.people[0], "chào")
    assert polled.simulator.token not in polled.bot.log
