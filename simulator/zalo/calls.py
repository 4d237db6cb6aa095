"""What both doors share: a line of the journal for each call, and answers, spoilt ones too."""

import time
from typing import Any

from starlette.types import Receive, Scope, Send

from simulator.clock import iso
from simulator.damage import CLOSE, HTML, Damage
from simulator.telegram.answers import Done, respond
from simulator.telegram.wire import Wire
from simulator.verdict import Heard
from simulator.world import World

_OK = 200
_WORDS = ("text", "caption", "photo", "sticker", "voice_url")  # what makes two messages the same


def hangs_up() -> Done:
    """The connection ends without a word."""
    return Done(0, b"", damage=Damage(wire=CLOSE))


def outage(status: int) -> Damage | None:
    """A gateway that answers everything with a page; None at status 0."""
    return Damage(wire=HTML, amount=status, fault="outage") if status else None


class Line:
    """One call from when it came in."""

    def __init__(self, world: World, bot: str, method: str) -> None:
        self._world, self._bot, self._method = world, bot, method
        self._began = time.perf_counter()

    def note(self, done: Done, args: dict[str, Any], *, calm: bool = False, error: int = 0) -> Done:
        """Write it down. `calm`: no success, and no fault either; `error`: one told in a good answer."""
        ok = calm or (done.status == _OK and not error)
        damage = done.damage
        struck = {} if damage is None else {"fault": damage.fault, "wire": damage.wire}
        line = self._world.journal.note(
            at=iso(self._world.clock.now()),
            bot=self._bot,
            method=self._method[:64],
            args=args,
            ok=ok,
            error_code=None if ok else error or done.status,
            description=done.description or None,
            ms=round((time.perf_counter() - self._began) * 1000, 2),
            via="http",
            **struck,
        )
        self._judge(line, done)
        self._world.events.tell("call", **{("call_n" if k == "n" else k): v for k, v in line.items()})
        return done

    def _judge(self, line: dict[str, Any], done: Done) -> None:
        args = line["args"]
        words = (str(args[name]) for name in _WORDS if args.get(name))
        heard = Heard(
            n=line["n"],
            bot=self._bot,
            method=self._method[:64],
            chat=str(args.get("chat_id") or ""),
            text="\n".join(words),
            now=self._world.clock.now(),
            ok=line["ok"],
            code=line["error_code"] or done.status,
            wire=done.damage.wire if done.damage is not None else "",
        )
        self._world.verdict.hear(heard, time.monotonic())


async def answer(
    done: Done,
    wire: Wire,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    double_server: bool = False,
    headers: dict[str, str] | None = None,
) -> None:
    """`double_server`: a second Server header, which some clients refuse (source B6)."""
    if done.damage is not None and done.damage.wire:
        await wire.spoil(done, done.damage, scope, receive, send)
        return
    response = respond(done)
    response.headers.update(headers or {})
    if double_server:
        response.raw_headers.append((b"server", b"ZGW"))
    await response(scope, receive, send)
