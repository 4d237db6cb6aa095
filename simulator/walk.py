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
from simulator.month.acts import Pace, Stage
from simulator.month.audit import Audit, Journal, audit
from simulator.month.cast import Player
from simulator.month.hours import NeverQuiet, first_moment
from simulator.month.knowledge import read_book
from simulator.month.ledger import Figures, Ledger, differences
from simulator.month.office import Office, OfficeFailed
from simulator.month.phones import Phones
from simulator.month.plan import Plan
from simulator.month.roster import Listed
from simulator.month.story import GaveUp, Progress, Story
from simulator.month.table import table
from simulator.process import ROOT, SimulatorProcess

CHANNELS = ("telegram",)
SAMPLE = 45
FEWEST = 15  # one branch: fewer people than parts to play
FIRST_PERSON = 5_000_000_001
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
    parser.add_argument("--channel", default="telegram", help="the platform: telegram")
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
    start = first_moment(datetime.now(UTC)).isoformat()
    simulator = SimulatorProcess(data=folder / "simulator", start_at=start)
    simulator.start()
    office = Office(folder, simulator)
    try:
        players = await asyncio.to_thread(_prepare, options.members, office)
        async with SimClient(simulator.url, simulator.key) as hand:
            for player in players:
                await hand.add_person(player.name, id=player.id, role=player.branch, shown=False)
            await asyncio.to_thread(office.start)
            story, found = await _play(hand, office, players, seed)
    finally:
        status = await asyncio.to_thread(office.stop)
        simulator.stop()
    if status:
        found.faults.append(f"the bot ended with status {status}")
    return _tell(story, found, office, time.monotonic() - began)


def _prepare(members: int, office: Office) -> list[Player]:
    """What the office does before the month begins; everybody with the code on the slip."""
    folder = office.folder
    file, listed = (
        roster.sample(ROOT) if members == SAMPLE else roster.made(members, folder / "danh-sach.xlsx")
    )
    office.configure()
    for arguments in (("import", "members", str(file)), ("import", "quiz", str(BOOK))):
        print("  " + office.command(*arguments).strip().replace("\n", "\n  "), flush=True)
    return _players(listed, office.codes(folder / "phieu"))


def _players(listed: list[Listed], codes: dict[tuple[str, str], str]) -> list[Player]:
    return [
        Player(FIRST_PERSON + number, line.name, line.branch, codes[line.branch, line.name], line.posts)
        for number, line in enumerate(listed)
    ]


async def _play(hand: SimClient, office: Office, players: list[Player], seed: int) -> tuple[Story, Audit]:
    """The month, then the comparison while everything still runs."""
    ledger, bot = Ledger(), office.simulator.username
    async with Phones(hand, [player.id for player in players]) as phones:
        stage = Stage(hand, bot, phones, ledger, Pace())
        story = Story(
            stage, players, Plan(players, seed), read_book(BOOK), seed, _progress_since(time.monotonic())
        )
        try:
            await story.play()
        except* (NeverQuiet, GaveUp) as group:
            story.troubles += sorted({str(error) for error in _flat(group)})
        calls = await hand.journal()
    return story, await asyncio.to_thread(audit, ledger, Journal(calls), office.database)


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
    for fault in faults[:_MOST_FAULTS]:
        print(f"walk: {fault}")
    print(f"walk: {len(ledger.acts)} acts in {seconds:.0f} s, {len(faults)} differences", flush=True)
    print(json.dumps(found.figures.plain()), flush=True)
    return 1 if faults else 0


def _expected(ledger: Ledger) -> Figures:
    return replace(ledger.figures(), reminders_twice=0, lost=0)


if __name__ == "__main__":
    sys.exit(main())
