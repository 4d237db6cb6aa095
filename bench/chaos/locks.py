"""S1: somebody else holds the write lock while a member answers an invitation."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from bench.judge import sends
from bench.machine import Figures, say
from bench.processes import Stage, stage
from bench.seeding import Phone, fill

PATIENCE = 60.0


async def held(folder: Path, lengths: tuple[int, ...]) -> Figures:
    """After each: the answer is on record once, the person was answered, nothing is half done."""
    folder.mkdir()
    wrong: list[str] = []
    async with stage(folder) as at:
        seed = lambda session, settings, now: fill(session, settings, now, branches=1, members=len(lengths))  # noqa: E731
        phones: list[Phone] = await at.prepare(seed)
        await at.crowd.add_people([phone.user for phone in phones])
        await at.start()
        for phone, seconds in zip(phones, lengths, strict=True):
            wrong += [f"{seconds} s: {fault}" for fault in await _hold(at, phone, seconds)]
        whole = at.bot.rows("PRAGMA integrity_check") == [("ok",)]
        unhandled = at.bot.log.count("Traceback")
    for fault in wrong:
        say(f"S1: {fault}")
    figures = {"seconds_held": list(lengths), "faults": len(wrong), "unhandled": unhandled, "whole": whole}
    return {**figures, "passed": not wrong and whole and not unhandled}


async def _hold(at: Stage, phone: Phone, seconds: int) -> list[str]:
    before = await at.crowd.last_line()
    with closing(sqlite3.connect(at.bot.database, timeout=30, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        await at.crowd.post("say", person=phone.user, text="tôi sẽ dự")
        await asyncio.sleep(seconds)
        db.execute("ROLLBACK")
    query = f"SELECT count(*) FROM rsvp_change WHERE member_id = {phone.member}"
    await at.until(lambda: at.bot.number(query) > 0 and not at.bot.number(_OPEN), PATIENCE)
    said = [
        c for c in sends(await at.crowd.journal(before)) if str(c["args"].get("chat_id")) == str(phone.user)
    ]
    faults = [] if at.bot.number(query) == 1 else [f"{at.bot.number(query)} answers on record"]
    if not said:
        faults.append("nothing was said")
    if at.bot.number("SELECT count(*) FROM inbox WHERE state = 'set_aside'"):
        faults.append("an update was set aside")
    return faults


_OPEN = "SELECT count(*) FROM inbox WHERE state IN ('new', 'answered')"
