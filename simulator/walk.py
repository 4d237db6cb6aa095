"""`python -m simulator.walk`: a whole month of an organisation, played over HTTP against the real bot.

Simulator and bot are processes of their own, in a folder of their own. At the end stand a table of what
each person saw and one JSON line of numbers; the exit status is 1 when any of them is not as noted, 2 when
the walk cannot begin.
"""

import argparse
import asyncio
import json
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from simulator.client import SimClient
from simulator.month import roster
from simulator.month.accounts import AddressBook
from simulator.month.acts import Pace, Stage
from simulator.month.audit import Audit, audit
from simulator.month.cast import Player
from simulator.month.hours import NeverQuiet, first_moment
from simulator.month.installed import CHANNELS, FREE_PEOPLE, installed, players_of, simulator_for
from simulator.month.knowledge import read_book
from simulator.month.ledger import Figures, Ledger, differences
from simulator.month.office import Office, OfficeFailed
from simulator.month.phones import Phones
from simulator.month.plan import Plan
from simulator.month.roster import Listed
from simulator.month.sent import Journal
from simulator.month.story import GaveUp, Progress, Story
from simulator.month.table import table
from simulator.month.windows import Windows
from simulator.process import ROOT

DAYS_BEFORE = {"zalo_oa": 9, "mixed": 9}  # joining, before the meeting: windows are closed for the silent
SAMPLE = 45
FREE_MESSAGES = 3000  # a month, of a free bot of the Zalo Bot Platform (zalo.md 2.7)
FEWEST = 15  # one branch: fewer people than parts to play
BOOK = ROOT / "quizzes" / "samples" / "cau-hoi-chuyen-de.xlsx"
STOPPED = 130  # as a shell says it of Ctrl-C
_MOST_FAULTS = 40


def main(arguments: list[str] | None = None) -> int:
    """Walk; the exit status."""
    options = _options(arguments)
    wish = _refusal(options)
    if wish:
        sys.stderr.write(f"walk: {wish}\n")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # simulator and bot end with us
    with _folder(options.keep) as folder:
        try:
            return asyncio.run(_walk(options, folder))
        except (OfficeFailed, RuntimeError) as failed:  # the bot, or the simulator, does not start
            sys.stderr.write(f"walk: {failed}\n")
            return 2
        except KeyboardInterrupt:
            sys.stderr.write("walk: stopped before the end\n")
            return STOPPED


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m simulator.walk", description="A month, played over HTTP.")
    parser.add_argument("--channel", default="telegram", help=f"the platform: {', '.join(CHANNELS)}")
    parser.add_argument("--members", type=int, default=SAMPLE, help=f"{SAMPLE}: the sample roster")
    parser.add_argument("--seed", type=int, help="deals the parts; printed at every walk")
    parser.add_argument("--keep", type=Path, help="folder in which everything stays to be looked at")
    return parser.parse_args(arguments)


def _refusal(options: argparse.Namespace) -> str:
    """Why this walk cannot begin; empty when it can."""
    if options.channel not in CHANNELS:
        return f"there is no channel called {options.channel!r} here: {', '.join(CHANNELS)}"
    if options.members < FEWEST:
        return f"a walk takes at least {FEWEST} members"
    if options.keep and options.keep.exists() and any(options.keep.iterdir()):
        return f"{options.keep} is not empty"
    return ""


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="walk-") as folder:
        yield Path(folder)


async def _walk(options: argparse.Namespace, folder: Path) -> int:
    began = time.monotonic()
    seed = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    print(f"walk: channel {options.channel}, {options.members} members, seed {seed}", flush=True)
    file, listed = _roster(options, folder)
    bots = installed(options.channel, listed)
    start = first_moment(datetime.now(UTC), before=DAYS_BEFORE.get(options.channel, 8)).isoformat()
    simulator = simulator_for(bots, data=folder / "simulator", start_at=start)
    simulator.start()
    office = Office(folder, simulator, bots)
    try:
        players = await asyncio.to_thread(_prepare, file, listed, office)
        async with SimClient(simulator.url, simulator.key) as hand:
            for player in players:
                await hand.add_person(player.name, id=player.id, role=player.branch, shown=False)
            await asyncio.to_thread(office.start)
            await _point_accounts(hand, office)
            story, found = await _play(hand, office, players, seed)
    finally:
        status = await asyncio.to_thread(office.stop)
        simulator.stop()
    if status:
        found.faults.append(f"the bot ended with status {status}")
    return _tell(story, found, office, time.monotonic() - began)


def _roster(options: argparse.Namespace, folder: Path) -> tuple[Path, list[Listed]]:
    """The sample roster, or a made one; what free Zalo bots serve comes in larger branches."""
    if options.members == SAMPLE:
        return roster.sample(ROOT)
    own_bots = options.channel == "zalo_bot" and options.members > FREE_PEOPLE
    return roster.made(options.members, folder / "danh-sach.xlsx", 40 if own_bots else 15)


async def _point_accounts(hand: SimClient, office: Office) -> None:
    """What the owner of an Official Account does on Zalo's page."""
    for bot in office.bots:
        if bot.account.platform == "zalo_oa":
            await hand.zalo(bot.account.bot, webhook=office.events_of(bot))


def _prepare(file: Path, listed: list[Listed], office: Office) -> list[Player]:
    """What the office does before the month begins; everybody with the code on the slip."""
    office.configure()
    for arguments in (("import", "members", str(file)), ("import", "quiz", str(BOOK))):
        print("  " + office.command(*arguments).strip().replace("\n", "\n  "), flush=True)
    return players_of(listed, office.codes(office.folder / "phieu"), office.bots)


async def _play(hand: SimClient, office: Office, players: list[Player], seed: int) -> tuple[Story, Audit]:
    """The month, then the comparison while everything still runs."""
    ledger, windows = Ledger(), Windows(players)
    async with Phones(hand, players) as phones:
        stage = Stage(hand, phones, ledger, Pace(), windows)
        story = Story(
            stage, players, Plan(players, seed), read_book(BOOK), seed, _progress_since(time.monotonic())
        )
        try:
            await story.play()
        except* (NeverQuiet, GaveUp) as group:
            story.troubles += sorted({str(error) for error in _flat(group)})
        journal = Journal(
            await hand.journal(), AddressBook.of((player.id, player.accounts) for player in players)
        )
    return story, await asyncio.to_thread(audit, ledger, windows, journal, office.database)


def _flat(group: BaseExceptionGroup[Exception]) -> Iterator[BaseException]:
    """The exceptions in a group and in the groups of it."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _flat(error)
        else:
            yield error


def _progress_since(began: float) -> Progress:
    def told(step: int, total: int, text: str) -> None:
        print(f"  {step}/{total} {text} ({time.monotonic() - began:.0f} s)", flush=True)

    return told


def _tell(story: Story, found: Audit, office: Office, seconds: float) -> int:
    """Table, differences, numbers; the exit status."""
    ledger = story.stage.ledger
    print(f"\n{table(story.actors)}\n")
    crashes = [line for line in office.log.read_text("utf-8").splitlines() if line.startswith("Traceback")]
    faults = [*story.troubles, *found.faults, *differences(_expected(ledger), found.figures, "the world")]
    faults += [f"{len(crashes)} tracebacks in the bot's log"] if crashes else []
    faults += [
        f"{bot.account.bot} sent {found.out[bot.account.bot]} messages, a free bot has {FREE_MESSAGES}"
        for bot in office.bots
        if bot.account.platform == "zalo_bot" and found.out[bot.account.bot] > FREE_MESSAGES
    ]
    for fault in faults[:_MOST_FAULTS]:
        print(f"walk: {fault}")
    print(f"walk: {len(ledger.acts)} acts in {seconds:.0f} s, {len(faults)} differences", flush=True)
    each = round(found.out.total() / max(1, found.figures.members), 1)
    print(json.dumps({**found.figures.plain(), "messages_out_per_member": each}), flush=True)
    return 1 if faults else 0


def _expected(ledger: Ledger) -> Figures:
    return replace(ledger.figures(), reminders_twice=0, lost=0)


if __name__ == "__main__":
    sys.exit(main())
