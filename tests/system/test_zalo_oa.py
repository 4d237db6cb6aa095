"""The real process on a Zalo Official Account of the simulator: webhook in, buttons and pictures out."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench import warm
from bot.demo.sample import SamplePerson
from simulator.client import SimClient
from simulator.process import SimulatorProcess
from tests.support.installation import START, BotProcess, sample_in

PATIENCE = 30
OA_ID, APP_ID, APP_SECRET, OA_SECRET, REFRESH = "579001", "360001", "app-secret", "oa-secret", "refresh-0"
NAME = "chi_bo_oa"


class OaProcess(BotProcess):
    """The bot with one Official Account."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment with the account's secrets."""
        own = {"APP_ID": APP_ID, "APP_SECRET": APP_SECRET, "OA_SECRET": OA_SECRET, "REFRESH_TOKEN": REFRESH}
        return super().environment | {f"MUNGBA_OA_{name}": value for name, value in own.items()}


@dataclass
class Oa:
    """A running installation, and a hand on everybody's phone."""

    bot: OaProcess
    hand: SimClient
    people: list[SamplePerson]

    async def heard(self, person: SamplePerson, words: str) -> Any:
        return await self.hand.wait_for_message(
            person.id, lambda m: words in (m["text"] or m["caption"] or ""), bot=NAME, timeout=PATIENCE
        )

    async def says(self, person: SamplePerson, text: str) -> None:
        await self.hand.say(person.id, text, bot=NAME)

    async def taps(self, person: SamplePerson, label: str) -> None:
        await self.hand.tap(person.id, label, bot=NAME)

    async def joins(self, person: SamplePerson) -> None:
        await self.says(person, person.code)
        await self.heard(person, person.name)
        await self.taps(person, "Đúng")
        await self.heard(person, "Đơn vị quản lý")
        await self.taps(person, "Tôi đồng ý")
        await self.heard(person, "bảng kết quả")

    def rows(self, query: str) -> list[Any]:
        with sqlite3.connect(f"file:{self.bot.folder / 'mungba.db'}?mode=ro", uri=True) as connection:
            return connection.execute(query).fetchall()

    async def until(self, query: str, wanted: list[Any]) -> None:
        """Wait until a query of the database answers so."""
        async with asyncio.timeout(PATIENCE):
            while self.rows(query) != wanted:
                await asyncio.sleep(0.1)


@pytest.fixture
async def oa(tmp_path: Path) -> AsyncIterator[Oa]:
    simulator = SimulatorProcess(
        data=tmp_path / "simulator",
        start_at=START.isoformat(),
        zalo_oas=[f"{OA_ID}:{APP_ID}:{APP_SECRET}:{OA_SECRET}:{REFRESH}:{NAME}"],
        arguments=["--pause-scale", "0.05"],
        launch=warm.simulator,
    )
    simulator.start()
    channel = {"name": "oa", "kind": "zalo_oa", "api_base": f"{simulator.url}/zalo-oa"}
    bot = OaProcess(tmp_path, simulator, settings={"channels": [channel]})
    try:
        people = list(await sample_in(bot))[:8]
        async with SimClient(simulator.url, simulator.key) as hand:
            for person in people:
                await hand.add_person(person.name, id=person.id, role=person.role)
            await asyncio.to_thread(bot.start)
            await hand.zalo(NAME, webhook=f"http://127.0.0.1:{bot.port}/hook/oa")
            yield Oa(bot, hand, people)
    finally:
        if bot.process is not None:
            await asyncio.to_thread(bot.stop)
        await asyncio.to_thread(simulator.stop)


async def test_a_member_joins_by_a_typed_code_and_is_answered(oa: Oa) -> None:
    person = oa.people[5]
    await oa.joins(person)
    await oa.says(person, "lich")
    await oa.heard(person, "03/12/2026")
    await oa.until("SELECT count(*) FROM inbox WHERE state != 'done'", [(0,)])


async def test_forged_and_unsigned_events_leave_nothing(oa: Oa) -> None:
    url = f"http://127.0.0.1:{oa.bot.port}/hook/oa"
    event = {
        "event_name": "user_send_text",
        "timestamp": "1",
        "sender": {"id": "1"},
        "message": {"text": "a"},
    }
    async with httpx.AsyncClient() as client:
        forged = await client.post(url, json=event, headers={"X-ZEvent-Signature": "mac=" + "0" * 64})
        unsigned = await client.post(url, json=event)
    assert (forged.status_code, unsigned.status_code) == (401, 200)
    assert oa.rows("SELECT count(*) FROM inbox") == [(0,)]


async def test_a_repeated_event_is_answered_once(oa: Oa) -> None:
    person = oa.people[5]
    await oa.hand.zalo(NAME, webhook_times=3, webhook_disorder=True)
    await oa.joins(person)
    texts = [m["text"] or "" for m in await oa.hand.messages(person.id, bot=NAME)]
    assert sum("Đơn vị quản lý" in text for text in texts) == 1
    assert oa.rows("SELECT count(*) FROM consent") == [(1,)]


async def test_an_odd_event_is_set_aside_and_blocks_nobody(oa: Oa) -> None:
    person = oa.people[5]
    for body in ('{"event_name": 5}', "[", '{"event_name": "user_send_hologram", "sender": {"id": "1"}}'):
        await oa.hand.raw(body, bot=NAME)
    await oa.joins(person)
    await oa.until("SELECT count(*) FROM inbox WHERE state = 'set_aside'", [(3,)])


async def test_the_tokens_are_renewed_and_a_killed_process_goes_on_with_them(oa: Oa) -> None:
    person = oa.people[5]
    await oa.joins(person)
    before = (await oa.hand.zalo(NAME))["refreshes"]
    await oa.hand.advance(timedelta(hours=26).total_seconds())
    await oa.heard(person, "Kính mời đồng chí")  # the assistant's clock has followed
    await oa.says(person, "lich")
    await oa.heard(person, "03/12/2026")
    assert (await oa.hand.zalo(NAME))["refreshes"] == before + 1
    await asyncio.to_thread(oa.bot.kill)
    await asyncio.to_thread(oa.bot.start)
    told = len(await oa.hand.messages(person.id, bot=NAME))
    await oa.says(person, "lich")
    async with asyncio.timeout(PATIENCE):
        while len(await oa.hand.messages(person.id, bot=NAME)) < told + 2:  # the question and its answer
            await asyncio.sleep(0.1)
    assert "refresh-0" not in oa.bot.log


async def test_who_was_silent_for_a_week_is_listed_and_stays_reachable(oa: Oa) -> None:
    person = oa.people[5]
    await oa.joins(person)
    await oa.hand.advance(timedelta(days=7, hours=12).total_seconds())
    query = "SELECT count(*) > 0 FROM outbox WHERE state = 'unreachable' AND reason LIKE '%7 days%'"
    await oa.until(query, [(1,)])
    assert oa.rows("SELECT unreachable_since FROM account") == [(None,)]


async def test_who_leaves_is_noted(oa: Oa) -> None:
    person = oa.people[5]
    await oa.joins(person)
    await oa.hand.block(person.id, bot=NAME)
    await oa.until("SELECT count(*) FROM account WHERE unreachable_since IS NOT NULL", [(1,)])


async def test_check_uses_up_no_token(oa: Oa) -> None:
    before = (await oa.hand.zalo(NAME))["refreshes"]
    answer = await asyncio.to_thread(oa.bot.command, "check")
    assert "channel oa (zalo_oa" in answer.stdout
    assert (await oa.hand.zalo(NAME))["refreshes"] == before
