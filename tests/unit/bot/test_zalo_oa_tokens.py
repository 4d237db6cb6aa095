"""The token pair: renewed by one, stored before it is used, and clear words when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.channels.zalo_oa import tokens
from bot.channels.zalo_oa.tokens import (
    LONGEST_RENEWAL_SECONDS,
    Granted,
    Kept,
    Renew,
    RenewalRefused,
    TokenKeeper,
)
from db.errors import ChannelRefused, StoreBusy, TryLater
from tests.support.paper import StillClock

LIFE = timedelta(hours=25)


@dataclass
class Zalo:
    """Hands out pairs; every refresh token works once."""

    good: str = "first"
    number: int = 0
    asked: list[str] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    ill: bool = False

    def __post_init__(self) -> None:
        self.held.set()

    async def renew(self, refresh: str) -> Granted:
        self.asked.append(refresh)
        if self.ill:
            raise TryLater("HTTP 502", maybe_delivered=True)
        if refresh != self.good:
            raise RenewalRefused("Zalo does not accept the refresh token (-14020)")
        self.number += 1
        self.good = f"refresh-{self.number}"
        granted = Granted(f"access-{self.number}", self.good, LIFE.total_seconds())
        await self.held.wait()
        return granted


class ProcessEnded(BaseException):
    """As if the process were killed here."""


@dataclass
class Facts:
    """One stored value, and who claims to renew it until when."""

    value: str | None = None
    trouble: BaseException | None = None
    order: list[str] = field(default_factory=list)
    claimed: tuple[object, datetime] | None = None

    async def load(self) -> str | None:
        return self.value

    async def save(self, value: str) -> None:
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        self.value = value
        self.order.append(value)

    def of_a_process(self, now: Callable[[], datetime]) -> Kept:
        """As one of several processes sees it."""
        me = object()

        async def claim() -> bool:
            if self.claimed and self.claimed[0] is not me and now() < self.claimed[1]:
                return False
            self.claimed = (me, now() + timedelta(seconds=LONGEST_RENEWAL_SECONDS))
            return True

        async def let_go() -> None:
            if self.claimed and self.claimed[0] is me:
                self.claimed = None

        return Kept(self.load, self.save, claim, let_go)


@dataclass
class Bench:
    zalo: Zalo = field(default_factory=Zalo)
    facts: Facts = field(default_factory=Facts)
    clock: StillClock = field(default_factory=StillClock)

    def keeper(self, first: str = "first") -> TokenKeeper:
        """A process that knows only what is stored."""
        kept = self.facts.of_a_process(self.clock.now)
        return TokenKeeper("oa-1", first, kept, self.zalo.renew, self.clock.now)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_the_first_token_begins_the_line(bench: Bench) -> None:
    keeper = bench.keeper()
    assert [await keeper.access(), await keeper.access()] == ["access-1", "access-1"]
    assert bench.zalo.asked == ["first"]


async def test_a_pair_is_stored_before_it_is_used(bench: Bench) -> None:
    token = await bench.keeper().access()
    assert token in (bench.facts.value or "")
    assert await bench.keeper().access() == token
    assert bench.zalo.asked == ["first"]


async def test_it_is_renewed_in_good_time_and_not_before(bench: Bench) -> None:
    keeper = bench.keeper()
    await keeper.access()
    bench.clock.moment += timedelta(hours=16, minutes=59)
    assert await keeper.access() == "access-1"
    bench.clock.moment += timedelta(minutes=2)
    assert await keeper.access() == "access-2"
    assert bench.zalo.asked == ["first", "refresh-1"]


async def test_a_short_life_is_not_renewed_at_every_call(bench: Bench) -> None:
    kept = bench.facts.of_a_process(bench.clock.now)
    keeper = TokenKeeper("oa", "first", kept, _short(bench.zalo), bench.clock.now)
    assert {await keeper.access() for _ in range(5)} == {"access-1"}


def _short(zalo: Zalo) -> Renew:
    async def renew(refresh: str) -> Granted:
        granted = await zalo.renew(refresh)
        return Granted(granted.access, granted.refresh, 60)

    return renew


async def test_two_who_need_it_at_once_renew_it_once(bench: Bench) -> None:
    keeper = bench.keeper()
    assert set(await asyncio.gather(*(keeper.access() for _ in range(5)))) == {"access-1"}
    bench.clock.moment += timedelta(minutes=2)
    assert set(await asyncio.gather(*(keeper.another("access-1") for _ in range(5)))) == {"access-2"}
    assert bench.zalo.asked == ["first", "refresh-1"]


async def test_a_refused_token_that_was_replaced_meanwhile_costs_no_renewal(bench: Bench) -> None:
    keeper = bench.keeper()
    await keeper.access()
    assert await keeper.another("access-0") == "access-1"
    assert bench.zalo.asked == ["first"]


async def test_a_new_token_that_is_refused_at_once_is_not_renewed_again(bench: Bench) -> None:
    keeper = bench.keeper()
    await keeper.access()
    assert await keeper.another("access-1") == "access-1"
    assert bench.zalo.asked == ["first"]


async def test_two_processes_the_later_one_takes_over_what_is_stored(bench: Bench) -> None:
    one, other = bench.keeper(), bench.keeper()
    await one.access()
    await other.access()
    bench.clock.moment += timedelta(hours=20)
    assert await one.access() == "access-2"
    assert await other.access() == "access-2"
    assert bench.zalo.asked == ["first", "refresh-1"], "a refresh token is spent once"


async def test_processes_that_start_together_renew_it_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LOOK_AGAIN_SECONDS", 0.01)
    bench.zalo.held.clear()
    starting = [asyncio.create_task(bench.keeper().access()) for _ in range(4)]
    while not bench.zalo.asked:
        await asyncio.sleep(0)
    bench.zalo.held.set()
    assert set(await asyncio.gather(*starting)) == {"access-1"}
    assert bench.zalo.asked == ["first"]


async def test_a_pair_that_is_not_stored_yet_is_nobody_elses_to_renew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LOOK_AGAIN_SECONDS", 0.01)
    one, other = bench.keeper(), bench.keeper()
    bench.facts.trouble = StoreBusy()
    with pytest.raises(TryLater):
        await one.access()
    bench.facts.trouble = None
    waiting = asyncio.create_task(other.access())
    await asyncio.sleep(0.03)
    assert await one.access() == "access-1"
    assert await waiting == "access-1"
    assert bench.zalo.asked == ["first"]


async def test_who_dies_over_a_renewal_is_waited_for_and_then_replaced(bench: Bench) -> None:
    bench.facts.claimed = (object(), bench.clock.now() + timedelta(seconds=LONGEST_RENEWAL_SECONDS))
    bench.clock.moment += timedelta(seconds=LONGEST_RENEWAL_SECONDS)
    assert await bench.keeper().access() == "access-1"


async def test_who_is_let_wait_too_long_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "LOOK_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(tokens, "REQUEST_SECONDS", 0.03)
    bench.facts.claimed = (object(), bench.clock.now() + timedelta(seconds=LONGEST_RENEWAL_SECONDS))
    with pytest.raises(TryLater, match="another process"):
        await bench.keeper().access()
    assert bench.zalo.asked == []


async def test_who_stops_waiting_does_not_lose_the_pair(bench: Bench) -> None:
    keeper = bench.keeper()
    bench.zalo.held.clear()
    waiting = asyncio.create_task(keeper.access())
    while not bench.zalo.asked:
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    bench.zalo.held.set()
    await keeper.close()
    assert "access-1" in (bench.facts.value or "")
    assert await keeper.access() == "access-1"


async def test_a_busy_store_holds_the_new_pair_back_until_it_is_stored(bench: Bench) -> None:
    keeper = bench.keeper()
    bench.facts.trouble = StoreBusy()
    for _ in range(2):
        with pytest.raises(TryLater) as later:
            await keeper.access()
        assert not later.value.maybe_delivered
    bench.facts.trouble = None
    assert await keeper.access() == "access-1"
    assert "access-1" in (bench.facts.value or "")
    assert bench.zalo.asked == ["first"]


async def lose_the_pair(bench: Bench) -> None:
    """The process ends after Zalo answered and before the answer was stored."""
    keeper = bench.keeper()
    await keeper.access()
    bench.clock.moment += timedelta(hours=20)
    bench.facts.trouble = ProcessEnded()
    with pytest.raises(ProcessEnded):
        await keeper.another("access-1")
    bench.facts.trouble = None
    bench.clock.moment += timedelta(seconds=LONGEST_RENEWAL_SECONDS)
    assert bench.zalo.good == "refresh-2"


async def test_a_lost_pair_leaves_the_old_token_working_to_its_end(bench: Bench) -> None:
    await lose_the_pair(bench)
    keeper = bench.keeper()
    assert await keeper.access() == "access-1"
    bench.clock.moment += timedelta(hours=6)
    with pytest.raises(ChannelRefused, match="MUNGBA_OA_1_REFRESH_TOKEN"):
        await keeper.access()


async def test_a_lost_pair_is_replaced_by_a_new_token_in_the_environment(bench: Bench) -> None:
    await lose_the_pair(bench)
    bench.zalo.good = "second"
    assert await bench.keeper("second").access() == "access-3"
    assert await bench.keeper("second").access() == "access-3"
    assert bench.zalo.asked[-1] == "second"


async def test_an_expired_refresh_token_is_said_and_not_hammered(bench: Bench) -> None:
    keeper = bench.keeper("long ago")
    for _ in range(3):
        with pytest.raises(ChannelRefused, match="administrator of the Official Account"):
            await keeper.access()
    assert bench.zalo.asked == ["long ago"]
    bench.clock.moment += timedelta(minutes=11)
    with pytest.raises(ChannelRefused):
        await keeper.access()
    assert len(bench.zalo.asked) == 2


async def test_an_ill_platform_is_asked_again(bench: Bench) -> None:
    keeper = bench.keeper()
    bench.zalo.ill = True
    with pytest.raises(TryLater):
        await keeper.access()
    bench.zalo.ill = False
    assert await keeper.access() == "access-1"


async def test_without_any_token_it_says_what_to_set(bench: Bench) -> None:
    with pytest.raises(ChannelRefused, match="MUNGBA_OA_1_REFRESH_TOKEN"):
        await bench.keeper("").access()


async def test_what_is_stored_is_enough_without_the_environment(bench: Bench) -> None:
    await bench.keeper().access()
    assert await bench.keeper("").access() == "access-1"


async def test_a_stored_value_that_cannot_be_read_is_passed_over(bench: Bench) -> None:
    bench.facts.value = "{"
    assert await bench.keeper().access() == "access-1"
