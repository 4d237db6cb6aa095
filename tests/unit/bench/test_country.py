"""The reckoning of a country's month: what is multiplied with what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import country
from bench.country import COSTS, Assumed, direct_answers, loads, machines, read_costs, with_settings
from bot.limits import TELEGRAM_BULK_PER_SECOND, TELEGRAM_PER_SECOND

ASSUMED = Assumed(members=90_000, bots=1, linked=1.0)


def test_an_invitation_takes_members_over_the_rate() -> None:
    first = loads(ASSUMED)[0]
    an_hour = TELEGRAM_BULK_PER_SECOND * 3600
    assert first.messages == 90_000
    assert first.hours == pytest.approx(90_000 / an_hour)
    assert loads(replace(ASSUMED, bots=2))[0].hours == pytest.approx(first.hours / 2)
    assert replace(first, wished_hours=first.hours / 4.5).bots_needed == 5


def test_no_more_is_asked_of_the_machines_than_the_platform_permits() -> None:
    rush = next(load for load in loads(ASSUMED) if load.name == "check-in answered")
    assert rush.messages / (rush.wished_hours * 3600) > TELEGRAM_PER_SECOND
    assert rush.per_second == TELEGRAM_PER_SECOND


def test_every_cost_counts_and_more_of_it_needs_more() -> None:
    cost = read_costs(COSTS)
    plain = machines(Assumed(), cost)
    for name in cost:
        dearer = machines(Assumed(), {**cost, name: cost[name] * 3})
        assert dearer != plain, name


def test_updates_are_those_that_people_send() -> None:
    assert direct_answers(replace(ASSUMED, attend=0, take_quiz=0, say_something=0, look_around=2)) == 180_000


def test_assumptions_are_set_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert with_settings(Assumed(), ["bots=63"]).bots == 63
    with pytest.raises(SystemExit, match="'bot' is not assumed"):
        with_settings(Assumed(), ["bot=63"])
    assert country.main(["--set", "members=1000"]) == 0
    assert '"members": 1000.0' in capsys.readouterr().out


def test_the_page_shows_what_the_command_prints() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "scale.md").read_text("utf-8")
    assert country.tables(Assumed(), read_costs(COSTS)) in page
