"""The command line of the simulator."""

import argparse
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from simulator.models import Platform

DEFAULT_BOT = "7000000001:SIMULATOR-ONLY-OPENS-NO-REAL-DOOR-1:mung_ba_bot:Mùng Ba"
_OA_PARTS = "OA_ID:APP_ID:APP_SECRET:OA_SECRET:REFRESH_TOKEN:USERNAME[:TITLE]"
_OA = re.compile(r"(\d{1,20}:\d{1,20}(?::[A-Za-z0-9_-]{3,600}){3}):([A-Za-z0-9_]{3,32})(?::(.+))?")
_BOT = re.compile(r"(\d{1,18}:[A-Za-z0-9_-]{3,80}):([A-Za-z0-9_]{3,32})(?::(.+))?")


@dataclass(frozen=True)
class NewBot:
    token: str
    username: str
    title: str
    platform: Platform = "telegram"


@dataclass(frozen=True)
class Options:
    port: int
    data: Path
    bots: list[NewBot] = field(default_factory=list)
    people: Path | None = None
    start: str | None = None
    flood: bool = False
    pause_scale: float = 1.0
    end_with_stdin: bool = False


def bot_of(text: str) -> NewBot:
    """TOKEN:USERNAME:TITLE, where TOKEN itself is NUMBER:SECRET; TITLE may be missing."""
    found = _BOT.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError("a bot is NUMBER:SECRET:USERNAME[:TITLE]")
    token, username, title = found.groups()
    return NewBot(token, username, title or username)


def zalo_bot_of(text: str) -> NewBot:
    """TOKEN:USERNAME:TITLE of the Zalo Bot Platform; the form is that of `bot_of`."""
    return replace(bot_of(text), platform="zalo_bot")


def zalo_oa_of(text: str) -> NewBot:
    """A Zalo Official Account with everything its program needs; TITLE may be missing."""
    found = _OA.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"an Official Account is {_OA_PARTS}")
    token, username, title = found.groups()
    return NewBot(token, username, title or username, "zalo_oa")


def read_options(arguments: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser("python -m simulator", description="Chat platforms on localhost.")
    parser.add_argument("--port", type=int, default=8801, help="0 takes a free one")
    parser.add_argument(
        "--data", type=Path, default=Path("data/simulator"), help="folder that keeps the state"
    )
    parser.add_argument("--bot", type=bot_of, action="append", dest="bots", metavar="TOKEN:USERNAME:TITLE")
    parser.add_argument(
        "--zalo-bot", type=zalo_bot_of, action="append", dest="bots", metavar="TOKEN:USERNAME:TITLE"
    )
    parser.add_argument("--zalo-oa", type=zalo_oa_of, action="append", dest="bots", metavar=_OA_PARTS)
    parser.add_argument("--people", type=Path, help="JSON list of people to add")
    parser.add_argument("--start", help="the first moment of a new world, ISO 8601")
    parser.add_argument(
        "--flood", action="store_true", help="natural limits: 1 message a second a chat, 30 a bot"
    )
    parser.add_argument(
        "--pause-scale", type=float, default=1.0, help="factor on the platform's pauses; tests: 0.05"
    )
    parser.add_argument(
        "--end-with-stdin", action="store_true", help="end when standard input does: with the parent"
    )
    given = parser.parse_args(arguments)
    return Options(**{**vars(given), "bots": given.bots or []})
