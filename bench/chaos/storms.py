"""A1–A5 and A10: patience, illness, unclear answers, bad lines, pace."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from bench.chaos.casting import DEFAULT, Cast, cast
from bench.judge import sends
from bench.machine import Figures, say
from bench.processes import Json

QUICK = 120
BAD_LINES = ("half_open", "reset", "truncated", "html", "wrong_length", "slow")
TIME_OUT = 20.0
MOST_PROBES = 8


async def patience(folder: Path, small: bool) -> Figures:
    """A1: a fifth of all calls is told to wait."""
    members, per_second, storm, longest = (200, QUICK, 1, 2) if small else (2_000, DEFAULT, 20, 30)
    async with cast(folder, members, per_second, running=False) as on:
        await on.fault("429", share=0.2, seconds=storm + 1_000, retry_after=[1, longest], name="storm")
        await on.at.start()
        await asyncio.sleep(storm)
        await on.fault("none", name="storm")
        ended = await _now(on)
        finished = await on.finished(members / on.rate * 2 + longest + 60)
        lost, extra = await on.tally()
        early = (await on.verdict())["inside_retry_after"]["real"]
        share = _rate(sends(await on.calls()), ended + 5, 15) / on.rate
    figures = {"recipients": members, "inside_retry_after": early, "lost": lost, "duplicates": extra}
    figures["rate_share_5_s_after"] = round(share, 3)
    good = finished and not early and not lost and not extra
    return {**figures, "passed": good and (small or share >= 0.95)}


def _rate(calls: list[Json], since: float, seconds: float) -> float:
    """Messages a second in this stretch."""
    inside = sum(since <= _moment(call) < since + seconds for call in calls)
    return inside / seconds


def _moment(call: Json) -> float:
    return datetime.fromisoformat(str(call["at"]).replace("Z", "+00:00")).timestamp()


async def _now(on: Cast) -> float:
    state = await on.at.crowd.get("state")
    return datetime.fromisoformat(str(state["now"]).replace("Z", "+00:00")).timestamp()


async def one_chat(folder: Path, small: bool) -> Figures:
    """A2: one chat is always told to wait; nobody else is."""
    members, per_second, wait = (150, QUICK, 5) if small else (2_000, DEFAULT, 60)
    async with cast(folder, members, per_second, running=False) as on:
        unlucky = on.users[3]
        await on.fault("429", person=str(unlucky), retry_after=wait, always=True, name="one")
        await on.at.start()
        others = await on.finished(members / on.rate * 1.2 + 10, left=1)
        waiting = on.states()[unlucky] in {"queued", "claimed"}
        tries = sum(str(call["args"]["chat_id"]) == str(unlucky) for call in await on.calls())
        await on.fault("none", name="one")
        finished = await on.finished(wait + 30)
        lost, extra = await on.tally()
        early = (await on.verdict())["inside_retry_after"]["real"]
    figures = {"recipients": members, "retry_after": wait, "others_on_time": others, "lost": lost}
    figures |= {"duplicates": extra, "inside_retry_after": early, "tries_of_the_one": tries}
    return {**figures, "passed": others and waiting and finished and not (lost or extra or early)}


async def illness(folder: Path, small: bool) -> Figures:
    """A3: bursts of 5xx: the circuit opens, half-opens, closes."""
    members, bursts, length = (200, 1, 6) if small else (2_000, 3, 15)
    wrong = 0
    async with cast(folder, members, QUICK if small else DEFAULT) as on:
        for number in range(bursts):
            await asyncio.sleep(1)
            before = len(await on.calls())
            await on.fault("5xx", seconds=1_000, name="ill")
            await asyncio.sleep(5)
            opened = len(await on.calls())
            await asyncio.sleep(length - 5)
            probes = len(await on.calls()) - opened
            await on.fault("none", name="ill")
            wrong += probes > MOST_PROBES
            say(f"burst {number + 1}: {opened - before} calls in 5 s, then {probes}")
            await asyncio.sleep(length)
        finished = await on.finished(members / on.rate + 120)
        lost, extra = await on.tally()
    figures = {"bursts": bursts, "seconds_each": length, "not_opened_in_5_s": wrong, "lost": lost}
    return {**figures, "duplicates": extra, "passed": finished and not wrong and not lost}


async def unclear(folder: Path, small: bool, channel: str = "telegram") -> Figures:
    """A4: a tenth of the messages is accepted and the answer lost, in both modes."""
    members, most = (100, 10) if small else (1_000, 100)
    figures: Figures = {"recipients": members, "answers_lost": most}
    good = True
    for careful in (False, True):
        name = "at_most_once" if careful else "at_least_once"
        async with cast(folder / name, members, QUICK, careful=careful, running=False, channel=channel) as on:
            await on.fault("accepted_lost", how="close", share=0.1, calls=most)
            await on.at.start()
            finished = await on.finished(members / on.rate * 3 + 120)
            lost, extra = await on.tally()
            unknown = sum(state == "unknown" for state in on.states().values())
        figures[name] = {"lost": lost, "duplicates": extra, "unknown": unknown}
        good &= finished and not lost and extra <= (0 if careful else most) and (not careful or unknown > 0)
    return {**figures, "passed": good}


async def bad_lines(folder: Path, small: bool, channel: str = "telegram") -> Figures:
    """A5: lines that hang, break or lie; each bounded by the time-out, and memory stays."""
    kinds = BAD_LINES[:2] if small else BAD_LINES
    figures: Figures = {}
    good = True
    for kind in kinds:
        async with cast(folder / kind, 60, QUICK, running=False, channel=channel) as on:
            await on.fault(kind, calls=10)
            await on.at.start()
            start = _memory_mb(on)
            loop = asyncio.get_running_loop()
            began = loop.time()
            finished = await on.finished(TIME_OUT * 4 + 60)
            took = round(loop.time() - began, 1)
            lost, extra = await on.tally()
            growth = round(_memory_mb(on) - start, 1)
        figures[kind] = {"seconds": took, "lost": lost, "duplicates": extra, "growth_mb": growth}
        good &= finished and not lost and extra <= 10 and growth < 20
    return {**figures, "passed": good}


def _memory_mb(on: Cast) -> float:
    process = on.at.bot.process
    assert process is not None
    pages = int(Path(f"/proc/{process.pid}/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


async def pace(folder: Path, small: bool) -> Figures:
    """A10, in real time with fewer people: sliding maxima, at 25 a second."""
    members = 100 if small else 1_500
    async with cast(folder, members) as on:
        loop = asyncio.get_running_loop()
        began = loop.time()
        finished = await on.finished(members / on.rate * 2 + 30)
        took = loop.time() - began
        maxima = (await on.verdict())["maxima"]["real"]
        lost, extra = await on.tally()
    most, chat = maxima["second"]["most"], maxima["chat_second"]["most"]
    figures = {"recipients_in_real_time": members, "seconds": round(took, 1), "most_in_a_second": most}
    figures |= {"most_in_a_chat_and_second": chat, "lost": lost, "duplicates": extra}
    on_time = took <= members / on.rate * 1.1 + 5
    return {**figures, "passed": finished and on_time and most <= 30 and chat <= 1 and not lost and not extra}
