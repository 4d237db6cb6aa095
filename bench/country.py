"""`python -m bench.country`: a month of a country, reckoned from measured costs.

Costs come from a JSON file (`bench/costs.json`: each with the bench it is from), what people do from
`Assumed`, whose fields can be set: `python -m bench.country --set members=100000 --set bots=2`. Nothing is
run: this multiplies and divides, so that every figure of `docs/scale.md` can be followed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from bot.limits import TELEGRAM_BULK_PER_SECOND, TELEGRAM_PER_SECOND
from db.forgetting import KEPT_FOR

COSTS = Path(__file__).with_name("costs.json")
HOUR, GIGA = 3600, 1e9


@dataclass(frozen=True, slots=True)
class Assumed:
    """What people do in a month. Shares are of all members; each is an assumption, none is measured."""

    members: float = 5_000_000
    bots: float = 34  # one a province
    in_branch: float = 40
    linked: float = 0.9  # have joined and can be written to
    attend: float = 0.85  # check in themselves, all within `rush_minutes`
    rush_minutes: float = 40  # from opening the check-in until ten minutes after the start
    silent: float = 0.4  # have not answered the invitation when they are asked again
    take_quiz: float = 0.6
    quiz_messages: float = 11  # questions and the result
    quiz_days: float = 5  # over which the quiz spreads, in hours of the day alone
    say_something: float = 0.05
    opinion_messages: float = 4
    look_around: float = 1.5  # other questions to the bot a member
    day_hours: float = 15  # 06:00 to 21:00: nothing else leaves in the night
    core_load: float = 0.5  # of a process's measured rate that is planned with
    spare: float = 1.5  # room in the database for indexes that grow and rows that die


@dataclass(frozen=True, slots=True)
class Load:
    """One burst or one bulk: messages, the hours they may take, and those it takes at the rate permitted."""

    name: str
    messages: float
    wished_hours: float
    per_second_of_bot: float
    bots: float

    @property
    def hours(self) -> float:
        """With all bots at the rate the platform permits."""
        return self.messages / (self.bots * self.per_second_of_bot) / HOUR

    @property
    def bots_needed(self) -> int:
        """For the wished hours."""
        return math.ceil(self.messages / (self.wished_hours * HOUR * self.per_second_of_bot))

    @property
    def per_second(self) -> float:
        """Of all bots together, as fast as the wished hours or the platform allow."""
        return min(self.messages / (self.wished_hours * HOUR), self.bots * self.per_second_of_bot)


def loads(a: Assumed) -> list[Load]:
    """A month, in the order in which it happens. Direct answers may use the whole rate, bulk keeps room."""
    people, bulk, direct = a.members * a.linked, TELEGRAM_BULK_PER_SECOND, TELEGRAM_PER_SECOND
    attending = a.members * min(a.attend, a.linked)
    return [
        Load("invitation (d-7)", people, a.day_hours, bulk, a.bots),
        Load("asking again (d-3)", people * a.silent, a.day_hours, bulk, a.bots),
        Load("reminder (d-1)", people * a.attend, a.day_hours, bulk, a.bots),
        Load("reminder (d-0)", people * a.attend, 10, bulk, a.bots),
        Load("check-in opens", people, a.rush_minutes / 60, bulk, a.bots),
        Load("check-in answered", attending, a.rush_minutes / 60, direct, a.bots),
        Load("quiz opens", people, a.day_hours, bulk, a.bots),
        Load(
            "quiz answered",
            a.members * a.take_quiz * a.quiz_messages,
            a.quiz_days * a.day_hours,
            direct,
            a.bots,
        ),
        Load("quiz published", people, a.day_hours, bulk, a.bots),
        Load(
            "opinions and questions",
            a.members * (a.say_something * a.opinion_messages + a.look_around),
            20 * a.day_hours,
            direct,
            a.bots,
        ),
    ]


def direct_answers(a: Assumed) -> float:
    """Updates of people in a month, each stored and answered."""
    return sum(load.messages for load in loads(a) if load.per_second_of_bot == TELEGRAM_PER_SECOND)


def machines(a: Assumed, cost: Mapping[str, float]) -> dict[str, float]:
    """Processes and database for the worst moments."""
    all_loads = loads(a)
    answers = max(load.per_second for load in all_loads if load.per_second_of_bot == TELEGRAM_PER_SECOND)
    bulk = max(load.per_second for load in all_loads if load.per_second_of_bot == TELEGRAM_BULK_PER_SECOND)
    for_answers = answers / (cost["answers_per_second"] * a.core_load)
    for_bulk = bulk / (cost["sender_per_second"] * a.core_load)
    processes = max(math.ceil(for_answers + for_bulk), 2)
    branches = a.members / a.in_branch
    return {
        "peak_answers_per_second": round(answers),
        "peak_bulk_per_second": round(bulk),
        "processes": processes,
        "memory_mb_processes": round(processes * cost["process_mb"]),
        "planning_minutes_a_step": round(a.members * cost["planning_us_per_member"] / 1e6 / 60, 1),
        "counting_minutes_all_branches": round(branches * cost["count_ms_per_branch"] / 1e3 / 60, 1),
        "database_gb_standing": round(a.members * cost["bytes_member"] * a.spare / GIGA, 1),
        "database_gb_a_month": round(_bytes_a_month(a, cost) * a.spare / GIGA, 1),
        "inbox_gb_kept": round(_inbox_bytes(a, cost) * a.spare / GIGA, 1),
    }


def _inbox_bytes(a: Assumed, cost: Mapping[str, float]) -> float:
    """Raw updates are forgotten after a while."""
    return direct_answers(a) * cost["bytes_inbox"] * KEPT_FOR.days / 30


def _bytes_a_month(a: Assumed, cost: Mapping[str, float]) -> float:
    """What stays and grows: messages, answers, lists, figures."""
    bulk = sum(load.messages for load in loads(a)) - direct_answers(a)
    takers = a.members * a.take_quiz
    return (
        bulk * cost["bytes_outbox"]
        + takers * (cost["bytes_attempt"] + (a.quiz_messages - 1) * cost["bytes_answer"])
        + a.members * cost["bytes_attendance"]
        + a.members / a.in_branch * cost["bytes_branch_month"]
    )


def tables(a: Assumed, cost: Mapping[str, float]) -> str:
    """The month and the machines as Markdown."""
    lines = [
        "| what | messages | wished within | takes at the permitted rate | bots for the wish |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {load.name} | {load.messages:,.0f} | {load.wished_hours:.1f} h | {load.hours:.1f} h "
        f"| {load.bots_needed} |"
        for load in loads(a)
    ]
    lines += ["", "| needed | |", "|---|---:|"]
    lines += [f"| {name.replace('_', ' ')} | {value:,} |" for name, value in machines(a, cost).items()]
    return "\n".join(lines)


def read_costs(path: Path) -> dict[str, float]:
    """The measured costs by name."""
    return {name: float(one["value"]) for name, one in json.loads(path.read_text("utf-8")).items()}


def with_settings(a: Assumed, settings: Sequence[str]) -> Assumed:
    """`name=value` each. SystemExit for a name that is not assumed."""
    known = {field.name for field in fields(Assumed)}
    changed: dict[str, Any] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in known:
            raise SystemExit(f"'{name}' is not assumed; known are {', '.join(sorted(known))}")
        changed[name] = float(value)
    return replace(a, **changed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, then one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m bench.country", description=__doc__)
    parser.add_argument("--costs", type=Path, default=COSTS)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    options = parser.parse_args(arguments)
    assumed, cost = with_settings(Assumed(), options.settings), read_costs(options.costs)
    print(tables(assumed, cost), file=sys.stderr)
    month = {load.name: round(load.hours, 2) for load in loads(assumed)}
    figures = {"bench": "country", "hours": month, **machines(assumed, cost), "assumed": asdict(assumed)}
    print(json.dumps(figures, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
