"""The part of `SimClient` that makes things go wrong and asks what the platform's side has seen."""

from typing import Any

Json = dict[str, Any]


class Levers:
    """Needs `get`, `post` and `delete` of the people door."""

    async def get(self, path: str, **query: Any) -> Json:
        raise NotImplementedError

    async def post(self, path: str, **values: Any) -> Json:
        raise NotImplementedError

    async def delete(self, path: str) -> Json:
        raise NotImplementedError

    async def fault(self, kind: str, **values: Any) -> Json:
        """Begin a fault (kinds: simulator/fault_kinds.py), several at once by `name`; "none" ends all.

        Aim: method, person or chat, bot (one or a list). Limits: calls, seconds (real), sim_seconds,
        share (0-1), always=True; without any limit most kinds strike once. Answers what is active.
        """
        return await self.post("fault", kind=kind, **values)

    async def end_fault(self, name: str) -> Json:
        """SimRefused 404 when there is none of that name."""
        return await self.delete(f"fault/{name}")

    async def schedule_faults(self, script: list[Json], *, seed: int = 0, clock: str = "real") -> Json:
        """Begin faults by a script, in place of the script before; an empty one ends that.

        Lines: {"at", "fault", "for"?, "every"?, "times"?}; seconds of `clock` (real or simulator) or
        [least, most]; `fault` is a wish or a list of which chance, by `seed`, takes one.
        Answers {"entries"} as they will begin.
        """
        return await self.post("faults/schedule", script=script, seed=seed, clock=clock)

    async def verdict(self) -> Json:
        """The bot's manners since the last reset: simulator/verdict.py.

        {"calls", "messages", "refused": {code: n}, "inside_retry_after": {"count" (early by both clocks),
        "real", "simulator", "calls"}, "maxima": {"real" | "simulator": {"second", "chat_second",
        "group_minute": {"most", "at", "chat"?}}}, "maxima_of_all_calls", "duplicates": {"count",
        "unexcused", "chats", "messages"}, "ambiguous": {"count", "accepted", "not_accepted", "calls"}}
        """
        return await self.get("verdict")

    async def reset_verdict(self) -> None:
        await self.post("verdict/reset")

    async def journal(self, since: int = 0, limit: int = 100_000) -> list[Json]:
        """Every call that came through the platform's door after line `since`."""
        calls: list[Json] = (await self.get("journal", since=since, limit=limit))["calls"]
        return calls

    async def counters(self) -> Json:
        return await self.get("counters")
