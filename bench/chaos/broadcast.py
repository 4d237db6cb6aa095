"""D1, D7, D8, D11: a broadcast that is killed, told to stop, or cancelled while it runs."""

from __future__ import annotations

import argparse
import asyncio
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

from bench.chaos.announcing import TEXT, announce_beside, announced, cancel_beside
from bench.chaos.casting import OPEN, PER_SECOND
from bench.judge import by_cause, sends
from bench.machine import Figures, Run, say
from bench.processes import Json, Stage, stage
from bench.seeding import FIRST_USER
from bot.limits import TELEGRAM_BULK_PER_SECOND, TELEGRAM_PER_SECOND, in_flight

LONGEST_EXIT = 10.0
CANCELLED = 300  # recipients of a broadcast that is cancelled
SMALL_PER_SECOND = {"telegram": 35, "zalo_bot": 30}
SMALL = {"telegram": (120, 3), "zalo_bot": (100, 2)}


def options(parser: argparse.ArgumentParser) -> None:
    """--recipients, --kills, --channel, and one of the other ways to interrupt."""
    parser.add_argument("--channel", choices=list(PER_SECOND), default="telegram")
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--at-most-once", action="store_true", help="a careful broadcast")
    parser.add_argument("--sigterm", action="store_true", help="SIGTERM instead of SIGKILL (D7)")
    parser.add_argument("--cancel", type=int, nargs="?", const=50, help="cancel so many broadcasts (D8)")


def run(run_: Run, given: argparse.Namespace) -> Figures:
    """The figures of one broadcast, or of many cancelled ones."""
    channel, manner = given.channel, (given.at_most_once, given.sigterm, given.channel)
    plan = Plan(given.recipients, given.kills, *manner, PER_SECOND[channel])
    if run_.small:
        plan = Plan(*SMALL[channel], *manner, SMALL_PER_SECOND[channel])
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        if given.cancel:
            return asyncio.run(_cancel(run_, Path(folder), 4 if run_.small else given.cancel, plan))
        return asyncio.run(_broadcast(run_, Path(folder), plan))


@dataclass(frozen=True)
class Plan:
    """How large, how often interrupted, and how."""

    recipients: int
    kills: int
    careful: bool
    gently: bool
    channel: str
    per_second: int

    @property
    def zalo_bots(self) -> int:
        """One bot sends; on Zalo a small one."""
        return int(self.channel == "zalo_bot")

    @property
    def rate(self) -> float:
        """Messages a second of the broadcast."""
        return self.per_second * TELEGRAM_BULK_PER_SECOND / TELEGRAM_PER_SECOND


@dataclass
class Interrupted:
    """The journal's last line at each interruption; how the process ended when asked to."""

    lines: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    longest: float = 0.0


async def _broadcast(run_: Run, folder: Path, plan: Plan) -> Figures:
    async with stage(folder, plan.zalo_bots, per_second=plan.per_second) as at:
        seats = await at.know(range(FIRST_USER, FIRST_USER + plan.recipients))
        seed = partial(announced, members=plan.recipients, careful=plan.careful, seats=seats)
        users: list[int] = await at.prepare(seed)
        await at.start()
        interrupted = await _interrupt(run_, at, plan)
        patience = plan.recipients / plan.rate * 1.5 + 60
        finished = await at.until(lambda: not at.bot.number(OPEN), patience)
        said = _ours(await at.crowd.journal())
        figures = _judged(at, plan, users, said, interrupted, finished)
        most = (await at.crowd.get("verdict"))["maxima"]["real"]["second"]["most"]
        return {**figures, "channel": plan.channel, "most_in_a_second": most}


async def _interrupt(run_: Run, at: Stage, plan: Plan) -> Interrupted:
    span = 0.9 * plan.recipients / plan.rate / max(plan.kills, 1)
    done = Interrupted()
    for number in range(1, plan.kills + 1):
        await asyncio.sleep(run_.chance.uniform(0.02, 2 * span))
        began = time.monotonic()
        sign = signal.SIGTERM if plan.gently else signal.SIGKILL
        done.codes.append(await asyncio.to_thread(at.bot.end, sign))
        done.longest = max(done.longest, time.monotonic() - began)
        done.lines.append(await at.crowd.last_line())
        await at.start()
        if number % 5 == 0 or number == plan.kills:
            say(f"{number} of {plan.kills}, {at.bot.number(OPEN)} to go, {run_.seconds} s")
    return done


def _ours(journal: Sequence[Json]) -> list[Json]:
    return [line for line in sends(journal) if TEXT in str(line["args"].get("text", ""))]


def _judged(
    at: Stage,
    plan: Plan,
    users: Sequence[int],
    said: Sequence[Json],
    interrupted: Interrupted,
    finished: bool,
) -> Figures:
    lines: dict[int, list[int]] = defaultdict(list)
    for call in said:
        lines[at.person_of(call["args"]["chat_id"])].append(call["n"])
    pairs = [pair for of_one in lines.values() for pair in pairwise(of_one)]
    states = {at.person_of(chat): state for chat, state in at.bot.rows(_STATES)}
    missing = [user for user in users if user not in lines]
    most, unprovoked = by_cause(pairs, interrupted.lines)
    figures: Figures = {
        "recipients": len(users),
        "kills": len(interrupted.lines),
        "rate_per_second": plan.rate,
        "lost": sum(states.get(user) not in {"unknown"} for user in missing),
        "duplicates": len(pairs),
        "duplicates_per_kill_max": most,
        "duplicates_outside_kills": unprovoked,
        "unknown": sum(state == "unknown" for state in states.values()),
        "undelivered": len(missing),
        "undelivered_outside_unknown": sum(states.get(user) != "unknown" for user in missing),
        "not_final": sum(state in {"queued", "claimed"} for state in states.values()),
    }
    zero = ["lost", "duplicates_outside_kills", "undelivered_outside_unknown", "not_final"]
    if plan.careful or plan.gently:
        zero.append("duplicates")
    if plan.gently:
        codes = sum(code != 0 for code in interrupted.codes)
        figures |= {"exit_codes_not_0": codes, "longest_exit_seconds": round(interrupted.longest, 2)}
        zero.append("exit_codes_not_0")
    quick = not plan.gently or interrupted.longest <= LONGEST_EXIT
    promised = most <= in_flight(plan.per_second) and not any(figures[name] for name in zero)
    good = finished and quick and promised
    return {**figures, "passed": good}


_STATES = "SELECT chat, state FROM outbox WHERE broadcast_id IS NOT NULL"


async def _cancel(run_: Run, folder: Path, times: int, plan: Plan) -> Figures:
    late = stopped = sent = 0
    async with stage(folder, plan.zalo_bots, per_second=plan.per_second) as at:
        seats = await at.know(range(FIRST_USER, FIRST_USER + CANCELLED))
        await at.prepare(partial(announced, members=CANCELLED, careful=False, text="", seats=seats))
        await at.start()
        for number in range(times):
            text = f"{TEXT} {number}."
            made = await announce_beside(at.bot.database, text, run_)
            await asyncio.sleep(run_.chance.uniform(0.05, 3))
            stopped += await cancel_beside(at.bot.database, made, run_)
            await asyncio.sleep(1)
            line = await at.crowd.last_line()
            await asyncio.sleep(0.5)
            after = [call for call in _ours(await at.crowd.journal(line)) if text in call["args"]["text"]]
            late += len(after)
            say(f"cancelled {number + 1} of {times}, {len(after)} came later, {run_.seconds} s")
        sent = len(_ours(await at.crowd.journal()))
        left = at.bot.number(OPEN)
    figures = {"cancels": times, "sent_before": sent, "stopped": stopped, "sent_later_than_1_s": late}
    return {**figures, "not_final": left, "passed": not late and not left and stopped > 0}
