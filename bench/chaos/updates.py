"""D3: kill -9 while updates with effects pour in. Nothing is lost, every effect is there once."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.chaos.handing import ACKS, Handing, Said, disordered, let_down
from bench.chaos.scripts import AGAIN, Person, Typed, day_of, interleaved, sample_day
from bench.judge import Aligned, align, by_cause, sends, shape
from bench.machine import Figures, Run, say
from bench.processes import Json, Stage, stage
from bench.seeding import FIRST_USER, Phone, fill
from bot.faults import VARIABLE

PER_PERSON = 20
MOST_REPLIES_A_KILL = 8
SETTLES = 0.2  # seconds until the platform has noted what it had begun
PATIENCE = 240.0
STILL_SECONDS = 20.0
OPEN = "SELECT count(*) FROM inbox WHERE state IN ('new', 'answered')"
TOLD = "SELECT count(*) FROM outbox WHERE state = 'sent'"
Shapes = dict[str, list[str]]


def options(parser: argparse.ArgumentParser) -> None:
    """--updates, --kills, --mode; --channel, and on Zalo --ack."""
    parser.add_argument("--updates", type=int, default=6000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--mode", choices=["polling", "webhook"], default="polling")
    parser.add_argument("--channel", choices=["telegram", "zalo_bot"], default="telegram")
    parser.add_argument("--ack", choices=list(ACKS), default="at_most_once", help="Zalo: does it come again?")


def run(run_: Run, given: argparse.Namespace) -> Figures:
    """The figures of one flood."""
    plan = Plan(given.updates, given.kills, Handing(given.channel, given.mode, given.ack))
    if run_.small:
        plan = SMALL_ZALO if plan.handing.zalo_bots else Plan(200, 2, plan.handing)
        plan = replace(plan, handing=replace(plan.handing, mode=given.mode, ack=given.ack))
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        return asyncio.run(_flood(run_, Path(folder), plan))


@dataclass(frozen=True)
class Plan:
    """How large, how often killed, and how updates are handed over."""

    updates: int
    kills: int
    handing: Handing


SMALL_ZALO = Plan(60, 1, Handing("zalo_bot", bots=3))


async def _flood(run_: Run, folder: Path, plan: Plan) -> Figures:
    count, handing = max(plan.updates // PER_PERSON, 1), plan.handing
    bot = {"mode": handing.mode, "per_second": 1000}
    async with stage(folder, handing.zalo_bots, handing.pauses, **bot) as at:
        seats = await at.know(range(FIRST_USER, FIRST_USER + count + 1), **handing.switches)
        seed = partial(fill, branches=max(count // 30, 1), members=count + 1, quiz=True, seats=seats)
        phones: list[Phone] = await at.prepare(seed)
        await at.start()
        await at.until(lambda: at.bot.number(TOLD) == len(phones), PATIENCE)  # the quiz is announced
        shapes = await learn(at, phones[-1])
        people = day_people(run_, phones[:count], plan.updates)
        began = await at.crowd.last_line()
        told = Said()
        lines = await _pour(run_, at, people, plan, told)
        known = plan.updates + len(sample_day(0, 0).typed)
        caught_up = await (_still(at, known) if handing.zalo_bots else settled(at, known))
        journal = await at.crowd.journal(began)
        if not handing.zalo_bots:
            return _judged(at, people, shapes, sends(journal), lines, caught_up)
        hurt = disordered(at, people)
        whole = [person for person in people if person.user not in hurt]
        figures = _judged(at, whole, shapes, sends(journal), lines, caught_up and bool(whole))
        own = await let_down(at, handing, told, journal, lines)
        own |= {"updates": plan.updates, "people": len(people), "people_let_down": len(hurt)}
        alone = handing.mode == "webhook" and hurt and not own["platform_gave_up"]  # nobody else is to blame
        good = figures["passed"] and not own["missed_unexcused"] and not alone
        return {**figures, **own, "passed": good}


def day_people(run_: Run, phones: list[Phone], updates: int) -> list[Person]:
    """What these people do: so many messages in all."""
    each, more = divmod(updates, len(phones))
    return [day_of(p.user, p.member, each + (n < more), run_.chance) for n, p in enumerate(phones)]


async def settled(at: Stage, updates: int, patience: float = PATIENCE) -> bool:
    """Every update so far is handled, and nothing waits to be told."""

    def quiet() -> bool:
        handled = at.bot.number("SELECT count(*) FROM inbox") >= updates and not at.bot.number(OPEN)
        waiting = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'claimed') AND due_at <= ?"
        return handled and not at.bot.number(waiting, "2026-11-25 02:00:00")

    return await at.until(quiet, patience)


async def _still(at: Stage, updates: int) -> bool:
    """Everything is handled; or else nothing new has come for a while, and never will."""
    loop = asyncio.get_running_loop()
    count, since = -1, loop.time()

    def quiet() -> bool:
        nonlocal count, since
        found = at.bot.number("SELECT count(*) FROM inbox")
        if found != count or at.bot.number(OPEN):
            count, since = found, loop.time()
        return not at.bot.number(OPEN) and (found >= updates or loop.time() - since > STILL_SECONDS)

    return await at.until(quiet, PATIENCE)


async def learn(at: Stage, phone: Phone) -> Shapes:
    """How each step is answered when nothing goes wrong."""
    shapes: Shapes = {}
    for typed in sample_day(phone.user, phone.member).typed:
        before, done = await at.crowd.last_line(), at.bot.number("SELECT count(*) FROM inbox")
        await at.say(phone.user, typed.text)
        await settled(at, done + 1)
        said = [line for line in sends(await at.crowd.journal(before)) if chat_of(at, line) == phone.user]
        shapes[typed.step] = [shape(line, typed.token) for line in said]
    silent = [step for step, parts in shapes.items() if not parts]
    if silent:
        raise RuntimeError(f"these are not answered at all: {silent}")
    return shapes


def chat_of(at: Stage, line: Json) -> int:
    """Whom a call of the journal reached."""
    return at.person_of(line["args"].get("chat_id"))


@dataclass
class _Killer:
    """Kills and restarts at random moments, or every other time at points where it hurts."""

    run: Run
    at: Stage
    span: float
    kills: int
    aims: tuple[str, ...] = ()
    most: int = 1  # updates before the process ends itself

    async def work(self) -> list[int]:
        """The journal's last line at each kill."""
        lines = []
        for number in range(1, self.kills + 1):
            await self._strike()
            await asyncio.sleep(SETTLES)
            lines.append(await self.at.crowd.last_line())
            self._aim(number + 1)
            await self.at.start()
            say(f"kill {number} of {self.kills}, {self.run.seconds} s")
        self._disarm()
        return lines

    def _aim(self, number: int) -> None:
        """What comes next: every other time the process ends itself at its n-th update."""
        self._disarm()
        if self.aims and number <= self.kills and number % 2 == 0:
            entry = f"{self.run.chance.choice(self.aims)}:{self.run.chance.randint(1, self.most)}=kill"
            self.at.bot.environment[VARIABLE] = entry

    def _disarm(self) -> None:
        self.at.bot.environment.pop(VARIABLE, None)

    async def _strike(self) -> None:
        if VARIABLE in self.at.bot.environment:
            await self.at.until(self._is_dead, PATIENCE)
        else:
            await asyncio.sleep(self.run.chance.uniform(0.02, 2 * self.span))
        await self.at.kill()

    def _is_dead(self) -> bool:
        return self.at.bot.process is not None and self.at.bot.process.poll() is not None


async def _pour(run_: Run, at: Stage, people: list[Person], plan: Plan, told: Said) -> list[int]:
    total, rate, kills = sum(len(person.typed) for person in people), plan.handing.rate, max(plan.kills, 1)
    killer = _Killer(run_, at, 0.4 * total / rate / kills, plan.kills, plan.handing.aims)
    killer.most = max(int(0.8 * total / kills), 1)
    killing = asyncio.create_task(killer.work())
    turns: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
    loop = asyncio.get_running_loop()
    start, posts = loop.time(), []
    for number, (person, typed) in enumerate(interleaved(people, run_.chance)):
        await asyncio.sleep(start + number / rate - loop.time())
        posts.append(asyncio.create_task(post(at, turns[person.user], person, typed, told)))
    await asyncio.gather(*posts)
    return await killing


async def post(at: Stage, turn: asyncio.Lock, person: Person, typed: Typed, told: Said | None = None) -> None:
    """A person types; what one person types keeps its order."""
    async with turn:
        number = await at.say(person.user, typed.text)
        if told is not None and at.seats.of:
            told.note(at.seats.bot_of(person.user), number)


def _judged(
    at: Stage, people: list[Person], shapes: Shapes, said: list[Json], kills: list[int], caught_up: bool
) -> Figures:
    by_chat: dict[int, list[Json]] = defaultdict(list)
    for line in said:
        by_chat[chat_of(at, line)].append(line)
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
    return {**figures, "passed": good and most <= MOST_REPLIES_A_KILL * max(len(at.seats.bots), 1)}


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
