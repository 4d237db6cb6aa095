"""kill -9 at every named point: nothing is lost, effects happen once; said twice at most what was sent.

Each start recovers from the kill before it and is armed with the next point, so what was interrupted passes
that point once more before the new updates do.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.faults import POINTS
from tests.support.installation import Branches, branches_in

PATIENCE = 30
KILLED = -9
INBOX = ("storing", "stored", "answering", "answered", "sending", "sent", "finished")
OUTBOX = ("claimed", "sending", "sent", "recorded")


async def hears(branches: Branches, words: str) -> None:
    await branches.hand.wait_for_message(
        branches.people[5].id, lambda m: words in (m["text"] or m["caption"] or ""), timeout=PATIENCE
    )


async def join(branches: Branches) -> None:
    me = branches.people[5]
    await branches.hand.start(me.id, "j-" + me.code.replace("-", ""))
    for heard, button in ((me.name, "Đúng"), ("Đơn vị quản lý", "Tôi đồng ý"), ("bảng kết quả", "")):
        await hears(branches, heard)
        if button:
            await branches.hand.tap(me.id, button)


async def told(branches: Branches, words: str) -> int:
    """How often the person was told so."""
    messages = await branches.hand.messages(branches.people[5].id)
    return sum(words in (m["text"] or "") for m in messages if m["from"] == "bot")


def ask(branches: Branches, query: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(branches.bot.folder / "mungba.db")) as connection, connection:
        return connection.execute(query, values).fetchall()


async def until(branches: Branches, query: str, *values: object) -> None:
    async with asyncio.timeout(PATIENCE):
        while not ask(branches, query, *values):
            await asyncio.sleep(0.05)


async def start(branches: Branches, faults: str) -> None:
    branches.bot.faults = faults
    await asyncio.to_thread(branches.bot.start)


async def died(branches: Branches) -> None:
    assert await asyncio.to_thread(branches.bot.wait_for_death) == KILLED


async def done(branches: Branches, updates: int) -> None:
    await until(branches, "SELECT 1 WHERE (SELECT count(*) FROM inbox WHERE state = 'done') = ?", updates)
    assert ask(branches, "SELECT count(*) FROM inbox") == [(updates,)]


async def give_an_opinion(branches: Branches, text: str, before: int) -> None:
    """Three updates, the last of which has the effect and is the one the process dies of."""
    me = branches.people[5].id
    await branches.hand.say(me, "ý kiến")
    await done(branches, before + 1)
    await branches.hand.say(me, text)
    await done(branches, before + 2)
    await branches.hand.say(me, "1")
    await died(branches)


async def given_once(branches: Branches, number: int, updates: int) -> None:
    """What the kill at the point before interrupted is whole now."""
    await done(branches, updates)
    point = INBOX[number]
    assert ask(branches, "SELECT count(*) FROM opinion WHERE text = ?", point) == [(1,)], point
    said = await told(branches, f"số {number + 1:02}")
    assert said == 1 or (point == "sent" and said == 2), point
    assert ask(branches, "PRAGMA integrity_check") == [("ok",)]


async def test_killed_at_every_point_of_an_update(tmp_path: Path) -> None:
    async with branches_in(tmp_path) as branches:
        await join(branches)
        updates = len(ask(branches, "SELECT 1 FROM inbox"))
        await done(branches, updates)
        await asyncio.to_thread(branches.bot.stop)
        for number, point in enumerate(INBOX):
            await start(branches, f"inbox.{point}:{4 if number else 3}=kill")
            if number:
                await given_once(branches, number - 1, updates)
            await give_an_opinion(branches, point, updates)
            updates += 3
        await start(branches, "")
        await given_once(branches, len(INBOX) - 1, updates)


def queue(branches: Branches, hour: int) -> None:
    """A message to the person that names the hour."""
    ask(
        branches,
        "INSERT INTO outbox (key, channel, chat, notice, args, priority, due_at, created_at, state, attempts,"
        " careful) VALUES (?, 'telegram', ?, 'away.gap', ?, 10, '2026-11-25 01:00:00.000000',"
        " '2026-11-25 01:00:00.000000', 'queued', 0, 0)",
        f"crash:{hour}",
        str(branches.people[5].id),
        f'{{"start":"2026-11-25T{hour}:00:00+07:00","end":"2026-11-25T{hour}:10:00+07:00"}}',
    )


async def told_once(branches: Branches, number: int) -> None:
    await until(branches, "SELECT 1 FROM outbox WHERE key = ? AND state = 'sent'", f"crash:{number + 10}")
    said = await told(branches, f"từ {number + 10} giờ")
    assert said == 1 or (OUTBOX[number] == "sent" and said == 2), OUTBOX[number]


async def test_killed_at_every_point_of_a_message(tmp_path: Path) -> None:
    async with branches_in(tmp_path) as branches:
        await join(branches)
        for number, point in enumerate(OUTBOX):
            if not number:
                await asyncio.to_thread(branches.bot.stop)
            await start(branches, f"outbox.{point}:{2 if number else 1}=kill")
            if number:
                await told_once(branches, number - 1)
            queue(branches, number + 10)
            await died(branches)
        await start(branches, "")
        await told_once(branches, len(OUTBOX) - 1)


def test_no_point_is_left_out() -> None:
    assert {f"inbox.{name}" for name in INBOX} | {f"outbox.{name}" for name in OUTBOX} == POINTS
