"""Backup, quarantine and restore by the real commands, beside and after a running assistant."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.installation import Branches, branches_in

PATIENCE = 30


def ask(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(query).fetchall()


async def command(branches: Branches, *arguments: str, code: int = 0) -> str:
    done = await asyncio.to_thread(branches.bot.command, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


async def answered(branches: Branches, words: str) -> None:
    await branches.hand.wait_for_message(
        branches.people[0].id, lambda m: words in (m["text"] or ""), timeout=PATIENCE
    )


async def test_a_backup_of_a_running_assistant_starts_elsewhere(tmp_path: Path) -> None:
    async with branches_in(tmp_path) as branches:
        me, database, file = branches.people[0].id, tmp_path / "mungba.db", tmp_path / "one.backup"
        await branches.hand.say(me, "menu")
        await answered(branches, "mã")
        assert "checked" in await command(branches, "backup", str(file))
        assert hashlib.sha256(file.read_bytes()).hexdigest() in Path(f"{file}.sha256").read_text("ascii")
        assert "never overwritten" in await command(branches, "backup", str(file), code=2)
        assert "already in use by process" in await command(
            branches, "restore", str(file), "--replace", code=2
        )
        await asyncio.to_thread(branches.bot.stop)
        database.unlink()
        assert "checked" in await command(branches, "restore", str(file))
        before = len(await branches.hand.messages(me))
        await asyncio.to_thread(branches.bot.start)
        await branches.hand.say(me, "menu")
        async with asyncio.timeout(PATIENCE):
            while not ask(database, "SELECT 1 FROM inbox WHERE id > 1 AND state = 'done'"):
                await asyncio.sleep(0.1)
        assert len(await branches.hand.messages(me)) == before + 1


async def test_what_was_set_aside_is_looked_at_and_put_back(tmp_path: Path) -> None:
    async with branches_in(tmp_path) as branches:
        database = tmp_path / "mungba.db"
        await branches.hand.raw({"message": {"message_id": "seven", "text": "chuyện riêng"}})
        async with asyncio.timeout(PATIENCE):
            while not ask(database, "SELECT 1 FROM inbox WHERE state = 'set_aside'"):
                await asyncio.sleep(0.1)
        listed = await command(branches, "inbox")
        assert "telegram" in listed
        assert "chuyện riêng" not in listed
        assert "chuyện riêng" not in await command(branches, "inbox", "show", "1")
        assert "chuyện riêng" in await command(branches, "inbox", "show", "1", "--with-text")
        assert "1 put back" in await command(branches, "inbox", "replay", "--all")
        async with asyncio.timeout(PATIENCE):  # taken up by the running process, and refused once more
            while ask(database, "SELECT state, reason IS NULL FROM inbox") != [("set_aside", 0)]:
                await asyncio.sleep(0.1)
        assert "nothing was ever to be sent" in await command(branches, "outbox")
