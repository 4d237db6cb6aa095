"""R7: month ends, leap days, year ends, and a meeting moved while its reminder is being sent."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from bench.chaos.branches import House, house, local
from bench.chaos.rival import TIMES
from bench.links import Links
from bench.machine import Figures, Run, say
from bot.context import Home
from bot.notices import render
from bot.router import Router
from bot.settings import Settings
from db.due import Due, claim
from db.fates import Fate, write_down
from db.outbox import OutboxState
from handlers import FEATURES
from meetings import moving
from members.identity import who_is
from members.join_codes import PLAYED_WORK, CodeKey
from scheduler.reminders import remind_of

EDGES = {  # day of the rule → the day on which the meeting falls
    31: (date(2027, 4, 30), date(2028, 2, 29), date(2026, 12, 31)),
    30: (date(2028, 2, 29), date(2027, 11, 30)),
    29: (date(2028, 2, 29), date(2027, 4, 29)),
    1: (date(2027, 3, 1), date(2027, 6, 1)),
}
NEW_DAY = date(2026, 12, 10)


async def edges(run: Run, folder: Path, rounds: int) -> Figures:
    """Each edge of the calendar once; the race of moving and sending so often."""
    wrong: list[str] = []
    for rule, days in EDGES.items():
        for day in days[:1] if run.small else days:
            wrong += [f"{day}: {fault}" for fault in await _edge(folder, rule, day)]
    moved: Counter[str] = Counter()
    for number in range(rounds):
        moved.update(await _moved(run, folder / f"r7-{number}.db"))
    for fault in [*wrong, *moved]:
        say(f"R7: {fault}")
    figures = {"edges_wrong": len(wrong), "moves": rounds}
    return {**figures, "moves_wrong": sum(moved.values()), "passed": not wrong and not moved}


async def _edge(folder: Path, rule: int, day: date) -> list[str]:
    """Written down on its day; each step told once, of the right moment."""
    now = local(day - timedelta(days=10))
    async with house(folder / f"edge-{rule}-{day}.db", day=rule, now=now) as at:
        await at.store.write(_confirm_all)
        found = at.rows("SELECT id, starts_at FROM meeting ORDER BY starts_at LIMIT 1")
        meeting, starts = int(found[0][0]), _utc(found[0][1])
        if starts != local(day, 19, 30):
            return [f"the meeting is at {starts}"]
        await at.store.write(_replan, meeting, now)
        for before in (7, 3, 1, 0):
            for seconds in (-2, 0, 2):
                await at.look(local(day - timedelta(days=before)) + timedelta(seconds=seconds))
        counts = at.messages(meeting)
        wanted = {(phone.member, f"d-{n}"): 1 for phone in at.phones for n in (7, 3, 1, 0)}
        return [] if counts == wanted else [f"told {counts}"]


def _confirm_all(session: Session) -> None:
    """Days that fall on a weekend are confirmed as they are."""
    from sqlalchemy import update

    from meetings.tables import Meeting, MeetingState

    session.execute(update(Meeting).values(state=MeetingState.PLANNED))


def _replan(session: Session, meeting: int, now: datetime) -> None:
    from meetings.reminder_rows import replan
    from meetings.tables import Meeting

    replan(session, session.get_one(Meeting, meeting), now, TIMES)


def _utc(stored: str) -> datetime:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


async def _moved(run: Run, path: Path) -> list[str]:
    """The invitation went out; then d-3 is sent and the meeting is moved, in either order or at once."""
    async with house(path) as at:
        meeting = int(at.rows("SELECT id FROM meeting ORDER BY starts_at LIMIT 1")[0][0])
        await at.look(local(date(2026, 11, 26)))
        heard = await _deliver(at, local(date(2026, 11, 26)))
        now = local(date(2026, 11, 30))
        acts = [_remind(at, meeting, now), _move(at, meeting, now), _deliver(at, now)]
        run.chance.shuffle(acts)
        for result in await asyncio.gather(*acts):
            heard += result
        later = now + timedelta(minutes=1)
        heard += await _deliver(at, later)
        for moment in (local(date(2026, 12, 3)), local(date(2026, 12, 9)), local(NEW_DAY)):
            await at.look(moment)
            heard += await _deliver(at, moment)
        return _faults(at, heard)


async def _remind(at: House, meeting: int, now: datetime) -> list[tuple[str, str]]:
    await at.store.write(remind_of, [meeting], now, TIMES)
    return []


async def _move(at: House, meeting: int, now: datetime) -> list[tuple[str, str]]:
    def work(session: Session) -> None:
        who = who_is(session, at.phones[0].member, now.date())
        if who is not None:
            moving.move(session, who, meeting, datetime.combine(NEW_DAY, time(12, 30), UTC), now, TIMES)

    await at.store.write(work)
    return []


async def _deliver(at: House, now: datetime) -> list[tuple[str, str]]:
    """Send what is due; (chat, text) in order."""
    home = Home(at.store, Settings(), Links(), CodeKey(b"pepper", PLAYED_WORK))
    router, said = Router(FEATURES), []
    while letters := await at.store.write(claim, Due("telegram", now), 100):
        for letter in letters:
            say_ = await render(home, router, letter, now)
            state = OutboxState.SENT if say_ else OutboxState.SKIPPED
            await at.store.write(write_down, [Fate(letter.id, state, now)])
            if say_ is not None:
                said.append((letter.chat, say_.text.plain))
    return said


def _faults(at: House, heard: list[tuple[str, str]]) -> list[str]:
    """Everybody hears of the new day; from then on nobody speaks of the old one alone, nor twice alike."""
    faults = []
    for phone in at.phones:
        texts = [text for chat, text in heard if chat == str(phone.user)]
        new = [number for number, text in enumerate(texts) if "10/12" in text]
        if not new:
            faults.append("somebody never heard of the new day")
        elif stale := [text for text in texts[new[0] :] if "03/12" in text and "10/12" not in text]:
            faults.append(f"the old day afterwards: {stale[0][:80]!r}")
        if len(set(texts)) != len(texts):
            faults.append("the same words twice")
    return faults
