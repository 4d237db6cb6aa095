"""S3: no room, at the first, second … page that each use case needs, until it passes untouched."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bench.chaos.branches import NOW, House, house
from bench.chaos.rival import TIMES
from bench.judge import sends
from bench.machine import Figures, say
from bench.processes import stage
from bench.seeding import Phone, fill
from db.errors import StoreFull
from meetings.rsvp import answer_invitation
from meetings.tables import RsvpAnswer
from members import broadcasting
from members.identity import Who, who_is
from opinions.tables import Visibility
from opinions.writing import write

Use = Callable[[Session], object]
MOST_PAGES = 400
LONG = "góp ý dài " * 190
LATER = NOW + timedelta(hours=1)


async def everything(folder: Path, *, small: bool) -> Figures:
    """Use cases in a fault loop; at full size every page, and the whole process with a limit of file size."""
    async with house(folder / "full.db", 2, 400) as at:
        found = {name: await _loop(at, use, every=4 if small else 1) for name, use in _uses(at).items()}
        whole = at.rows("PRAGMA integrity_check") == [("ok",)]
    figures: Figures = {"use_cases": {n: one["refused"] for n, one in found.items()}, "whole": whole}
    figures["half_done"] = sum(one["half_done"] for one in found.values())
    figures["never_passed"] = sum(not one["passed"] for one in found.values())
    good = whole and not figures["half_done"] and not figures["never_passed"]
    good &= all(one["refused"] for one in found.values())
    if not small:
        figures["process"] = await _process(folder / "s3")
        good &= figures["process"]["passed"]
    return {**figures, "passed": bool(good)}


def _uses(at: House) -> dict[str, Use]:
    branch = at.phones[0].branch
    members = [phone.member for phone in at.phones if phone.branch == branch]
    query = f"SELECT id FROM meeting WHERE branch_id = {branch} ORDER BY starts_at LIMIT 1"
    meeting = int(at.rows(query)[0][0])

    def everybody(session: Session) -> list[Who]:
        return [who for member in members if (who := who_is(session, member, NOW.date()))]

    def opinions(session: Session) -> None:
        for number, who in enumerate(everybody(session)[:20]):
            write(session, who, LONG, Visibility.BRANCH, NOW, TIMES.zone, key=f"full:{number}")

    def answers(session: Session) -> None:
        for who in everybody(session):
            answer_invitation(session, who, meeting, RsvpAnswer.NEEDS_HELP, NOW)

    def broadcast(session: Session) -> None:
        broadcasting.announce(session, None, branch, "Thông báo", source_key="full", careful=False, now=LATER)

    return {"opinions": opinions, "answers": answers, "broadcast": broadcast}


async def _loop(at: House, use: Use, every: int) -> dict[str, Any]:
    """Give so many pages more each time; nothing may be there before it passes."""
    before, refused, half = _contents(at), 0, 0
    for room in range(0, MOST_PAGES, every):
        await at.store.write(_limit, room)
        try:
            await at.store.write(use)
        except StoreFull:
            refused += 1
            half += _contents(at) != before
        else:
            await at.store.write(_limit, None)
            return {"refused": refused, "half_done": half, "passed": _contents(at) != before}
    return {"refused": refused, "half_done": half, "passed": False}


def _limit(session: Session, room: int | None) -> None:
    """Let the file grow by so many pages; None: without limit."""
    raw: Any = session.connection().connection.dbapi_connection
    if room is None:
        raw.execute("PRAGMA max_page_count = 1073741823").fetchall()
        return
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    raw.execute(f"PRAGMA max_page_count = {pages + room}").fetchall()


def _contents(at: House) -> list[int]:
    tables = ("opinion", "rsvp", "rsvp_change", "outbox", "broadcast", "audit")
    return [int(at.rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables]


async def _process(folder: Path) -> Figures:
    """The running bot may not let any file grow: the person hears of it, and afterwards all is well."""
    folder.mkdir()
    async with stage(folder) as at:
        seed = lambda session, settings, now: fill(session, settings, now, branches=1, members=2)  # noqa: E731
        phones: list[Phone] = await at.prepare(seed)
        await at.crowd.add_people([phone.user for phone in phones])
        await at.start()
        await asyncio.sleep(3)
        before = await at.crowd.last_line()
        process = at.bot.process
        assert process is not None
        _allow(process.pid, Path(f"{at.bot.database}-wal").stat().st_size + 100)
        await at.crowd.post("say", person=phones[0].user, text="tôi sẽ dự")
        told = await _told(at, phones[0].user, before, 20)
        early = at.bot.number("SELECT count(*) FROM rsvp_change")
        _allow(process.pid, resource.RLIM_INFINITY)
        await at.until(lambda: at.bot.number("SELECT count(*) FROM rsvp_change") > 0, 60)
        saved = at.bot.number("SELECT count(*) FROM rsvp_change")
        answered = await _told(at, phones[0].user, before + 1, 20)
        with closing(sqlite3.connect(at.bot.database)) as db:
            whole = db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if not told:
            say(at.bot.log[-1500:])
    figures = {"told_not_saved": told, "saved_while_full": early, "saved_after": saved, "whole": whole}
    return {**figures, "passed": told and early == 0 and saved == 1 and whole and answered}


def _allow(pid: int, size: int) -> None:
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


async def _told(at: Any, user: int, since: int, seconds: float) -> bool:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        said = sends(await at.crowd.journal(since))
        if any(str(call["args"].get("chat_id")) == str(user) for call in said):
            return True
        await asyncio.sleep(0.3)
    return False
