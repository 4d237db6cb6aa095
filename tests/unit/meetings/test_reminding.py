"""Reminders: when they are due, and what becomes of late ones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from meetings.calendar import VIET_NAM, local_moment
from meetings.reminding import (
    GRACE,
    ON_TIME,
    STEPS,
    Action,
    Hours,
    Planned,
    Quiet,
    Reason,
    Verdict,
    last_moment,
    outside_quiet_hours,
    plan,
    reminder_key,
    settle,
    step_name,
    too_late,
)


def local(day: int, hour: int, minute: int = 0, month: int = 12, year: int = 2026) -> datetime:
    """A moment as the wall clock in Viet Nam shows it."""
    return datetime(year, month, day, hour, minute, tzinfo=VIET_NAM).astimezone(UTC)


def shown(planned: list[Planned]) -> list[tuple[str, str]]:
    return [(one.step, f"{one.due_at.astimezone(VIET_NAM):%d/%m %H:%M}") for one in planned]


START = local(20, 19, 30)
LONG_AGO = local(1, 9)

moments = st.datetimes(datetime(2026, 1, 1), datetime(2076, 1, 1), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(0), timedelta(days=10))


def test_an_evening_meeting_is_announced_at_eight_in_the_morning() -> None:
    assert shown(plan(START, LONG_AGO)) == [
        ("d-7", "13/12 08:00"),
        ("d-3", "17/12 08:00"),
        ("d-1", "19/12 08:00"),
        ("d-0", "20/12 08:00"),
    ]


def test_a_morning_meeting_is_announced_the_evening_before_and_only_once_that_day() -> None:
    assert shown(plan(local(20, 8), LONG_AGO))[-2:] == [("d-3", "17/12 08:00"), ("d-0", "19/12 19:00")]


def test_a_meeting_at_ten_is_announced_the_same_morning() -> None:
    assert shown(plan(local(20, 10), LONG_AGO))[-1] == ("d-0", "20/12 08:00")


@pytest.mark.parametrize(
    ("confirmed", "expected"),
    [
        (local(15, 10), [("d-7", "15/12 10:00"), ("d-3", "17/12 08:00"), ("d-1", "19/12 08:00")]),
        (local(17, 7), [("d-7", "17/12 07:00"), ("d-1", "19/12 08:00")]),
        (local(17, 22), [("d-7", "18/12 06:00"), ("d-1", "19/12 08:00")]),
        (local(19, 12), [("d-7", "19/12 12:00")]),
    ],
)
def test_a_meeting_confirmed_late_is_announced_at_once(
    confirmed: datetime, expected: list[tuple[str, str]]
) -> None:
    assert shown(plan(START, confirmed)) == [*expected, ("d-0", "20/12 08:00")]


def test_a_meeting_called_the_same_day_is_announced_once() -> None:
    assert shown(plan(START, local(20, 7))) == [("d-7", "20/12 07:00")]


def test_nothing_is_planned_from_the_start_on() -> None:
    assert plan(START, START) == []
    assert plan(local(20, 5, 30), local(19, 22)) == []


def test_steps_and_hours_are_settings() -> None:
    hours = Hours(send=time(22), quiet=Quiet(time(20), time(7)))
    assert shown(plan(START, LONG_AGO, steps=(2, 5), hours=hours)) == [
        ("d-5", "16/12 07:00"),
        ("d-2", "19/12 07:00"),
    ]


@pytest.mark.parametrize("steps", [(), (-1, 3)])
def test_steps_without_sense_are_refused(steps: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        plan(START, LONG_AGO, steps=steps)


@pytest.mark.parametrize(
    ("start", "first_due"),
    [
        (local(3, 19, 30, month=3, year=2028), "25/02 08:00"),
        (local(7, 19, 30, month=3, year=2028), "29/02 08:00"),
        (local(3, 19, 30, month=3, year=2027), "24/02 08:00"),
        (local(3, 19, 30, month=1, year=2027), "27/12 08:00"),
        (local(31, 19, 30, month=5, year=2027), "24/05 08:00"),
    ],
)
def test_steps_cross_month_ends_leap_days_and_new_year(start: datetime, first_due: str) -> None:
    assert shown(plan(start, LONG_AGO - timedelta(days=300)))[0] == ("d-7", first_due)


@settings(max_examples=300)
@given(moments, spans, st.sets(st.integers(0, 30), min_size=1))
def test_every_plan_keeps_the_promises(start: datetime, ahead: timedelta, steps: set[int]) -> None:
    confirmed = start - ahead
    planned = plan(start, confirmed, steps)
    days = [one.due_at.astimezone(VIET_NAM).date() for one in planned]
    assert all(confirmed <= one.due_at < start for one in planned)
    assert all(6 <= one.due_at.astimezone(VIET_NAM).hour < 21 for one in planned)
    assert days == sorted(set(days))
    assert len({one.step for one in planned}) == len(planned)
    assert not planned or planned[0].step == step_name(max(steps))


def test_logical_keys() -> None:
    assert reminder_key(12, 45, step_name(3)) == "meeting:12:member:45:d-3"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (local(10, 20, 59), local(10, 20, 59)),
        (local(10, 21), local(11, 6)),
        (local(31, 23), local(1, 6, month=1, year=2027)),
        (local(10, 3), local(10, 6)),
        (local(10, 6), local(10, 6)),
    ],
)
def test_quiet_hours_end_at_six(moment: datetime, expected: datetime) -> None:
    assert outside_quiet_hours(moment, Quiet()) == expected


def test_quiet_hours_may_lie_within_a_day_or_not_exist() -> None:
    assert outside_quiet_hours(local(10, 13), Quiet(time(12), time(14))) == local(10, 14)
    assert outside_quiet_hours(local(10, 3), Quiet(time(0), time(0))) == local(10, 3)


zones = st.sampled_from(
    ["Asia/Ho_Chi_Minh", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
)


@settings(max_examples=300)
@given(moments, zones)
def test_outside_quiet_hours_is_the_first_such_moment(moment: datetime, name: str) -> None:
    zone, quiet = ZoneInfo(name), Quiet()
    found = outside_quiet_hours(moment, quiet, zone)
    assert found >= moment
    assert not quiet.covers(found.astimezone(zone).time())
    assert outside_quiet_hours(found, quiet, zone) == found
    if found > moment:
        assert quiet.covers((found - timedelta(minutes=1)).astimezone(zone).time())
        assert found - moment <= timedelta(hours=10)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_quiet_hours_ending_in_a_changed_hour_never_go_back(name: str) -> None:
    zone, quiet = ZoneInfo(name), Quiet(time(21), time(1, 45))
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    previous = moment
    while moment < datetime(2027, 12, 31, tzinfo=UTC):
        found = outside_quiet_hours(moment, quiet, zone)
        assert found >= max(moment, previous)
        previous = found
        moment += timedelta(minutes=15)


@pytest.mark.parametrize(
    ("due", "now", "verdict"),
    [
        (local(17, 8), local(17, 7, 59), Verdict(Action.WAIT, Reason.NOT_DUE, local(17, 8))),
        (local(17, 8), local(17, 8), Verdict(Action.SEND, Reason.ON_TIME)),
        (local(17, 8), local(17, 8, 1), Verdict(Action.SEND, Reason.ON_TIME)),
        (local(17, 8), local(17, 8, 2), Verdict(Action.SEND_LATE, Reason.WITHIN_GRACE)),
        (local(17, 8), local(18, 23), Verdict(Action.WAIT, Reason.QUIET_HOURS, local(19, 6))),
        (local(17, 8), local(20, 13, 30), Verdict(Action.SEND_LATE, Reason.WITHIN_GRACE)),
        (local(17, 8), local(20, 13, 31), Verdict(Action.SKIP, Reason.TOO_CLOSE)),
        (local(17, 8), local(20, 19, 29), Verdict(Action.SKIP, Reason.TOO_CLOSE)),
        (local(17, 8), START, Verdict(Action.SKIP, Reason.STARTED)),
        (local(20, 8), local(20, 13, 45), Verdict(Action.SEND_LATE, Reason.WITHIN_GRACE)),
        (local(20, 8), local(20, 13, 46), Verdict(Action.SKIP, Reason.TOO_CLOSE)),
        (local(20, 17), local(20, 18, 15), Verdict(Action.SEND_LATE, Reason.WITHIN_GRACE)),
        (local(20, 17), local(20, 18, 16), Verdict(Action.SKIP, Reason.TOO_CLOSE)),
    ],
)
def test_the_written_rule_for_late_reminders(due: datetime, now: datetime, verdict: Verdict) -> None:
    assert too_late(due, START, now) == verdict


def test_a_reminder_of_an_early_meeting_missed_in_the_evening_is_not_sent_at_night() -> None:
    start = local(20, 8)
    assert too_late(local(19, 19), start, local(19, 22)) == Verdict(Action.SKIP, Reason.TOO_CLOSE)


def test_grace_is_a_setting() -> None:
    late = local(20, 18, 30)
    assert too_late(local(17, 8), START, late, timedelta(hours=1)).action is Action.SEND_LATE
    assert too_late(local(17, 8), START, late, timedelta(hours=2)).action is Action.SKIP


@settings(max_examples=400)
@given(moments, spans, spans)
def test_a_verdict_never_sends_early_at_night_or_after_the_start(
    start: datetime, ahead: timedelta, down: timedelta
) -> None:
    due = start - ahead
    now = due + down
    verdict = too_late(due, start, now)
    if verdict.action in {Action.SEND, Action.SEND_LATE}:
        assert now < start
        assert now <= max(last_moment(due, start), due + ON_TIME)
        assert 6 <= now.astimezone(VIET_NAM).hour < 21
    if verdict.until is not None:
        assert now < verdict.until < start


@settings(max_examples=300)
@given(moments, spans, st.sets(st.timedeltas(timedelta(0), timedelta(days=12)), min_size=1, max_size=30))
def test_restarts_send_each_reminder_at_most_once_and_one_a_day(
    start: datetime, ahead: timedelta, wakes: set[timedelta]
) -> None:
    """R1 in small: the process wakes at random moments; the checker reads what was sent."""
    waiting = plan(start, start - ahead)
    sent: list[tuple[Planned, datetime]] = []
    skipped: list[Planned] = []
    for now in sorted(start - ahead + wake for wake in wakes):
        verdicts = settle(waiting, start, now)
        sent += [(one, now) for one, verdict in verdicts if verdict.action in {Action.SEND, Action.SEND_LATE}]
        skipped += [one for one, verdict in verdicts if verdict.action is Action.SKIP]
        waiting = [one for one, verdict in verdicts if verdict.action is Action.WAIT]
    days = [now.astimezone(VIET_NAM).date() for _, now in sent]
    assert all(one.due_at <= now < start for one, now in sent)
    assert days == sorted(set(days))
    gone = [one for one, _ in sent] + skipped + waiting
    assert sorted(one.step for one in gone) == sorted(one.step for one in plan(start, start - ahead))


def _settled(now: datetime, waiting: list[Planned]) -> dict[str, Verdict]:
    return {one.step: verdict for one, verdict in settle(waiting, START, now)}


def test_after_days_of_downtime_only_the_newest_is_sent() -> None:
    verdicts = _settled(local(19, 9), plan(START, LONG_AGO)[1:])
    assert verdicts["d-3"] == Verdict(Action.SKIP, Reason.OVERTAKEN)
    assert verdicts["d-1"].action is Action.SEND_LATE
    assert verdicts["d-0"].action is Action.WAIT


def test_a_late_reminder_gives_way_to_the_one_due_later_today() -> None:
    verdicts = _settled(local(19, 6, 30), plan(START, LONG_AGO)[1:])
    assert verdicts["d-3"] == Verdict(Action.SKIP, Reason.OVERTAKEN)
    assert verdicts["d-1"] == Verdict(Action.WAIT, Reason.NOT_DUE, local(19, 8))


def test_an_invitation_that_still_waits_goes_before_reminders() -> None:
    verdicts = _settled(local(19, 9), plan(START, LONG_AGO))
    assert verdicts["d-7"].action is Action.SEND_LATE
    assert verdicts["d-1"] == Verdict(Action.SKIP, Reason.OVERTAKEN)


def test_when_the_meeting_has_begun_everything_is_reported_as_missed() -> None:
    assert set(_settled(START, plan(START, LONG_AGO)).values()) == {Verdict(Action.SKIP, Reason.STARTED)}


def test_nothing_waiting_gives_no_verdicts() -> None:
    assert settle([], START, LONG_AGO) == []


@given(moments, spans)
def test_the_last_moment_lies_between_due_and_start(start: datetime, ahead: timedelta) -> None:
    assume(ahead > timedelta(0))
    assert start - ahead < last_moment(start - ahead, start) < start


def test_clock_change_nights_keep_the_hour_of_sending() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = local_moment(date(2027, 3, 28), time(19, 30), zone)
    hours = [one.due_at.astimezone(zone).hour for one in plan(start, start - timedelta(days=30), zone=zone)]
    assert hours == [8] * len(STEPS)
    assert timedelta(hours=6) == GRACE
