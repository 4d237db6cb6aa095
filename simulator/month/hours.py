"""The month's clock: every due moment on the way is kept, and nothing goes on before all is done."""

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time

from simulator.client import SimClient, SimRefused
from simulator.month.phones import Json, Phones

LOCAL = timedelta(hours=7)  # Asia/Ho_Chi_Minh, no summer time
LONGEST = 300.0  # seconds of real time for one due moment
_LOOK_EVERY = 0.1
_EXACT = 0.001  # seconds
_SURE_AFTER = 2  # looks of the follower that agree


class NeverQuiet(Exception):
    """The bot did not come to an end with what was due."""


def at_local(day: date, hour: int, minute: int = 0) -> datetime:
    """A wall clock moment of the branch in UTC."""
    return datetime.combine(day, wall_time(hour, minute), UTC) - LOCAL


def local_day(moment: datetime) -> date:
    return (moment + LOCAL).date()


def first_moment(now: datetime, day: int = 3, before: int = 8) -> datetime:
    """08:00 local on the eighth day before the next 3rd that is at least so far away, in UTC."""
    found = local_day(now) + timedelta(days=before)
    while found.day != day:
        found += timedelta(days=1)
    return at_local(found - timedelta(days=before), 8)


class Hours:
    """Moves the clock of the simulator forward."""

    def __init__(self, hand: SimClient, phones: Phones) -> None:
        self._hand = hand
        self._phones = phones

    async def now(self) -> datetime:
        return datetime.fromisoformat((await self._hand.state(people=False))["now"])

    async def until(self, moment: datetime) -> None:
        """Go to a moment, through everything that is due before it. A moment already past is now."""
        while True:
            due = await self.settle()
            if due is None or due > moment:
                break
            try:
                await self._hand.to_next_due()
            except SimRefused:
                continue
        if moment > await self.now():
            await self._hand.clock_to(moment.isoformat())
            await self.settle()

    async def settle(self) -> datetime | None:
        """Wait until all that was due is done and seen; the moment that is due next."""
        give_up = time.monotonic() + LONGEST
        looks: set[str] = set()
        while time.monotonic() < give_up:
            state = await self._hand.state(people=False)
            follower = state["follower"]
            looks = looks | {str(follower["seen_at"])} if _is_quiet(state) else set()
            if len(looks) >= _SURE_AFTER and await self._phones.caught_up():
                due = follower["next_due"]
                return datetime.fromisoformat(due) if due else None
            await asyncio.sleep(_LOOK_EVERY)
        raise NeverQuiet(f"the bot was not done after {LONGEST:.0f} s: {state['follower']}, {state['bots']}")


def _is_quiet(state: Json) -> bool:
    follower, now = state["follower"], datetime.fromisoformat(state["now"])
    applied = follower["applied"]
    if applied is None or abs(applied - state["offset"]) > _EXACT or follower["backlog"] != 0:
        return False
    if any(bot["pending"] for bot in state["bots"]):
        return False
    return not follower["next_due"] or datetime.fromisoformat(follower["next_due"]) > now
