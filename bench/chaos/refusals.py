"""A6 and A7: people who are gone, and a bot that may not speak."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.chaos.casting import cast
from bench.judge import sends
from bench.machine import Figures, say
from bench.processes import Stage, stage
from bench.seeding import Phone, fill

EXIT_SECONDS = 40.0


async def gone(folder: Path, _small: bool) -> Figures:
    """A6: blocked, never met, deactivated, moved to a supergroup."""
    async with cast(folder, 40, 120, running=False) as on:
        kinds = dict(zip(("blocked", "not_found", "deactivated"), on.users[1:4], strict=True))
        for kind, user in kinds.items():
            await on.fault(kind, person=str(user), always=True)
        moved, new = on.users[5], 6_999_999_999
        await on.at.crowd.add_people([new])
        await on.fault("migrated", person=str(moved), to=new, always=True)
        await on.at.start()
        finished = await on.finished(60)
        calls = await on.calls()
        tries = await on.tries()
        states = on.states()
        unreachable = {
            kind: states[user] == "unreachable" and tries[user] == 1 for kind, user in kinds.items()
        }
        marked = on.at.bot.number("SELECT count(*) FROM account WHERE unreachable_since IS NOT NULL")
        followed = any(int(call["args"]["chat_id"]) == new for call in sends(calls))
        unhandled = on.at.bot.log.count("Traceback")
    figures: Figures = {**unreachable, "marked": marked, "moved_followed": followed, "unhandled": unhandled}
    good = finished and all(unreachable.values()) and marked == len(kinds) and followed and not unhandled
    return {**figures, "passed": good}


async def conflicts(folder: Path, _small: bool) -> Figures:
    """A7: a wrong token ends the process in words; another poller or a webhook does not."""
    figures: Figures = {}
    async with stage(folder) as at:
        seed = lambda session, settings, now: fill(session, settings, now, branches=1, members=2)  # noqa: E731
        phones: list[Phone] = await at.prepare(seed)
        await at.crowd.add_people([phone.user for phone in phones])
        figures |= await wrong_tokens(at)
        for kind in ("second_poller", "webhook_set"):
            figures[kind] = await _survives(at, kind, phones[0])
    return {**figures, "passed": all(figures.values())}


async def wrong_tokens(at: Stage) -> Figures:
    """A token that is wrong at the start, or from some moment on; started in between, not running after."""
    figures: Figures = {}
    await at.crowd.post("fault", kind="401", always=True)
    figures["401_at_start"] = await ends_in_words(at)
    await at.crowd.post("fault", kind="none")
    await at.start()
    await at.crowd.post("fault", kind="401", always=True)
    figures["401_later"] = await ends_in_words(at, running=True)
    await at.crowd.post("fault", kind="none")
    return figures


async def ends_in_words(at: Stage, *, running: bool = False) -> bool:
    """Whether the process ends with an exit code and a sentence."""
    before = len(at.bot.log)
    if not running:
        at.bot.launch()
    process = at.bot.process
    assert process is not None
    ended = await at.until(lambda: process.poll() is not None, EXIT_SECONDS)
    code, said = process.poll(), at.bot.log[before:]
    await at.kill()
    good = ended and code not in {0, None} and "mungba:" in said and "Traceback" not in said
    if not good:
        say(f"A7: exit {code}: {said[-800:]}")
    return good


async def _survives(at: Stage, kind: str, phone: Phone) -> bool:
    """It goes on, says what is wrong no more than once in ten seconds, and answers afterwards."""
    await at.start()
    before = len(at.bot.log)
    await at.crowd.post("fault", kind=kind, always=True)
    await asyncio.sleep(12)
    process = at.bot.process
    alive = process is not None and process.poll() is None
    complaints = at.bot.log[before:].count("ERROR")
    await at.crowd.post("fault", kind="none")
    since = await at.crowd.last_line()
    await at.crowd.post("say", person=phone.user, text="menu")
    answered = False
    for _ in range(200):
        answered = bool(sends(await at.crowd.journal(since)))
        if answered:
            break
        await asyncio.sleep(0.2)
    await at.kill()
    good = alive and answered and complaints <= 4
    if not good:
        say(f"A7 {kind}: alive {alive}, answered {answered}, {complaints} complaints: {at.bot.log[-600:]}")
    return good
