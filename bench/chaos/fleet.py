"""D12, S4, R2, R6: many processes and bots on one PostgreSQL, hurt at random: nothing is lost, nothing twice.

Each fleet is flooded with updates while processes are killed, the server restarted and connections cut (S4),
sends a broadcast while processes are killed (D12), and then meets the moment at which everybody is to be
reminded, by as many clocks as there are processes (R2, R6). Half of the bots poll, half have a webhook.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.chaos.announcing import announce_at
from bench.chaos.scripts import Person, interleaved, sample_day
from bench.chaos.updates import (
    MOST_REPLIES_A_KILL,
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
from bench.fleet import Blows, Fleet, fleet_in
from bench.judge import by_cause, sends
from bench.machine import Figures, Run, say
from bench.processes import START, Json
from bench.seeding import FIRST_USER, Phone, fill
from bot.limits import TELEGRAM_PER_SECOND, in_flight
from db.places import place_of

PER_PERSON = 20
STORIES = 5
PATIENCE = 900.0
LONGEST_START = 60.0  # R6: seconds after the minute at which everybody is due
TOLERATED = 1.02  # D12: of the permitted rate
REMINDED_AT = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)  # 08:00, seven days before the meeting
SILENT = "SELECT chat FROM account a WHERE NOT EXISTS (SELECT 1 FROM rsvp r WHERE r.member_id = a.member_id)"
NEWS, INVITED = "Mời toàn thể đảng viên đến hội trường", "Kính mời đồng chí"
OPEN_MAIL = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'claimed') AND broadcast_id IS NOT NULL"
INVITATIONS = "SELECT count(*) FROM outbox WHERE notice = 'invitation.invite'"


def options(parser: argparse.ArgumentParser) -> None:
    """--processes, --bots, --updates, --silent, --kills, --restarts, --cuts, --every."""
    parser.add_argument("--processes", default="2,4,8", help="sizes of the fleets, one after the other")
    parser.add_argument("--bots", type=int, default=0, help="in each fleet; 0: as many as processes")
    parser.add_argument("--updates", type=int, default=5000)
    parser.add_argument("--silent", type=int, default=10_000, help="members who are only told and reminded")
    parser.add_argument("--kills", type=int, default=10, help="of processes, in each fleet")
    parser.add_argument("--restarts", type=int, default=6, help="of the server, in each fleet")
    parser.add_argument("--cuts", type=int, default=4, help="of all connections, in each fleet")
    parser.add_argument("--every", default="5,40", help="seconds between two blows: least and most")


@dataclass(frozen=True)
class Plan:
    """How much is done to a fleet, and how often it is hurt."""

    processes: int
    bots: int
    updates: int
    silent: int  # members who say nothing, so that all of them are reminded
    blows: Blows

    @property
    def rate(self) -> float:
        """Updates a second: they last as long as the blows."""
        return self.updates / max(self.blows.seconds, 1.0)


def run(run_: Run, given: argparse.Namespace) -> Figures:
    """The figures of each fleet under its size, and of all together."""
    found: Figures = {}
    for plan in _plans(run_, given):
        with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
            figures = asyncio.run(_fleet(run_, Path(folder), plan))
        say(f"{plan.processes} processes: {figures}")
        found[f"processes_{plan.processes}"] = figures
    whole = ("lost", "effects_twice", "broadcast_lost", "reminders_lost", "reminders_twice")
    sums = {name: sum(figures[name] for figures in found.values()) for name in whole}
    return {**found, **sums, "passed": all(figures["passed"] for figures in found.values())}


def _plans(run_: Run, given: argparse.Namespace) -> list[Plan]:
    if run_.small:
        return [Plan(2, 2, 60, 60, Blows(1, 1, 1, (1.0, 3.0)))]
    least, most = map(float, given.every.split(","))
    blows = Blows(given.kills, given.restarts, given.cuts, (least, most))
    sizes = [int(size) for size in given.processes.split(",")]
    return [Plan(size, given.bots or size, given.updates, given.silent, blows) for size in sizes]


async def _fleet(run_: Run, folder: Path, plan: Plan) -> Figures:
    count = max(plan.updates // PER_PERSON, 1)
    everybody = count + plan.silent + 1
    async with fleet_in(folder, plan.processes, plan.bots) as fleet:
        seats = await fleet.know(range(FIRST_USER, FIRST_USER + everybody))
        seed = partial(fill, branches=max(everybody // 30, 1), members=everybody, quiz=True, seats=seats)
        phones: list[Phone] = await fleet.at.prepare(seed)
        await fleet.start()
        say(f"{plan.processes} processes are ready, {run_.seconds} s")
        if not await fleet.at.until(lambda: fleet.at.bot.number(TOLD) >= len(phones), PATIENCE):
            raise RuntimeError("the quiz was not announced to everybody")
        shapes = await learn(fleet.at, phones[-1])
        say(f"the flood begins, {run_.seconds} s")
        flood = await _flood(run_, fleet, plan, day_people(run_, phones[:count], plan.updates), shapes)
        news = await _broadcast(run_, fleet, plan, phones)
        reminded = await _remind(fleet)
        logged = {"tracebacks": fleet.logged("Traceback")}
        good = all(part.pop("passed") for part in (flood, news, reminded))
        return {"bots": plan.bots, **fleet.done, **flood, **news, **reminded, **logged, "passed": good}


async def _flood(run_: Run, fleet: Fleet, plan: Plan, people: list[Person], shapes: Shapes) -> Figures:
    """S4: every acknowledged update has its effect, once, and its answer."""
    began = await fleet.at.crowd.last_line()
    trouble = asyncio.create_task(fleet.trouble(run_, plan.blows))
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
    caught_up = await settled(fleet.at, total + len(sample_day(0, 0).typed), PATIENCE)
    said = sends(await fleet.at.crowd.journal(began))
    missing, doubled = effects(fleet.at, people)
    by_chat: dict[int, list[Json]] = defaultdict(list)
    for line in said:
        by_chat[chat_of(fleet.at, line)].append(line)
    replies = [replies_of(person, shapes, by_chat[person.user]) for person in people]
    twice = [pair for one in replies for pair in one.twice]
    most, unprovoked = by_cause(twice, fleet.hurt)
    lost = missing + sum(one.lost for one in replies)
    strange = Counter(what for one in replies for what in one.strange)
    for what, times in strange.most_common(5):
        say(f"nobody expected {times} × {what!r}")
    hurt = [person for person, one in zip(people, replies, strict=True) if one.strange or one.lost]
    for person in hurt[:STORIES]:
        _tell_story(fleet, person, by_chat[person.user])
    aside = fleet.at.bot.number("SELECT count(*) FROM inbox WHERE state = 'set_aside'")
    clean = not (lost or doubled or strange or unprovoked or aside)
    return {
        "updates": total,
        "lost": lost,
        "lost_effects": missing,
        "effects_twice": doubled,
        "replies_twice": len(twice),
        "replies_twice_per_blow_max": most,
        "replies_twice_without_blow": unprovoked,
        "replies_strange": sum(strange.values()),
        "set_aside": aside,
        "passed": caught_up and clean and most <= MOST_REPLIES_A_KILL * plan.bots,
    }


def _tell_story(fleet: Fleet, person: Person, said: list[Json]) -> None:
    """What somebody typed, what of it came in and was handled when, and what they were told."""
    say(f"{person.user} typed {[typed.text for typed in person.typed]}; blows at {fleet.hurt}")
    seen = "state, attempts, owner, received_at, finished_at"
    query = f"SELECT id, update_id, raw, {seen} FROM inbox WHERE lane = ? ORDER BY id"
    for number, update, raw, *rest in fleet.at.bot.rows(query, str(person.user)):
        text = json.loads(str(raw)).get("message", {}).get("text")
        say(f"  {number} {update} {text!r} {[str(value) for value in rest]}")
    for line in said:
        say(f"  {line['n']} {line['at']} {str(line['args'].get('text'))[:60]!r}")


async def _broadcast(run_: Run, fleet: Fleet, plan: Plan, phones: list[Phone]) -> Figures:
    """D12: each recipient is claimed once; processes die meanwhile, and the server goes."""
    began = await fleet.at.crowd.last_line()
    kills, restarts = max(plan.blows.kills // 2, 1), plan.blows.restarts // 3
    apart = len(phones) / fleet.per_second / (kills + restarts + 1)
    trouble = asyncio.create_task(fleet.trouble(run_, Blows(kills, restarts, 0, (apart / 2, apart))))
    loop = asyncio.get_running_loop()
    start = loop.time()
    await announce_at(place_of(fleet.server.url("fleet")), NEWS, START)
    done = await fleet.at.until(lambda: not fleet.at.bot.number(OPEN_MAIL), PATIENCE)
    took = loop.time() - start
    await trouble
    told = _told(fleet, await fleet.at.crowd.journal(began), NEWS)
    twice = sum(told.values()) - len(told)
    lost = sum(phone.user not in told for phone in phones)
    rate = sum(told.values()) / took
    of_one_process = -(-plan.bots // max(plan.processes - 1, 1))  # bots, while another is dead
    most = in_flight(TELEGRAM_PER_SECOND) * (kills * of_one_process + restarts * plan.bots)
    good = done and not lost and twice <= most
    return {
        "recipients": len(phones),
        "broadcast_lost": lost,
        "broadcast_twice": twice,
        "broadcast_share_of_permitted_rate": round(rate / fleet.per_second, 3),
        "passed": good and rate <= TOLERATED * fleet.per_second,
    }


def _told(fleet: Fleet, journal: list[Json], words: str) -> Counter[int]:
    """How often each was told what begins with these words."""
    lines = (line for line in sends(journal) if words in str(line["args"].get("text", "")))
    return Counter(chat_of(fleet.at, line) for line in lines)


async def _remind(fleet: Fleet) -> Figures:
    """R2, R6: everybody is due in the same minute; every process has a clock."""
    began = await fleet.at.crowd.last_line()
    loop = asyncio.get_running_loop()
    silent = [int(chat) for (chat,) in fleet.at.bot.rows(SILENT)]
    await fleet.at.crowd.post("clock", to=REMINDED_AT.isoformat())
    start = loop.time()
    planned = await fleet.at.until(lambda: fleet.at.bot.number(INVITATIONS) >= len(silent), PATIENCE)
    took = loop.time() - start
    open_ = f"{INVITATIONS} AND state IN ('queued', 'claimed')"
    done = await fleet.at.until(lambda: not fleet.at.bot.number(open_), PATIENCE)
    told = _told(fleet, await fleet.at.crowd.journal(began), INVITED)
    lost = sum(chat not in told for chat in silent)
    twice = sum(told.values()) - len(told)
    return {
        "reminders": len(silent),
        "reminders_lost": lost,
        "reminders_twice": twice,
        "reminders_planned_after_seconds": round(took, 1),
        "passed": planned and took <= LONGEST_START and done and not lost and not twice,
    }
