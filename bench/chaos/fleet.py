"""D12, S4, R2, R6: many processes on one PostgreSQL, members killed, the server restarted: nothing is lost.

Each fleet is flooded with updates while it is hurt (S4), sends a broadcast while it is hurt (D12), and then
meets the moment at which everybody is to be reminded (R2, R6).
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.chaos.announcing import announce_at
from bench.chaos.scripts import Person, interleaved, sample_day
from bench.chaos.updates import (
    PATIENCE,
    TOLD,
    Shapes,
    chat_of,
    day_people,
    effects,
    learn,
    post,
    replies_of,
    settled,
)
from bench.fleet import Fleet, fleet_in
from bench.judge import by_cause, sends
from bench.machine import Figures, Run, say
from bench.processes import Json
from bench.seeding import Phone, fill
from db.places import place_of

PER_PERSON = 20
EVERY = (5.0, 40.0)
LONGEST_START = 60.0  # R6: seconds after the minute at which everybody is due
REMINDED_AT = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)  # 08:00, seven days before the meeting
SILENT = "SELECT chat FROM account a WHERE NOT EXISTS (SELECT 1 FROM rsvp r WHERE r.member_id = a.member_id)"
NEWS = "Mời toàn thể đảng viên đến hội trường"
OPEN_MAIL = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'claimed') AND broadcast_id IS NOT NULL"


def options(parser: argparse.ArgumentParser) -> None:
    """--processes, --updates, --kills, --restarts."""
    parser.add_argument("--processes", default="2,4,8", help="sizes of the fleets, one after the other")
    parser.add_argument("--updates", type=int, default=5000)
    parser.add_argument("--silent", type=int, default=10_000, help="members who are only reminded")
    parser.add_argument("--kills", type=int, default=10, help="of members, in each fleet")
    parser.add_argument("--restarts", type=int, default=6, help="of the server, in each fleet")


@dataclass(frozen=True)
class Plan:
    """How much is done to a fleet, and how often it is hurt."""

    processes: int
    updates: int
    kills: int
    restarts: int
    every: tuple[float, float]
    rate: float  # updates a second
    silent: int  # members who say nothing, so that all of them are reminded


def run(run_: Run, given: argparse.Namespace) -> Figures:
    """The figures of each fleet under its size, and of all together."""
    sizes = [2] if run_.small else [int(size) for size in given.processes.split(",")]
    found: Figures = {}
    for size in sizes:
        plan = Plan(size, given.updates, given.kills, given.restarts, EVERY, 50.0, given.silent)
        if run_.small:
            plan = Plan(size, 60, 1, 1, (1.0, 3.0), 20.0, 60)
        with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
            found[f"processes_{size}"] = asyncio.run(_fleet(run_, Path(folder), plan))
    whole = ("lost", "effects_twice", "broadcast_lost", "reminders_lost", "reminders_twice")
    sums = {name: sum(figures[name] for figures in found.values()) for name in whole}
    return {**found, **sums, "passed": all(figures["passed"] for figures in found.values())}


async def _fleet(run_: Run, folder: Path, plan: Plan) -> Figures:
    count = max(plan.updates // PER_PERSON, 1)
    async with fleet_in(folder, plan.processes, per_second=1000) as fleet:
        everybody = count + plan.silent + 1
        seed = partial(fill, branches=max(everybody // 30, 1), members=everybody, quiz=True)
        phones: list[Phone] = await fleet.at.prepare(seed)
        await fleet.at.crowd.add_people([phone.user for phone in phones])
        await fleet.start()
        say(f"{plan.processes} processes are ready, {run_.seconds} s")
        await fleet.at.until(lambda: fleet.at.bot.number(TOLD) >= len(phones), PATIENCE)
        shapes = await learn(fleet.at, phones[-1])
        flood = await _flood(run_, fleet, plan, day_people(run_, phones[:count], plan.updates), shapes)
        news = await _broadcast(run_, fleet, plan, phones)
        reminded = await _remind(fleet)
        hurt = {"kills": fleet.kills, "server_restarts": fleet.restarts}
        good = all(part.pop("passed") for part in (flood, news, reminded))
        return {**hurt, **flood, **news, **reminded, "passed": good}


async def _flood(run_: Run, fleet: Fleet, plan: Plan, people: list[Person], shapes: Shapes) -> Figures:
    """S4: every acknowledged update has its effect, once, and its answer."""
    began = await fleet.at.crowd.last_line()
    trouble = asyncio.create_task(fleet.trouble(run_, plan.kills, plan.restarts, plan.every))
    turns: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
    loop = asyncio.get_running_loop()
    start = loop.time()
    posts = []
    for number, (person, typed) in enumerate(interleaved(people, run_.chance)):
        await asyncio.sleep(start + number / plan.rate - loop.time())
        posts.append(asyncio.create_task(post(fleet.at, turns[person.user], person, typed)))
    await asyncio.gather(*posts)
    await trouble
    total = sum(len(person.typed) for person in people)
    caught_up = await settled(fleet.at, total + len(sample_day(0, 0).typed))
    said = sends(await fleet.at.crowd.journal(began))
    missing, doubled = effects(fleet.at, people)
    by_chat: dict[int, list[Json]] = defaultdict(list)
    for line in said:
        by_chat[chat_of(fleet.at, line)].append(line)
    replies = [replies_of(person, shapes, by_chat[person.user]) for person in people]
    most, unprovoked = by_cause([pair for one in replies for pair in one.twice], fleet.hurt)
    lost = missing + sum(one.lost for one in replies)
    strange = Counter(what for one in replies for what in one.strange)
    for what, times in strange.most_common(5):
        say(f"nobody expected {times} × {what!r}")
    return {
        "updates": total,
        "lost": lost,
        "lost_effects": missing,
        "effects_twice": doubled,
        "replies_twice_per_blow_max": most,
        "replies_twice_without_blow": unprovoked,
        "replies_strange": sum(strange.values()),
        "passed": caught_up and not lost and not doubled and not strange,
    }


async def _broadcast(run_: Run, fleet: Fleet, plan: Plan, phones: list[Phone]) -> Figures:
    """D12: each recipient is claimed once; members die meanwhile."""
    began, first_blow = await fleet.at.crowd.last_line(), len(fleet.hurt)
    trouble = asyncio.create_task(fleet.trouble(run_, max(plan.kills // 2, 1), 0, (0.1, 1.0)))
    await announce_at(place_of(fleet.server.url("fleet")), NEWS, run_)
    await trouble
    done = await fleet.at.until(lambda: not fleet.at.bot.number(OPEN_MAIL), PATIENCE)
    told = Counter(
        chat_of(fleet.at, line) for line in sends(await fleet.at.crowd.journal(began)) if _is_news(line)
    )
    twice = sum(times - 1 for times in told.values())
    lost = sum(phone.user not in told for phone in phones)
    blows = len(fleet.hurt) - first_blow
    return {
        "recipients": len(phones),
        "broadcast_lost": lost,
        "broadcast_twice": twice,
        "passed": done and not lost and twice <= 8 * blows,
    }


def _is_news(line: Json) -> bool:
    return NEWS in str(line["args"].get("text", ""))


async def _remind(fleet: Fleet) -> Figures:
    """R2, R6: everybody is due in the same minute; every process has a clock."""
    began = await fleet.at.crowd.last_line()
    loop = asyncio.get_running_loop()
    silent = [int(chat) for (chat,) in fleet.at.bot.rows(SILENT)]
    await fleet.at.crowd.post("clock", to=REMINDED_AT.isoformat())
    start = loop.time()
    rows = "SELECT count(*) FROM outbox WHERE notice = 'invitation.invite' AND state = 'sent'"
    first = await fleet.at.until(lambda: fleet.at.bot.number(rows) > 0, LONGEST_START)
    took = loop.time() - start
    done = await fleet.at.until(lambda: fleet.at.bot.number(rows) >= len(silent), PATIENCE)
    told = Counter(chat_of(fleet.at, line) for line in sends(await fleet.at.crowd.journal(began)))
    lost = sum(chat not in told for chat in silent)
    per_member = fleet.at.bot.rows(
        "SELECT member_id, count(*) FROM outbox WHERE notice = 'invitation.invite' GROUP BY member_id"
    )
    twice = sum(count > 1 for _, count in per_member)
    return {
        "reminders": len(silent),
        "reminders_lost": lost,
        "reminders_twice": twice,
        "reminders_begun_after_seconds": round(took, 1),
        "passed": first and done and not lost and not twice,
    }
