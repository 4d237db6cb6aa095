"""D3: kill -9 while updates with effects pour in. Nothing is lost, every effect is there once."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.chaos.scripts import AGAIN, Person, Typed, day_of, interleaved, sample_day
from bench.judge import Aligned, align, by_cause, sends, shape
from bench.machine import Figures, Run, say
from bench.processes import Json, Stage, stage
from bench.seeding import Phone, fill

RATE = 100.0  # updates a second
PER_PERSON = 20
MOST_REPLIES_A_KILL = 8
PATIENCE = 240.0
OPEN = "SELECT count(*) FROM inbox WHERE state IN ('new', 'answered')"
TOLD = "SELECT count(*) FROM outbox WHERE state = 'sent'"
Shapes = dict[str, list[str]]


def options(parser: argparse.ArgumentParser) -> None:
    """--updates, --kills, --mode."""
    parser.add_argument("--updates", type=int, default=6000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--mode", choices=["polling", "webhook"], default="polling")


def run(run_: Run, given: argparse.Namespace) -> Figures:
    """The figures of one flood."""
    updates, kills = (200, 2) if run_.small else (given.updates, given.kills)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        return asyncio.run(_flood(run_, Path(folder), updates, kills, given.mode))


async def _flood(run_: Run, folder: Path, updates: int, kills: int, mode: str) -> Figures:
    count = max(updates // PER_PERSON, 1)
    async with stage(folder, mode=mode, per_second=1000) as at:
        seed = partial(fill, branches=max(count // 30, 1), members=count + 1, quiz=True)
        phones: list[Phone] = await at.prepare(seed)
        await at.crowd.add_people([phone.user for phone in phones])
        await at.start()
        await at.until(lambda: at.bot.number(TOLD) == len(phones), PATIENCE)  # the quiz is announced
        shapes = await learn(at, phones[-1])
        people = day_people(run_, phones[:count], updates)
        began = await at.crowd.last_line()
        lines = await _pour(run_, at, people, kills)
        caught_up = await settled(at, updates + len(sample_day(0, 0).typed))
        said = sends(await at.crowd.journal(began))
        return _judged(at, people, shapes, said, lines, caught_up)


def day_people(run_: Run, phones: list[Phone], updates: int) -> list[Person]:
    """What these people do: so many messages in all."""
    each, more = divmod(updates, len(phones))
    return [day_of(p.user, p.member, each + (n < more), run_.chance) for n, p in enumerate(phones)]


async def settled(at: Stage, updates: int) -> bool:
    """Every update so far is handled, and nothing waits to be told."""

    def quiet() -> bool:
        handled = at.bot.number("SELECT count(*) FROM inbox") >= updates and not at.bot.number(OPEN)
        waiting = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'claimed') AND due_at <= ?"
        return handled and not at.bot.number(waiting, "2026-11-25 02:00:00")

    return await at.until(quiet, PATIENCE)


async def learn(at: Stage, phone: Phone) -> Shapes:
    """How each step is answered when nothing goes wrong."""
    shapes: Shapes = {}
    for typed in sample_day(phone.user, phone.member).typed:
        before, done = await at.crowd.last_line(), at.bot.number("SELECT count(*) FROM inbox")
        await at.crowd.post("say", person=phone.user, text=typed.text)
        await settled(at, done + 1)
        said = [line for line in sends(await at.crowd.journal(before)) if chat_of(line) == phone.user]
        shapes[typed.step] = [shape(line, typed.token) for line in said]
    silent = [step for step, parts in shapes.items() if not parts]
    if silent:
        raise RuntimeError(f"these are not answered at all: {silent}")
    return shapes


def chat_of(line: Json) -> int:
    """Whom a call of the journal reached."""
    return int(line["args"].get("chat_id") or 0)


@dataclass
class _Killer:
    """Kills and restarts at random moments until told to stop."""

    run: Run
    at: Stage
    span: float
    kills: int

    async def work(self) -> list[int]:
        """The journal's last line at each kill."""
        lines = []
        for number in range(1, self.kills + 1):
            await asyncio.sleep(self.run.chance.uniform(0.02, 2 * self.span))
            await self.at.kill()
            lines.append(await self.at.crowd.last_line())
            await self.at.start()
            say(f"kill {number} of {self.kills}, {self.run.seconds} s")
        return lines


async def _pour(run_: Run, at: Stage, people: list[Person], kills: int) -> list[int]:
    total = sum(len(person.typed) for person in people)
    killer = asyncio.create_task(_Killer(run_, at, 0.4 * total / RATE / max(kills, 1), kills).work())
    turns: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
    loop = asyncio.get_running_loop()
    start, posts = loop.time(), []
    for number, (person, typed) in enumerate(interleaved(people, run_.chance)):
        await asyncio.sleep(start + number / RATE - loop.time())
        posts.append(asyncio.create_task(post(at, turns[person.user], person, typed)))
    await asyncio.gather(*posts)
    return await killer


async def post(at: Stage, turn: asyncio.Lock, person: Person, typed: Typed) -> None:
    """A person types; what one person types keeps its order."""
    async with turn:
        await at.crowd.post("say", person=person.user, text=typed.text)


def _judged(
    at: Stage, people: list[Person], shapes: Shapes, said: list[Json], kills: list[int], caught_up: bool
) -> Figures:
    by_chat: dict[int, list[Json]] = defaultdict(list)
    for line in said:
        by_chat[chat_of(line)].append(line)
    replies = [replies_of(person, shapes, by_chat[person.user]) for person in people]
    strange = Counter(what for one in replies for what in one.strange)
    twice = [pair for one in replies for pair in one.twice]
    most, unprovoked = by_cause(twice, kills)
    missing, doubled = effects(at, people)
    figures: Figures = {
        "updates": sum(len(person.typed) for person in people),
        "kills": len(kills),
        "lost": missing + sum(one.lost for one in replies),
        "lost_effects": missing,
        "effects_twice": doubled,
        "replies_twice": len(twice),
        "replies_twice_per_kill_max": most,
        "replies_twice_outside_kills": unprovoked,
        "replies_strange": sum(strange.values()),
        "set_aside": at.bot.number("SELECT count(*) FROM inbox WHERE state = 'set_aside'"),
        "unhandled": at.bot.log.count("Traceback"),
    }
    for what, times in strange.most_common(3):
        say(f"nobody expected {times} × {what!r}")
    clean = ("lost", "effects_twice", "replies_twice_outside_kills", "replies_strange", "set_aside")
    good = caught_up and not any(figures[name] for name in clean)
    return {**figures, "passed": good and most <= MOST_REPLIES_A_KILL}


def replies_of(person: Person, shapes: Shapes, said: list[Json]) -> Aligned:
    """What a person was told, compared with what they had to be told."""
    expected = [part for typed in person.typed for part in shapes[typed.step]]
    tokens = sorted(person.opinions, key=len, reverse=True)
    again = {what: shapes[step][0] for what, step in AGAIN.items()}
    told = ((line["n"], _shape(line, tokens)) for line in said)
    return align(expected, [(number, again.get(what, what)) for number, what in told])


def _shape(line: Json, tokens: list[str]) -> str:
    text = str(line["args"].get("text", ""))
    return shape(line, next((token for token in tokens if token in text), ""))


def effects(at: Stage, people: list[Person]) -> tuple[int, int]:
    """(missing, there twice) over opinions, changed answers and quiz answers."""
    missing = doubled = 0
    for wanted, found in (_opinions(at, people), _rsvps(at, people), _answers(at, people)):
        missing += sum((wanted - found).values())
        doubled += sum((found - wanted).values())
    return missing, doubled


Tally = Counter[Any]


def _opinions(at: Stage, people: list[Person]) -> tuple[Tally, Tally]:
    wanted = Counter((p.member, token) for p in people for token in p.opinions)
    members = {p.member for p in people}
    rows = at.bot.rows("SELECT author_id, text FROM opinion")
    return wanted, Counter(row for row in rows if row[0] in members)


def _rsvps(at: Stage, people: list[Person]) -> tuple[Tally, Tally]:
    """The whole history of each person: the n-th change must be the n-th they asked for."""
    wanted = Counter((p.member, n, answer) for p in people for n, answer in enumerate(p.rsvps))
    members = {p.member for p in people}
    numbers: Counter[int] = Counter()
    found: Tally = Counter()
    for member, answer in at.bot.rows("SELECT member_id, answer FROM rsvp_change ORDER BY id"):
        if member in members:
            found[member, numbers[member], answer] += 1
            numbers[member] += 1
    return wanted, found


def _answers(at: Stage, people: list[Person]) -> tuple[Tally, Tally]:
    wanted = Counter((p.member, n) for p in people for n, _ in enumerate(p.answers))
    members = {p.member for p in people}
    query = (
        "SELECT t.member_id, a.position FROM answer a JOIN attempt t ON t.id = a.attempt_id WHERE t.ranked"
    )
    return wanted, Counter(row for row in at.bot.rows(query) if row[0] in members)
