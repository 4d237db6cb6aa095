"""Rotating codes, links and the hours of check-in (T1, T4 and T6 in small)."""

import hmac
import random
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.checkin_code import (
    LINK_LENGTH,
    PERIOD,
    CheckinState,
    Link,
    checkin_state,
    code_at,
    is_link_valid,
    is_valid,
    link_token,
    read_link_token,
    seconds_left,
    tries_left,
    window_at,
)

KEY = bytes(range(16))
START = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)

keys = st.binary(min_size=16, max_size=32)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))
meeting_ids = st.integers(1, 2**62)


def test_the_code_is_the_written_one() -> None:
    digest = hmac.new(KEY, b"code:59876580", sha256).digest()
    moment = datetime.fromtimestamp(59876580 * 30, UTC)
    assert code_at(KEY, moment) == f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06}"


@given(keys, moments)
def test_a_code_is_six_digits_and_lasts_to_the_end_of_its_window(key: bytes, moment: datetime) -> None:
    code = code_at(key, moment)
    assert re.fullmatch(r"[0-9]{6}", code)
    left = seconds_left(moment)
    assert 1 <= left <= 30
    change = moment.replace(microsecond=0) + timedelta(seconds=left)
    assert window_at(change - timedelta(seconds=1)) == window_at(moment)
    assert window_at(change + timedelta(seconds=1)) == window_at(moment) + 1


@pytest.mark.parametrize(("second", "left"), [(0, 30), (1, 29), (29, 1), (30, 30), (59, 1)])
def test_seconds_left(second: int, left: int) -> None:
    assert seconds_left(START.replace(second=second)) == left
    assert seconds_left(START.replace(second=second, microsecond=1)) == left


@pytest.mark.parametrize("offset", range(-60, 61))
def test_a_code_is_accepted_in_its_window_and_the_next_only(offset: int) -> None:
    code = code_at(KEY, START)
    assert is_valid(KEY, code, START + offset * PERIOD) == (offset in (0, 1))


@pytest.mark.parametrize(
    ("seconds", "accepted"), [(-1, False), (0, True), (2, True), (59, True), (59.999, True), (60, False)]
)
def test_a_code_lives_at_most_a_minute(seconds: float, accepted: bool) -> None:
    assert is_valid(KEY, code_at(KEY, START), START + timedelta(seconds=seconds)) == accepted


def test_spaces_and_dashes_between_the_digits_are_understood() -> None:
    code = code_at(KEY, START)
    for typed in (
        f"{code[:3]} {code[3:]}",
        f" {code} ",
        f"{code[:2]}-{code[2:4]}.{code[4:]}",
        "\u00a0" + code,
    ):
        assert is_valid(KEY, typed, START)


@given(st.text(max_size=12) | st.from_regex(r"\d{6}", fullmatch=True) | st.just("\ud800"))
def test_anything_else_typed_is_refused(text: str) -> None:
    real = {code_at(KEY, START), code_at(KEY, START - PERIOD)}
    stripped = re.sub("[ .\u00a0-]", "", text)
    assert is_valid(KEY, text, START) == (stripped in real)


def test_codes_of_two_meetings_and_many_windows_differ() -> None:
    codes = [code_at(KEY, START + n * PERIOD) for n in range(1000)]
    others = [code_at(KEY[::-1], START + n * PERIOD) for n in range(1000)]
    assert len(set(codes)) > 990
    assert sum(one == other for one, other in zip(codes, others, strict=True)) < 5


def test_digits_are_spread_evenly() -> None:
    first = [code_at(KEY, START + n * PERIOD)[0] for n in range(5000)]
    assert all(400 < first.count(digit) < 600 for digit in "0123456789")


@pytest.mark.parametrize("key", [b"", bytes(15)])
def test_a_short_key_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        code_at(key, START)


@given(meeting_ids, keys, moments)
def test_a_link_survives_the_journey(meeting_id: int, key: bytes, moment: datetime) -> None:
    token = link_token(meeting_id, key, window_at(moment))
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert len(token) <= LINK_LENGTH
    assert read_link_token(token) == Link(meeting_id, window_at(moment))
    assert is_link_valid(token, key, moment)


@pytest.mark.parametrize("offset", range(-3, 5))
def test_a_link_is_accepted_in_its_window_and_the_next_only(offset: int) -> None:
    token = link_token(12, KEY, window_at(START))
    assert is_link_valid(token, KEY, START + offset * PERIOD) == (offset in (0, 1))


def test_no_link_or_code_of_a_past_meeting_is_accepted() -> None:
    """T4: 30 windows of 20 past meetings, replayed at this one, with its key and with their own."""
    rng = random.Random(4)
    for meeting in range(1, 21):
        key = rng.randbytes(16)
        held = START - timedelta(days=30 * meeting)
        for window in range(30):
            shown = held + window * PERIOD
            token = link_token(meeting, key, window_at(shown))
            assert not is_link_valid(token, key, START)
            assert not is_link_valid(token, KEY, START)
            assert not is_valid(KEY, code_at(key, shown), START)


def test_a_link_of_another_meeting_in_the_same_window_is_refused() -> None:
    token = link_token(12, KEY, window_at(START))
    assert not is_link_valid(token.replace("ci-12-", "ci-13-"), KEY, START)
    assert not is_link_valid(token, KEY[::-1], START)


def test_mutated_links_are_refused() -> None:
    """T6: every link that differs from the genuine one in any way."""
    rng = random.Random(6)
    token = link_token(12, KEY, window_at(START))
    letters = "ABCabc019_-. \n\u0661ế"
    for _ in range(20_000):
        signs = list(token)
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(signs))
            signs[place : place + rng.randint(0, 2)] = rng.choices(letters, k=rng.randint(0, 2))
        mutated = "".join(signs)
        assert is_link_valid(mutated, KEY, START) == (mutated == token)


@given(st.text(max_size=100) | st.from_regex(r"ci-\d+-\d+-.*"))
def test_any_text_is_read_without_harm(text: str) -> None:
    link = read_link_token(text)
    assert link is None or f"ci-{link.meeting_id}-{link.window}-" in text
    assert not is_link_valid(text, KEY, START)


def test_a_link_and_a_code_share_no_bits() -> None:
    window = window_at(START)
    assert code_at(KEY, START) not in link_token(12, KEY, window)


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        (-31, CheckinState.EARLY),
        (-30, CheckinState.ON_TIME),
        (0, CheckinState.ON_TIME),
        (15, CheckinState.ON_TIME),
        (15.5, CheckinState.LATE),
        (16, CheckinState.LATE),
        (239, CheckinState.LATE),
        (240, CheckinState.CLOSED),
        (100_000, CheckinState.CLOSED),
    ],
)
def test_hours_of_check_in(minutes: float, state: CheckinState) -> None:
    assert checkin_state(START, START + minutes * MINUTE) == state


@pytest.mark.parametrize(
    ("opened", "minutes", "state"),
    [
        (-60, -61, CheckinState.EARLY),
        (-60, -45, CheckinState.ON_TIME),
        (-60, 16, CheckinState.LATE),
        (20, 10, CheckinState.EARLY),
        (20, 35, CheckinState.ON_TIME),
        (20, 36, CheckinState.LATE),
    ],
)
def test_a_person_may_open_earlier_or_later(opened: int, minutes: int, state: CheckinState) -> None:
    assert checkin_state(START, START + minutes * MINUTE, opened_at=START + opened * MINUTE) == state


def test_closing_ends_it_at_once_and_widths_are_settings() -> None:
    closed = START + 10 * MINUTE
    assert checkin_state(START, closed - MINUTE, closed_at=closed) == CheckinState.ON_TIME
    assert checkin_state(START, closed, closed_at=closed) == CheckinState.CLOSED
    assert checkin_state(START, START - 40 * MINUTE, before=45 * MINUTE) == CheckinState.ON_TIME
    assert checkin_state(START, START + 6 * MINUTE, after=5 * MINUTE) == CheckinState.LATE
    assert checkin_state(START, START + 60 * MINUTE, longest=60 * MINUTE) == CheckinState.CLOSED


minutes_or_none = st.none() | st.integers(-120, 120)


@settings(max_examples=300)
@given(minutes_or_none, minutes_or_none, st.lists(st.integers(-500, 500), min_size=2))
def test_the_state_only_ever_moves_forward(
    opened: int | None, closed: int | None, minutes: list[int]
) -> None:
    order = list(CheckinState)
    opened_at = None if opened is None else START + opened * MINUTE
    closed_at = None if closed is None else START + closed * MINUTE
    states = [checkin_state(START, START + m * MINUTE, opened_at, closed_at) for m in sorted(minutes)]
    assert [order.index(state) for state in states] == sorted(order.index(state) for state in states)


@pytest.mark.parametrize(("wrong", "left"), [(0, 5), (4, 1), (5, 0), (9, 0)])
def test_five_tries_then_the_clerk(wrong: int, left: int) -> None:
    assert tries_left(wrong) == left
