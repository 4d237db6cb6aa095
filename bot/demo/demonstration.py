"""Starts the simulator beside the real bot, which talks to it over real HTTP as it would to Telegram."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from bot import desk, process
from bot.demo import sample
from bot.settings import ChannelAccount, Clock, Database, Organisation, Settings, Web
from db.errors import StartRefused
from members.tables import PostKind

TOKEN = "7000000001:SIMULATOR-ONLY-OPENS-NO-REAL-DOOR-1"  # noqa: S105 (opens the simulator only)
BOT = f"{TOKEN}:mung_ba_bot:Mùng Ba"
BOT_NAME = "mung_ba_bot"
START_SECONDS = 20
JOIN_STEPS = 3  # "yes, that is me", consent, name on the leaderboard
JOIN_PATIENCE = 50  # tenths of a second for one answer
_AFTER_INTERRUPT = 5


async def run(port: int, data: Path, *, open_browser: bool) -> None:
    """Run until Ctrl-C. Everything is kept in `data`."""
    key = _kept_key(data / "page-key")
    settings = settings_for(port, data)
    first_moment = sample.first_moment(datetime.now(UTC), settings.zone).astimezone(UTC)
    async with _simulator(port, data, key, first_moment) as page:
        people = await _fill_when_new(settings, data, first_moment)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers={"X-Sim-Key": key}, timeout=30
        ) as people_door:
            await _give_phones(people_door, people)
            await process.run(
                settings,
                lambda: _say_ready(page, open_browser),
                {"MUNGBA_TELEGRAM_TOKEN": TOKEN},
                beside=lambda: _join_all(people_door, list(shown(people).values())),
            )


def settings_for(port: int, data: Path) -> Settings:
    """The demo's settings: one channel, which is the simulator; its clock is followed."""
    base = f"http://127.0.0.1:{port}"
    pages = f"http://127.0.0.1:{port + 1}"
    return Settings(
        organisation=Organisation(name="Đảng bộ Trường Chính trị tỉnh (mẫu)"),
        channels=(ChannelAccount(name="telegram", api_base=base),),
        database=Database(url=f"sqlite:///{data / 'mungba.db'}"),
        web=Web(port=port + 1, public_url=pages),
        clock=Clock(follow=f"{base}/sim/clock"),
    )


def _kept_key(file: Path) -> str:
    """The page's key, the same at every start so that an open page goes on."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(12), "ascii")
    return file.read_text("ascii")


@asynccontextmanager
async def _simulator(port: int, data: Path, key: str, first: datetime) -> AsyncIterator[str]:
    """The simulator's process; the address of its page."""
    command = [sys.executable, "-m", "simulator", "--port", str(port), "--data", str(data / "simulator")]
    child = await asyncio.create_subprocess_exec(
        *command,
        "--bot",
        BOT,
        "--start",
        first.isoformat(),
        env={**os.environ, "SIMULATOR_KEY": key, "PYTHONUNBUFFERED": "1"},
        cwd=sample.ROOT,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches us; we end it after the bot
    )
    try:
        yield await _page_of(child, port)
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_AFTER_INTERRUPT):
                await child.wait()
        except TimeoutError:
            child.kill()


async def _page_of(child: asyncio.subprocess.Process, port: int) -> str:
    """Wait for 'simulator ready ADDRESS'."""
    if child.stdout is None:
        raise RuntimeError("the simulator has no output")
    try:
        async with asyncio.timeout(START_SECONDS):
            line = (await child.stdout.readline()).decode()
    except TimeoutError:
        line = ""
    if not line.startswith("simulator ready "):
        raise StartRefused(f"the simulator did not start: is port {port} taken? Choose another with PORT=")
    return line.removeprefix("simulator ready ").strip()


async def _fill_when_new(settings: Settings, data: Path, now: datetime) -> list[sample.SamplePerson]:
    """Sample data on the first start; the same people at every later one."""
    slips = data / "people.json"
    if not slips.exists():
        async with desk.desk(settings, now) as at:
            slips.write_bytes(msgspec.json.encode(await sample.fill(at)))
    return msgspec.json.decode(slips.read_bytes(), type=list[sample.SamplePerson])


def shown(people: list[sample.SamplePerson]) -> dict[str, sample.SamplePerson]:
    """The four phones on the page: a member, an older member, a secretary, a leader."""
    branch = people[0].branch
    plain = [p for p in people if p.branch == branch and not p.posts]
    secretary = next(p for p in people if p.branch == branch and PostKind.SECRETARY in p.posts)
    leader = next(p for p in people if PostKind.LEADER in p.posts)
    return {"secretary": secretary, "member": plain[0], "older": plain[1], "leader": leader}


async def _give_phones(door: httpx.AsyncClient, people: list[sample.SamplePerson]) -> None:
    known = {p["id"] for p in (await door.get("/sim/state")).json()["people"]}
    on_page = {person.id: part for part, person in shown(people).items()}
    for person in people:
        if person.id not in known:
            await door.post("/sim/people", json=_phone(person, on_page.get(person.id)))


def _phone(person: sample.SamplePerson, part: str | None) -> dict[str, Any]:
    skin = "large" if part == "older" else "telegram"
    parts = {"older": "Đảng viên cao tuổi", "secretary": "Bí thư", "leader": "Lãnh đạo đảng ủy"}
    role = f"{parts.get(part or '', 'Đảng viên')} · {person.branch}"
    slip = {"note": f"Mã tham gia: {person.code}"}
    return {**_named(person), "role": role, "skin": skin, "shown": part is not None, **slip}


def _named(person: sample.SamplePerson) -> dict[str, Any]:
    fields = asdict(person)
    return {"id": fields["id"], "name": fields["name"]}


async def _join_all(door: httpx.AsyncClient, people: list[sample.SamplePerson]) -> None:
    """The four on the page open the link on their slip and agree; once."""
    await asyncio.gather(*(_join(door, person) for person in people))


async def _join(door: httpx.AsyncClient, person: sample.SamplePerson) -> None:
    who = {"person": person.id, "bot": BOT_NAME}
    if await _chat(door, person):
        return
    await door.post("/sim/start", json={**who, "payload": "j-" + person.code.replace("-", "")})
    answered = ""
    for _ in range(JOIN_STEPS):
        question = await _next_question(door, person, answered)
        if question is None:
            return
        answered = question["text"]
        await door.post("/sim/tap", json={**who, "message_id": question["id"], "row": 0, "column": 0})


async def _next_question(door: httpx.AsyncClient, person: sample.SamplePerson, answered: str) -> Any:
    """The newest message with buttons that does not read as the one answered last."""
    for _ in range(JOIN_PATIENCE):
        await asyncio.sleep(0.1)
        asked = [m for m in await _chat(door, person) if m["buttons"] and m["from"] == "bot"]
        if asked and asked[-1]["text"] != answered:
            return asked[-1]
    return None


async def _chat(door: httpx.AsyncClient, person: sample.SamplePerson) -> list[Any]:
    answer = await door.get(f"/sim/chats/{person.id}", params={"bot": BOT_NAME})
    found: list[Any] = answer.json()["messages"]
    return found


def _say_ready(page: str, open_browser: bool) -> None:
    sys.stdout.write(f"Mùng Ba: {page}\n")
    sys.stdout.flush()
    if open_browser:
        webbrowser.open(page)
