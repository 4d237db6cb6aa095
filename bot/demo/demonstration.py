"""Starts the simulator beside the real bot, which talks to it as to Telegram and Zalo, over real HTTP."""

from __future__ import annotations

import secrets
import sys
import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from bot import desk, process
from bot.demo import sample
from bot.demo.child import TOKEN, ZALO_TOKEN, free_ports, page_of, simulator
from bot.demo.phones import give_phones, join_all, people_door, shown
from bot.settings import ChannelAccount, Clock, Database, Organisation, Settings, Web
from db.engine import FolderLock
from db.errors import StartRefused

_SLIPS: msgspec.json.Decoder[list[sample.SamplePerson]] = msgspec.json.Decoder(
    Annotated[list[sample.SamplePerson], msgspec.Meta(min_length=1)]
)


async def run(port: int, data: Path, *, open_browser: bool) -> None:
    """Run until Ctrl-C. Everything is kept in `data`."""
    lock = FolderLock(data / "simulator")
    try:
        await free_ports(port, port + 1)
        await _run(port, data, open_browser=open_browser)
    finally:
        lock.release()


async def _run(port: int, data: Path, *, open_browser: bool) -> None:
    key = _kept_key(data / "page-key")
    settings = settings_for(port, data)
    first_moment = sample.first_moment(datetime.now(UTC), settings.zone).astimezone(UTC)
    async with (
        simulator(port, data / "simulator", key, first_moment) as child,
        people_door(port, key) as door,
    ):
        people = await _fill_when_new(settings, data / "people.json", first_moment)
        page = await page_of(child)
        await give_phones(door, people)
        await process.run(
            settings,
            lambda: _say_ready(page, open_browser),
            {"MUNGBA_TELEGRAM_TOKEN": TOKEN, "MUNGBA_ZALO_TOKEN": ZALO_TOKEN},
            beside=lambda: join_all(door, shown(people), data / "joined"),
        )


def settings_for(port: int, data: Path) -> Settings:
    """The demo's settings: both channels are the simulator; its clock is followed."""
    base = f"http://127.0.0.1:{port}"
    pages = f"http://127.0.0.1:{port + 1}"
    return Settings(
        organisation=Organisation(name="Đảng bộ Trường Chính trị tỉnh (mẫu)"),
        channels=(
            ChannelAccount(name="telegram", api_base=base),
            ChannelAccount(name="zalo", kind="zalo_bot", api_base=f"{base}/zalo-bot", mode="webhook"),
        ),
        database=Database(url=f"sqlite:///{data / 'mungba.db'}"),
        web=Web(port=port + 1, public_url=pages),
        clock=Clock(follow=f"{base}/sim/clock"),
    )


def _kept_key(file: Path) -> str:
    """The page's key, the same at every start so that an open page goes on."""
    key = file.read_text("ascii", errors="ignore").strip() if file.exists() else ""
    if not key:
        key = secrets.token_urlsafe(12)
        file.touch(mode=0o600)
        file.write_text(key, "ascii")
    return key


async def _fill_when_new(settings: Settings, slips: Path, now: datetime) -> list[sample.SamplePerson]:
    """Sample data on the first start; the same people at every later one."""
    if not slips.exists():
        fresh = slips.with_suffix(".new")
        async with desk.desk(settings, now) as at:
            fresh.write_bytes(msgspec.json.encode(await sample.fill(at)))
        fresh.replace(slips)
    try:
        return _SLIPS.decode(slips.read_bytes())
    except msgspec.DecodeError:
        raise StartRefused(f"{slips} is damaged: remove the folder {slips.parent} to begin anew") from None


def _say_ready(page: str, open_browser: bool) -> None:
    sys.stdout.write(f"Mùng Ba: {page}\n")
    sys.stdout.flush()
    if open_browser:
        webbrowser.open(page)
