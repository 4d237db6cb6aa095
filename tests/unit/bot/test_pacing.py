"""Limits are kept to the message, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.breaker import FIRST_REST, LONGEST_REST, OPENS_AFTER, Breaker
from bot.limits import IN_FLIGHT, TELEGRAM_BULK_PER_SECOND, TELEGRAM_PER_SECOND
from bot.pacing import Pacer
from db.errors import RetryAfter, TryLater, Unreachable
from tests.support import virtual_time

DIGITS = 1e-9  # of sums of fractions


def most_in_a_second(moments: Sequence[float]) -> int:
    """The sliding-window maximum."""
    ordered = sorted(moments)
    whole = 1 - DIGITS
    return max(sum(start <= m < start + whole for m in ordered[i:]) for i, start in enumerate(ordered))


async def send_all(pacer: Pacer, chats: Sequence[str], sent: list[tuple[float, str]]) -> None:
    """As the sender does: so many side by side."""
    places = asyncio.Semaphore(IN_FLIGHT)

    async def send(chat: str) -> None:
        async with places:
            await pacer.bulk_turn(chat)
            sent.append((asyncio.get_running_loop().time(), chat))
            await asyncio.sleep(0.15)

    await asyncio.gather(*(send(chat) for chat in chats))


def test_a_thousand_recipients_at_the_permitted_rate() -> None:
    sent: list[tuple[float, str]] = []
    virtual_time.run(send_all(Pacer(), [str(n) for n in range(1000)], sent))
    moments = [moment for moment, _ in sent]
    assert most_in_a_second(moments) <= TELEGRAM_PER_SECOND
    assert max(moments) <= 1000 / TELEGRAM_BULK_PER_SECOND / 0.97


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=60))
def test_no_chat_hears_more_than_one_a_second(chats: list[str]) -> None:
    sent: list[tuple[float, str]] = []
    virtual_time.run(send_all(Pacer(), chats, sent))
    for chat in set(chats):
        assert most_in_a_second([moment for moment, to in sent if to == chat]) == 1
    assert len(sent) == len(chats)


def test_answers_find_room_while_a_broadcast_runs() -> None:
    async def both() -> tuple[list[tuple[float, str]], list[float]]:
        pacer, sent, waited = Pacer(), [], []  # type: ignore[var-annotated]
        bulk = asyncio.create_task(send_all(pacer, [str(n) for n in range(500)], sent))
        for number in range(60):
            await asyncio.sleep(0.25)
            before = asyncio.get_running_loop().time()
            await pacer.answer_turn(f"x{number}")
            waited.append(asyncio.get_running_loop().time() - before)
            sent.append((asyncio.get_running_loop().time(), "answer"))
        await bulk
        return sent, waited

    sent, waited = virtual_time.run(both())
    assert most_in_a_second([moment for moment, _ in sent]) <= TELEGRAM_PER_SECOND
    assert max(waited) < 0.5


def test_a_clock_of_whole_milliseconds_lets_nobody_in_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown() -> float:
        return floor(asyncio.get_running_loop().time() * 1000) / 1000

    async def answers() -> list[float]:
        pacer, sent = Pacer(), []

        async def answer(number: int, wait: float) -> None:
            await asyncio.sleep(wait)
            await pacer.answer_turn(str(number))
            with pacer.sending(str(number)):
                sent.append(asyncio.get_running_loop().time())

        at_once = [answer(number, 0.0009) for number in range(TELEGRAM_PER_SECOND)]
        await asyncio.gather(*at_once, answer(-1, 0.5))
        return sent

    monkeypatch.setattr("bot.pacing._now", shown)
    assert most_in_a_second(virtual_time.run(answers())) == TELEGRAM_PER_SECOND


def test_a_chat_that_asked_for_patience_is_left_alone_and_others_are_not() -> None:
    async def asked() -> tuple[float, float, float]:
        pacer = Pacer()
        with suppress(RetryAfter), pacer.heeding("a"):
            raise RetryAfter(30)
        rest = pacer.resting("a")
        await pacer.bulk_turn("b")
        other = asyncio.get_running_loop().time()
        await pacer.answer_turn("a")
        return rest, other, asyncio.get_running_loop().time()

    rest, other, own = virtual_time.run(asked())
    assert (rest, own) == (30, 30)
    assert other < 1


def is_open(breaker: Breaker) -> bool:
    return breaker.is_open


async def fail(breaker: Breaker) -> None:
    await breaker.gate()
    with suppress(TryLater), breaker.watching():
        raise TryLater("502", maybe_delivered=False)


async def succeed(breaker: Breaker) -> None:
    await breaker.gate()
    with breaker.watching():
        pass


def test_the_breaker_opens_probes_and_closes() -> None:
    async def ill_then_well() -> list[float]:
        breaker, loop, moments = Breaker(), asyncio.get_running_loop(), []
        for _ in range(OPENS_AFTER):
            await fail(breaker)
        assert is_open(breaker)
        for _ in range(8):
            await fail(breaker)
            moments.append(loop.time())
        await succeed(breaker)
        assert not is_open(breaker)
        return moments

    probes = virtual_time.run(ill_then_well())
    pauses = [b - a for a, b in zip([0.0, *probes], probes, strict=False)]
    assert pauses[0] == pytest.approx(FIRST_REST, abs=0.1)
    assert all(pause <= LONGEST_REST + 0.1 for pause in pauses)
    assert pauses == sorted(pauses)


def test_while_open_only_one_probe_is_let_through() -> None:
    async def crowd() -> int:
        breaker, through = Breaker(), 0
        for _ in range(OPENS_AFTER):
            await fail(breaker)

        async def one() -> None:
            nonlocal through
            await breaker.gate()
            through += 1
            await asyncio.sleep(60)

        tasks = [asyncio.create_task(one()) for _ in range(50)]
        await asyncio.sleep(FIRST_REST + 5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return through

    assert virtual_time.run(crowd()) == 1


def test_a_probe_that_is_not_made_leaves_the_next_one_to_try() -> None:
    async def work() -> None:
        breaker = Breaker()
        for _ in range(OPENS_AFTER):
            await fail(breaker)
        assert await breaker.gate()
        breaker.withdraw(probe=True)
        assert await breaker.gate()

    virtual_time.run(work())


def test_one_person_out_of_reach_is_no_illness_of_the_platform() -> None:
    async def blocked() -> bool:
        breaker = Breaker()
        for _ in range(3 * OPENS_AFTER):
            with suppress(Unreachable), breaker.watching():
                raise Unreachable("blocked")
        return breaker.is_open

    assert not virtual_time.run(blocked())
