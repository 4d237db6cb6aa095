"""Faults in time: they end when their time is over, rivals run beside them, a script begins them."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from simulator.faults import Fault
from simulator.schedule import Script, read_script
from simulator.telegram.platform import Telegram
from simulator.telegram.rivals import RIVALS
from simulator.wishes import Json, flag

_Task = asyncio.Task[None]


class Programme:
    """Needs a running loop once a fault begins."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._world = telegram.world
        self._faults = telegram.world.faults
        self._faults.told = self._told
        self._beside: dict[int, list[_Task]] = {}
        self._script: _Task | None = None
        self._plan: Script | None = None
        self._left = 0
        self._next: float | None = None  # in the clock of the script
        telegram.at_close.append(self.close)

    def wish(self, wish: Json) -> None:
        """Begin or end a fault; `none` without a name ends the script, too. Raises Refused."""
        if wish.get("kind") == "flood":
            self._telegram.floods.on = flag(wish, "on", default=True)
            return
        if wish.get("kind") == "none" and wish.get("name") is None:
            self.stop_script()
        self._faults.wish(wish)

    def view(self) -> Json:
        seen = {**self._faults.view(), "flood": self._telegram.floods.on}
        return {**seen, "schedule": self._script_view()}

    def _script_view(self) -> Json | None:
        if self._plan is None or self._script is None or self._script.done():
            return None
        wait = None if self._next is None else round(max(0.0, self._next - self._now()), 1)
        return {"seed": self._plan.seed, "clock": self._plan.clock, "left": self._left, "next_in": wait}

    def run_script(self, values: Json) -> Json:
        """Follow a script in place of the one before; everything in it is checked first. Raises Refused."""
        plan = read_script(values)
        for entry in plan.entries:
            self._check(entry.wish)
        self.stop_script()
        self._plan, self._left, self._faults.seed = plan, len(plan.entries), plan.seed
        self._script = asyncio.get_running_loop().create_task(self._follow(plan))
        entries = [{"at": round(entry.at, 3), "fault": entry.wish} for entry in plan.entries]
        return {"seed": plan.seed, "clock": plan.clock, "entries": entries}

    def _check(self, wish: Json) -> None:
        if wish.get("kind") not in {"none", "flood"}:
            self._faults.read(wish)

    def stop_script(self) -> None:
        """Nothing more begins; what has begun goes on."""
        if self._script is not None:
            self._script.cancel()
        self._script = self._plan = None

    def _now(self) -> float:
        simulated = self._plan is not None and self._plan.clock == "simulator"
        return self._world.clock.now() if simulated else time.monotonic()

    async def _follow(self, plan: Script) -> None:
        begin = self._now()
        for entry in plan.entries:
            self._next = begin + entry.at
            wait = self._next - self._now()
            await (self._world.clock.sleep(wait) if plan.clock == "simulator" else asyncio.sleep(wait))
            self._left -= 1
            if entry.wish.get("kind") == "flood":
                self.wish(entry.wish)
            else:
                self._faults.wish(entry.wish)

    def _told(self, fault: Fault, what: str) -> None:
        self._world.events.tell("fault", state=what, fault=fault.view(self._world.clock.now()))
        if what == "began":
            self._begin(fault)
        else:
            self._end(fault)

    def _begin(self, fault: Fault) -> None:
        limits, tasks = fault.limits, []
        if limits.until is not None:
            tasks.append(self._task(self._end_after(limits.until)))
        if limits.until_simulated is not None:
            tasks.append(self._task(self._end_at(limits.until_simulated)))
        if fault.kind in RIVALS:
            tasks.append(self._task(RIVALS[fault.kind](self._telegram, fault)))
        if tasks:
            self._beside[id(fault)] = tasks

    def _task(self, work: Coroutine[Any, Any, None]) -> _Task:
        return asyncio.get_running_loop().create_task(work)

    def _end(self, fault: Fault) -> None:
        for task in self._beside.pop(id(fault), []):
            if task is not asyncio.current_task():
                task.cancel()

    async def _end_after(self, until: float) -> None:
        await asyncio.sleep(until - time.monotonic())
        self._faults.sweep()

    async def _end_at(self, until: float) -> None:
        while (left := until - self._world.clock.now()) > 0:
            await self._world.clock.sleep(left)
        self._faults.sweep()

    async def close(self) -> None:
        self.stop_script()
        tasks = [task for beside in self._beside.values() for task in beside]
        self._faults.clear()
        await asyncio.gather(*tasks, return_exceptions=True)
