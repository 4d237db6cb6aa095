"""F3: raw bytes at the webhook's door of the running process."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.machine import Figures, Run, say
from bench.processes import Stage, stage
from bench.seeding import fill

CANARY = "kanarienvogel"  # in every body: nothing of a body may be logged
SLOW_SECONDS = 3
ALLOWED_MS = 100.0
SIDE_BY_SIDE = 4


@dataclass
class _Seen:
    """What came back."""

    statuses: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)  # of refusals
    wrong: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Knock:
    """One request: its bytes, and the statuses that are right. `hangs`: no answer is right too."""

    name: str
    raw: bytes
    right: tuple[int, ...]
    hangs: bool = False


async def fuzz(run: Run, folder: Path, requests: int) -> Figures:
    """The figures of so many requests."""
    async with stage(folder, mode="webhook") as at:
        await at.prepare(lambda session, settings, now: fill(session, settings, now, branches=1, members=3))
        await at.start()
        knocks = _Knocks(run, at)
        seen = _Seen()
        await asyncio.gather(*(_visit(at, knocks, seen, requests // 20 // SIDE_BY_SIDE) for _ in range(4)))
        start = _memory_mb(at)
        await asyncio.gather(*(_visit(at, knocks, seen, requests // SIDE_BY_SIDE) for _ in range(4)))
        await _monsters(at, knocks, seen)
        alive = at.bot.process is not None and at.bot.process.poll() is None
        end, told = _memory_mb(at), CANARY in at.bot.log
        unhandled = at.bot.log.count("Traceback")
        if unhandled:
            say("\n".join(line for line in at.bot.log.splitlines() if _ends_traceback(line))[-2500:])
    slow = sorted(seen.milliseconds)
    p99 = slow[int(len(slow) * 0.99)] if slow else 0.0
    for what, times in seen.wrong.items():
        say(f"door: {times} × {what}")
    return {
        "requests": requests,
        "statuses": dict(sorted(seen.statuses.items())),
        "wrong_answers": sum(seen.wrong.values()),
        "unhandled": unhandled,
        "refused_ms_p50": round(slow[len(slow) // 2], 1) if slow else 0.0,
        "refused_ms_p99": round(p99, 1),
        "logged_bodies": int(told),
        "memory_mb_start": start,
        "memory_mb_end": end,
        "passed": alive and not told and not unhandled and not seen.wrong and end - start <= 20,
    }


async def _visit(at: Stage, knocks: _Knocks, seen: _Seen, times: int) -> None:
    for _ in range(times):
        await _knock(at, knocks.any(), seen)


async def _knock(at: Stage, knock: Knock, seen: _Seen, patience: float = 5.0) -> None:
    began = time.perf_counter()
    status = await _ask(at.bot.port, knock.raw, patience)
    took = (time.perf_counter() - began) * 1000
    seen.statuses[str(status or "none")] += 1
    if status in knock.right or (status == 0 and knock.hangs):
        if 400 <= status < 500:
            seen.milliseconds.append(took)
        return
    seen.wrong[f"{knock.name} was answered {status or 'not at all'}"] += 1


async def _ask(port: int, raw: bytes, patience: float) -> int:
    """The status, 0 for a connection without an answer."""
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(raw)
                head = await reader.readline()
                return int(head.split()[1]) if head.startswith(b"HTTP/") else 0
            finally:
                writer.close()
    except (TimeoutError, OSError, ValueError, IndexError):
        return 0


class _Knocks:
    """Requests, each wrong in one way (or in none)."""

    def __init__(self, run: Run, at: Stage) -> None:
        self._chance = run.chance
        self.secret = str(at.bot.rows("SELECT value FROM installation WHERE name = 'webhook:telegram'")[0][0])
        self._number = 0

    def any(self) -> Knock:
        """One of all kinds."""
        kinds = (
            self.sound, self.stranger, self.method, self.noise, self.not_json, self.odd_json, self.deep,
            self.chunks, self.bad_chunks, self.zipped, self.bad_length, self.type, self.headers, self.path,
        )  # fmt: skip
        return self._chance.choice(kinds)()

    def request(
        self, body: bytes, *lines: str, method: str = "POST", path: str = "/hook/telegram", secret: str = ""
    ) -> bytes:
        """A request with the secret, unless another is given."""
        head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
        head.append(f"X-Telegram-Bot-Api-Secret-Token: {secret or self.secret}")
        if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines):
            head.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*head, *lines, "", ""]).encode("latin-1") + body

    def update(self) -> bytes:
        """A sound update by a stranger, with the canary in it."""
        self._number += 1
        chat = {"id": 9_100_000_001, "type": "private"}
        message = {"message_id": self._number, "chat": chat, "text": f"{CANARY} {self._number}"}
        return json.dumps({"update_id": self._number, "message": message}).encode()

    def sound(self) -> Knock:
        return Knock("a sound update", self.request(self.update()), (200,))

    def stranger(self) -> Knock:
        secret = self._chance.choice(("x", self.secret[:-1], self.secret.upper() + "0", "é", "a" * 6_000))
        return Knock("a wrong secret", self.request(self.update(), secret=secret), (401,))

    def method(self) -> Knock:
        verb = self._chance.choice(("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"))
        return Knock(f"method {verb}", self.request(self.update(), method=verb), (405, 400))

    def noise(self) -> Knock:
        raw = self._chance.randbytes(self._chance.randrange(1, 400))
        return Knock("noise", raw + b"\r\n\r\n", (400,), hangs=True)

    def not_json(self) -> Knock:
        body = self._chance.choice(
            (b"", b"{", b"\xff\xfe", b"<html>", b'{"a":}', self.update()[:-4], b"\x00")
        )
        return Knock("no JSON", self.request(body), (400,))

    def odd_json(self) -> Knock:
        odd = (b"null", b"1", b"[]", b'"x"', b"true", b"1e999", b"NaN", b"-0", b'{"update_id":1e3}', b"{}",
               b'{"update_id":"7"}', b'{"update_id":9223372036854775808}', b'["\\ud800"]',
               b'{"message":{"text":"\\ud83d"}}', b"[" + b"9" * 5000 + b"]")  # fmt: skip
        return Knock("odd JSON", self.request(self._chance.choice(odd)), (200, 400))

    def deep(self) -> Knock:
        levels = self._chance.choice((100, 900, 970, 980, 985, 990, 1_000, 5_000, 200_000))
        return Knock(f"{levels} levels", self.request(b"[" * levels + b"]" * levels), (200, 400))

    def chunks(self) -> Knock:
        body = self.update()
        half = len(body) // 2
        parts = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in (body[:half], body[half:])) + b"0\r\n\r\n"
        return Knock("chunks", self.request(parts, "Transfer-Encoding: chunked"), (200,))

    def bad_chunks(self) -> Knock:
        body = self._chance.choice((b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n{}", b"fffffffffffffffff\r\n{}\r\n"))
        return Knock("bad chunks", self.request(body, "Transfer-Encoding: chunked"), (400,), hangs=True)

    def zipped(self) -> Knock:
        body = gzip.compress(b" " * 10_000_000 + b"{}")
        return Knock("a gzip bomb", self.request(body, "Content-Encoding: gzip"), (400, 415))

    def bad_length(self) -> Knock:
        length = self._chance.choice(("-1", "abc", "1e3", "5, 6", "99999999999999999999999"))
        right = (400, 413)
        return Knock("bad length", self.request(b"{}", f"Content-Length: {length}"), right, hangs=True)

    def type(self) -> Knock:
        kind = self._chance.choice(("text/plain", "multipart/form-data", "application/x-www-form-urlencoded"))
        return Knock("another type", self.request(self.update(), f"Content-Type: {kind}"), (200, 400, 415))

    def headers(self) -> Knock:
        lines = [f"X-{n}: {'y' * 200}" for n in range(self._chance.choice((20, 1000)))]
        return Knock("many headers", self.request(self.update(), *lines), (200, 400, 431), hangs=True)

    def path(self) -> Knock:
        odd = ("/hook", "/hook/x", "/hook/telegram/..", "//hook/telegram", "/%2e%2e/etc", "/", "*")
        path = self._chance.choice((*odd, "/" + "a" * 9_000, "/hook/%00", "http://evil/hook/telegram"))
        right = (200, 301, 307, 400, 404, 405)
        return Knock("another path", self.request(self.update(), path=path), right, hangs=True)

    def monster(self, secret: str = "") -> bytes:
        """The head of a request with 100 MB to follow."""
        return self.request(b"", "Content-Length: 100000000", secret=secret)


async def _monsters(at: Stage, knocks: _Knocks, seen: _Seen) -> None:
    """A body of 100 MB, with and without the secret; slow bodies while others are served."""
    for secret, right in (("", 413), ("x", 401)):
        status, sent = await _flood(at.bot.port, knocks.monster(secret))
        say(f"100 MB: answered {status} after {sent / 1e6:.1f} MB")
        seen.statuses[str(status)] += 1
        if status not in {right, 0} or sent > 20_000_000:  # 0: hung up while we were still sending
            seen.wrong[f"100 MB was answered {status} after {sent} bytes"] += 1
    slow = [asyncio.create_task(_drip(at.bot.port, knocks)) for _ in range(50)]
    await asyncio.sleep(0.2)
    began = time.perf_counter()
    await _knock(at, knocks.sound(), seen)
    if time.perf_counter() - began > 1:
        seen.wrong["others waited for slow bodies"] += 1
    await asyncio.gather(*slow)


async def _flood(port: int, head: bytes) -> tuple[int, int]:
    """(status, bytes of the body the other side let us send before it answered)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(reader.readline())
    sent, piece = 0, b"x" * 65_536
    writer.write(head)
    try:
        while not answer.done() and sent < 100_000_000:
            writer.write(piece)
            sent += len(piece)
            async with asyncio.timeout(5):
                await writer.drain()
            await asyncio.sleep(0)
        line = await asyncio.wait_for(answer, 5)
    except (TimeoutError, OSError):
        line = b""
    finally:
        writer.close()
    return (int(line.split()[1]) if line.startswith(b"HTTP/") else 0), sent


async def _drip(port: int, knocks: _Knocks) -> None:
    """A byte now and then."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(knocks.request(b"", "Content-Length: 1000"))
    for _ in range(SLOW_SECONDS * 2):
        writer.write(b" ")
        await asyncio.sleep(0.5)
    writer.close()


def _ends_traceback(line: str) -> bool:
    """'starlette.requests.ClientDisconnect', 'ValueError: …': neither a place in the code nor a log line."""
    head = line.split(":", 1)[0]
    return (head[:1].isalpha() and "." in head) or head.endswith(("Error", "Exception"))


def _memory_mb(at: Stage) -> float:
    if at.bot.process is None:
        return 0.0
    pages = int(Path(f"/proc/{at.bot.process.pid}/statm").read_text("ascii").split()[1])
    return round(pages * 4096 / 1e6, 1)
