"""`python -m bench.growth`: the same questions to organisations of 10³ to 10⁶ members.

A leaderboard and one's own rank, both in a branch's round and in one that everybody took, and the screen of a
leader of all: their time at the largest size is at most three times that at the smallest. Planning reminders
is linear: its time for one member stays the same.

On SQLite all the work is done in this process, so its processor time is measured; with a server the wall
clock. Of many tries the quickest counts: what else the machine does is not ours.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

import bot.tables  # noqa: F401 (all tables)
from bench.growth.world import IN_BRANCH, NOW, ONLY_ROUND, Grown, grow
from bench.machine import Run, add_common, run_of, say
from bench.postgres import server
from db import migrate
from db.places import Place, file_at, place_of
from meetings.calendar import VIET_NAM
from meetings.timetable import Timetable
from quizzes import leaderboard
from reports.overview import overview
from scheduler.reminders import AT_ONCE, due_meetings, remind_of

SIZES = (1_000, 10_000, 100_000, 1_000_000)
SMALL = (1_000, 10_000)
NAMES, ROUNDS = 3, 40
PLANNED = 25  # times so many meetings as are planned at once, at each size
WORST_RATIO = 3.0
LINEAR = 1.5
TIMES = Timetable(VIET_NAM)
Clock = Callable[[], float]
QUESTIONS = ("leaderboard", "leaderboard_of_everybody", "own_rank", "own_rank_of_everybody", "leaders_screen")


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of each question at one size, and microseconds of planning for one member."""

    members: int
    milliseconds: dict[str, float]
    planning_us: float
    count_ms_per_branch: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    add_common(parser)
    parser.add_argument("--sizes", default="", help="members, for example 1000,10000")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args(arguments)
    run = run_of("growth", options)
    chosen = [int(size) for size in options.sizes.split(",") if size]
    sizes = sorted(chosen or (SMALL if run.small else SIZES))
    with ExitStack() as kept:
        places = kept.enter_context(_places(options.database))
        measured = [_measure(run, next(places), size) for size in sizes]
    return run.end(_figures(options.database, measured))


@contextmanager
def _places(database: str) -> Iterator[Iterator[Place]]:
    """A fresh place each time; all gone afterwards."""
    if database == "postgres":
        with server() as started:
            yield (_new_database(started, number) for number in range(99))
        return
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        yield (file_at(Path(folder) / f"{number}.db") for number in range(99))


def _new_database(started: Any, number: int) -> Place:
    started.execute(f"CREATE DATABASE growth{number}")
    return place_of(started.url(f"growth{number}"))


def _measure(run: Run, place: Place, members: int) -> Measured:
    migrate.make_ready(place)
    engine = place.engine(writing=True)
    clock = time.process_time if place.file else time.perf_counter
    grown = grow(engine, members, clock)
    say(f"{members} members in {grown.branches} branches, counted in {grown.count_seconds} s")
    if place.file is None:
        _vacuum(engine)
    found = Measured(
        members,
        {name: _quickest_ms(engine, clock, ask) for name, ask in _questions(grown).items()},
        _planning_us(engine, clock, grown),
        round(grown.count_seconds * 1000 / grown.branches, 3),
    )
    engine.dispose()
    say(f"{members}: {found.milliseconds}, planning {found.planning_us} µs a member ({run.seconds} s)")
    return found


def _questions(grown: Grown) -> dict[str, Callable[[Session], object]]:
    reader, own, everybodys = grown.reader, grown.first_round, ONLY_ROUND
    answers: tuple[Callable[[Session], object], ...] = (
        lambda s: leaderboard.board(s, reader, own, NAMES, NOW),
        lambda s: leaderboard.board(s, reader, everybodys, NAMES, NOW),
        lambda s: leaderboard.own_line(s, own, 1),
        lambda s: leaderboard.own_line(s, everybodys, reader.member_id),
        lambda s: overview(s, grown.leader, "", NOW, VIET_NAM),
    )
    return dict(zip(QUESTIONS, answers, strict=True))


def _quickest_ms(engine: Engine, clock: Clock, ask: Callable[[Session], object]) -> float:
    """Each time in a session of its own, as the store does it."""
    taken = []
    for _ in range(ROUNDS):
        began = clock()
        with Session(engine) as session:
            ask(session)
        taken.append(clock() - began)
    return round(min(taken) * 1000, 3)


def _planning_us(engine: Engine, clock: Clock, grown: Grown) -> float:
    """Finding the due meetings of all, and the reminders of some, for one member."""
    with Session(engine) as session:
        began = clock()
        due = due_meetings(session, NOW)
        found = (clock() - began) / grown.members
    people, spent = 0, []
    for first in range(0, min(PLANNED * AT_ONCE, len(due)), AT_ONCE):
        meetings = [one for branch in due[first : first + AT_ONCE] for one in branch]
        with Session(engine) as session:
            began = clock()
            reminded = remind_of(session, meetings, NOW, TIMES)
            session.commit()
            spent.append((clock() - began) / len(meetings))
        people += sum(one.people for one in reminded)
    if len(due) != grown.branches or people < min(PLANNED * AT_ONCE, grown.branches) * IN_BRANCH * 0.9:
        raise RuntimeError(f"{len(due)} meetings due, {people} people reminded: not what was made")
    return round((found + min(spent) / IN_BRANCH) * 1e6, 1)


def _vacuum(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _figures(database: str, measured: Sequence[Measured]) -> dict[str, Any]:
    least, most = measured[0], measured[-1]
    ratios = {name: round(most.milliseconds[name] / least.milliseconds[name], 2) for name in QUESTIONS}
    planning = round(most.planning_us / least.planning_us, 2)
    worst = max(ratios.values())
    return {
        "database": database,
        "sizes": [one.members for one in measured],
        "milliseconds": {str(one.members): one.milliseconds for one in measured},
        "ratios": ratios,
        "worst_ratio_1e6_to_1e3": worst,
        "planning_us_per_member": {str(one.members): one.planning_us for one in measured},
        "planning_per_member_ratio": planning,
        "count_ms_per_branch": {str(one.members): one.count_ms_per_branch for one in measured},
        "passed": worst <= WORST_RATIO and planning <= LINEAR,
    }


if __name__ == "__main__":
    sys.exit(main())
