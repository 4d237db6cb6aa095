"""A1–A7 and A10 as they mean something on the Zalo Bot Platform, and a month that is used up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import update
from sqlalchemy.orm import Session

from bench.chaos import storms
from bench.chaos.casting import Cast, cast
from bench.chaos.refusals import wrong_tokens
from bench.judge import sends
from bench.machine import Figures, say
from bench.processes import Json, Stage, stage
from bench.seeding import FIRST_USER, Phone, fill
from bot.channels.zalo_bot.limits import PER_SECOND, RESTS_SECONDS
from bot.limits import in_flight
from db.outbox import OutboxRow
from members.tables import Account

ZALO = "zalo_bot"
NOT_ON_ZALO = {
    "A2": "a 429 names no chat and no time: the whole account rests, which A1 and the quota series prove",
    "A6 moved, deactivated": "no such answers: a group keeps its id, and a person who is gone is 403 or 404",
    "A7 second poller": "two pollers share the updates and neither is told: nothing can be noticed",
}
ON_ITS_WAY = 1.0  # seconds: what was sent before the refusal had come back
NOTHING_TO_ANSWER = {"event_name": "message.unsupported.received"}
STRANGER = "ffffffffffffffffffff"


async def patience(folder: Path, small: bool) -> Figures:
    """A1: a fifth of all calls is refused without a word of when to try again; the account then rests."""
    members, per_second, storm = (60, 30, 4) if small else (400, PER_SECOND, 40)
    async with cast(folder, members, per_second, running=False, channel=ZALO) as on:
        await on.fault("429", share=0.2, seconds=1_000, name="storm")
        await on.at.start()
        await asyncio.sleep(storm)
        await on.fault("none", name="storm")
        finished = await on.finished(members / on.rate * 3 + 120)
        lost, extra = await on.tally()
        calls = await on.calls()
    refused, early = len(_refused(calls)), inside_rests(calls)
    figures: Figures = {"recipients": members, "refused": refused, "inside_rest": early}
    good = finished and refused > 0 and not (lost or extra or early)
    return {**figures, "lost": lost, "duplicates": extra, "passed": good}


def _refused(calls: Sequence[Json]) -> list[Json]:
    return [call for call in calls if call["error_code"] == 429]


def inside_rests(calls: Sequence[Json]) -> int:
    """Calls begun while the account had to rest, beside those that were on their way at the refusal."""
    begun = [_moment(call) - call["ms"] / 1000 for call in calls]
    rests = [_moment(call) for call in _refused(calls)]
    return sum(any(t + ON_ITS_WAY < one < t + RESTS_SECONDS[0] - 0.1 for t in rests) for one in begun)


def _moment(call: Json) -> float:
    return datetime.fromisoformat(str(call["at"]).replace("Z", "+00:00")).timestamp()


async def used_up(folder: Path, small: bool) -> Figures:
    """The month ends in the middle of a broadcast: as the settings say, or as only the platform knows."""
    members, month = (60, 40) if small else (300, 200)
    told: Json = {"quota": True, "quota_messages": month}
    async with cast(folder / "known", members, 60, channel=ZALO, messages=month, **told) as on:
        done = await on.finished(120)
        lost, extra = await on.tally()
        states = list(on.states().values())
        known = {"sent": states.count("sent"), "on_the_call_list": states.count("unreachable")}
        known |= {"refused": len(_refused(await on.calls())), "lost": lost, "duplicates": extra}
    good = done and known["sent"] <= month and sum(list(known.values())[:2]) == members
    good = good and not (known["refused"] or lost or extra)
    async with cast(folder / "unknown", members, 60, channel=ZALO, **told) as on:
        sent = await on.at.until(lambda: list(on.states().values()).count("sent") >= month, 60)
        await asyncio.sleep(RESTS_SECONDS[0] + 1)
        refused = len(_refused(await on.calls()))
        await switch(on.at, quota=False)
        done = await on.finished(120)
        lost, extra = await on.tally()
    unknown = {"refused_in_the_first_rests": refused, "lost": lost, "duplicates": extra}
    good = good and sent and done and 0 < refused <= 3 * in_flight(60) and not (lost or extra)
    return {"recipients": members, "month": month, "known": known, "unknown": unknown, "passed": good}


async def switch(at: Stage, **switches: Any) -> None:
    """Turn the platform's switches for the one bot."""
    await at.crowd.post("zalo", bot=at.seats.bots[0].username, switches=switches)


async def outage(folder: Path, small: bool) -> Figures:
    """A3: the gateway answers everything with a page: the circuit opens, half-opens, closes."""
    members, codes, length = (60, (502,), 8) if small else (300, (502, 504), 15)
    wrong = 0
    async with cast(folder, members, PER_SECOND, channel=ZALO) as on:
        for code in codes:
            await asyncio.sleep(2)
            await switch(on.at, outage=code)
            await asyncio.sleep(5)
            opened = len(await on.calls())
            await asyncio.sleep(length - 5)
            probes = len(await on.calls()) - opened
            await switch(on.at, outage=0)
            wrong += probes > storms.MOST_PROBES
            say(f"{code}: {probes} calls once it was open")
        finished = await on.finished(members / on.rate + 120)
        lost, extra = await on.tally()
        struck = sum(call.get("fault") == "outage" for call in await on.calls())
    figures: Figures = {"recipients": members, "outages": len(codes), "struck": struck, "not_opened": wrong}
    good = finished and struck > 0 and not (wrong or lost or extra)
    return {**figures, "lost": lost, "duplicates": extra, "passed": good}


async def unclear(folder: Path, small: bool) -> Figures:
    """A4: as elsewhere."""
    return await storms.unclear(folder, small, ZALO)


async def bad_lines(folder: Path, small: bool) -> Figures:
    """A5: as elsewhere; and a second `Server` header, which some clients refuse."""
    figures = await storms.bad_lines(folder, small, ZALO)
    async with cast(folder / "double", 60, storms.QUICK, channel=ZALO, duplicate_server=True) as on:
        finished = await on.finished(60)
        lost, extra = await on.tally()
    good = finished and not (lost or extra)
    return {
        **figures,
        "duplicate_server": {"lost": lost, "duplicates": extra},
        "passed": figures["passed"] and good,
    }


async def gone(folder: Path, _small: bool) -> Figures:
    """A6: who blocked the bot, told or in silence; who never wrote to it, in all three answers.

    After a 400 the words are tried once more without their styles, as those may be what was refused.
    """
    figures: Figures = {}
    for code, wanted in ((400, ("failed", 2)), (403, ("unreachable", 1)), (404, ("unreachable", 1))):
        async with cast(folder / str(code), 10, 60, running=False, channel=ZALO, unknown_chat=code) as on:
            await _make_a_stranger(on, on.users[1])
            figures[f"stranger_{code}"] = await _fate(on, on.users[1]) == wanted
    for manner, fate in (("refused", "unreachable"), ("lost", "sent")):
        async with cast(folder / manner, 10, 60, running=False, channel=ZALO, blocked=manner) as on:
            bot = on.at.seats.bots[0].username
            await on.at.crowd.post("block", person=on.users[1], bot=bot, blocked=True)
            figures[f"blocked_{manner}"] = await _fate(on, on.users[1]) == (fate, 1)
    return {**figures, "passed": all(figures.values())}


async def _make_a_stranger(on: Cast, user: int) -> None:
    """The bot knows somebody who never wrote to it."""
    await on.at.prepare(lambda session, _settings, _now: _move(session, on.at.seats.of[user].chat))
    on.at.seats.people[STRANGER] = user


def _move(session: Session, chat: str) -> None:
    for model in (Account, OutboxRow):
        session.execute(update(model).where(model.chat == chat).values(chat=STRANGER))


async def _fate(on: Cast, user: int) -> tuple[str, int]:
    """What became of this person's message, and how often their chat was called."""
    await on.at.start()
    finished = await on.finished(60)
    lost, extra = await on.tally()
    others = [state for one, state in on.states().items() if one != user]
    if not finished or lost or extra or any(state != "sent" for state in others):
        return f"lost {lost}, twice {extra}, others {set(others)}", 0
    return on.states()[user], (await on.tries())[user]


async def conflicts(folder: Path, _small: bool) -> Figures:
    """A7: a wrong token ends the process in words; a webhook that somebody else has set does not."""
    figures: Figures = {}
    async with stage(folder, 1) as at:
        seats = await at.know(range(FIRST_USER, FIRST_USER + 2))
        phones: list[Phone] = await at.prepare(
            lambda *given: fill(*given, branches=1, members=2, seats=seats)
        )
        figures |= await wrong_tokens(at)
        figures["webhook_set"] = await _survives_a_webhook(at, phones[0].user)
    return {**figures, "passed": all(figures.values())}


async def _survives_a_webhook(at: Stage, user: int) -> bool:
    """It takes the webhook away, and answers what was said meanwhile."""
    await at.start()
    before = len(at.bot.log)
    url = f"{at.simulator.url}/zalo-bot/bot{at.seats.bots[0].token}/setWebhook"
    wish = {"url": "http://127.0.0.1:9/elsewhere", "secret_token": "s" * 32}
    async with aiohttp.ClientSession() as client, client.post(url, json=wish) as answer:
        answer.raise_for_status()
    since = await at.crowd.last_line()
    await at.say(user, "menu")
    answered = await _answered(at, since)
    good = answered and at.bot.log[before:].count("ERROR") == 0
    if not good:
        say(f"A7 webhook_set: answered {answered}: {at.bot.log[-600:]}")
    await at.kill()
    return good


async def _answered(at: Stage, since: int) -> bool:
    for _ in range(300):
        if sends(await at.crowd.journal(since)):
            return True
        await asyncio.sleep(0.2)
    return False


async def pace(folder: Path, small: bool) -> Figures:
    """A10: sliding maxima of messages, and polls of a platform that repeats what was read without end."""
    members = 50 if small else 600
    manner: Json = {"ack": "replay", "replay_seconds": 1e6}
    async with cast(folder, members, PER_SECOND, running=False, channel=ZALO, **manner) as on:
        await on.at.crowd.post("raw", update=NOTHING_TO_ANSWER)
        await on.at.start()
        finished = await on.finished(members / on.rate * 3 + 60)
        maxima = (await on.verdict())["maxima"]["real"]
        lost, extra = await on.tally()
        journal = await on.at.crowd.journal()
    moments = [_moment(line) for line in journal if line["method"] == "getUpdates"]
    most, chat = maxima["second"]["most"], maxima["chat_second"]["most"]
    figures: Figures = {"recipients": members, "most_in_a_second": most, "most_in_a_chat_and_second": chat}
    figures |= {"polls": len(moments), "seconds_of_polls": round(moments[-1] - moments[0], 1)}
    slow = len(moments) - 2 <= moments[-1] - moments[0]
    good = finished and most <= PER_SECOND and chat <= 1 and slow and len(moments) > members / on.rate / 2
    return {**figures, "lost": lost, "duplicates": extra, "passed": good and not lost and not extra}
