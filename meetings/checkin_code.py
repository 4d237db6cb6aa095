"""The code shown in the room, the link behind its QR picture, and the hours of check-in (reliability.md 8.3).

The code changes every 30 seconds; the one shown and the one before are valid, so none lives longer than a
minute. It stops a forwarded photo, not a telephone call: the people of the meeting confirm the list.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

PERIOD = timedelta(seconds=30)
KEY_BYTES = 16
DIGITS = 6
# With 6 digits and two valid codes, 200 members of 5 tries each guess right once in 500 meetings
# (reliability.md 8.2).
TRIES = 5
LINK_PREFIX = "ci"
LINK_LENGTH = 64
# Base64url of 80 bits.
TAG_LENGTH = 14
BEFORE = timedelta(minutes=30)
AFTER = timedelta(minutes=15)
LONGEST = timedelta(hours=4)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINK = re.compile(rf"{LINK_PREFIX}-([1-9]\d{{0,18}})-([1-9]\d{{0,11}})-([\w-]{{{TAG_LENGTH}}})", re.ASCII)
_BETWEEN_DIGITS = str.maketrans("", "", " .-\u00a0")


class CheckinState(StrEnum):
    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    CLOSED = "closed"


class Link(Struct, frozen=True):
    """What a link claims. Nothing is proven before `is_link_valid` says so."""

    meeting_id: int
    window: int


def window_at(moment: datetime) -> int:
    """The number of the 30-second window that `moment` falls into, counted from 1970."""
    return (moment - _EPOCH) // PERIOD


def seconds_left(moment: datetime) -> int:
    """Whole seconds, 1 to 30, until the code changes."""
    remaining = PERIOD - (moment - _EPOCH) % PERIOD
    return -(-remaining // timedelta(seconds=1))


def code_at(key: bytes, moment: datetime) -> str:
    """The 6 digits to show at `moment` for the meeting with this secret key of at least 16 bytes."""
    return _code(key, window_at(moment))


def is_valid(key: bytes, code: str, moment: datetime) -> bool:
    """Whether `code`, as typed ("123 456" too), is that of this or the last window; in constant time."""
    typed = code.translate(_BETWEEN_DIGITS).encode("utf-8", "replace")
    now = window_at(moment)
    # Both are always compared, so that time does not tell which window was hit.
    matches = [hmac.compare_digest(typed, _code(key, window).encode()) for window in (now, now - 1)]
    return any(matches)


def link_token(meeting_id: int, key: bytes, window: int) -> str:
    """The word a deep link carries, `ci-12-59800000-0vT…`: at most 64 of A–Z a–z 0–9 _ -."""
    tag = urlsafe_b64encode(_mac(key, f"link:{meeting_id}:{window}"))[:TAG_LENGTH].decode()
    return f"{LINK_PREFIX}-{meeting_id}-{window}-{tag}"


def read_link_token(token: str) -> Link | None:
    """What `token` claims, to find the meeting's key with; None if it is no check-in link at all."""
    found = _LINK.fullmatch(token) if len(token) <= LINK_LENGTH else None
    return Link(int(found[1]), int(found[2])) if found else None


def is_link_valid(token: str, key: bytes, moment: datetime) -> bool:
    """Whether `token` was made with `key` in this window or the one before, unaltered."""
    link = read_link_token(token)
    if link is None:
        return False
    genuine = hmac.compare_digest(token.encode(), link_token(link.meeting_id, key, link.window).encode())
    return genuine and window_at(moment) - link.window in (0, 1)


def checkin_state(
    starts_at: datetime,
    now: datetime,
    opened_at: datetime | None = None,
    closed_at: datetime | None = None,
    before: timedelta = BEFORE,
    after: timedelta = AFTER,
    longest: timedelta = LONGEST,
) -> CheckinState:
    """What a check-in at `now` counts as.

    Opens at `opened_at` (a person's decision) or else `before` the start; on time through minute 15 after the
    start, or after a late opening, since nobody is late because the room was; then late until
    somebody closes it, at the latest `longest` after the start or the opening.
    """
    opens = starts_at - before if opened_at is None else opened_at
    begins = max(starts_at, opens)
    if (closed_at is not None and now >= closed_at) or now >= begins + longest:
        return CheckinState.CLOSED
    if now < opens:
        return CheckinState.EARLY
    return CheckinState.ON_TIME if now <= begins + after else CheckinState.LATE


def tries_left(wrong: int, limit: int = TRIES) -> int:
    """How often a member may still type a code for this meeting; at 0 the clerk marks the member instead."""
    return max(0, limit - wrong)


def _mac(key: bytes, text: str) -> bytes:
    if len(key) < KEY_BYTES:
        raise ValueError(f"a check-in key has at least {KEY_BYTES} bytes")
    return hmac.new(key, text.encode(), sha256).digest()


def _code(key: bytes, window: int) -> str:
    number = int.from_bytes(_mac(key, f"code:{window}")[:8])
    return f"{number % 10**DIGITS:0{DIGITS}}"
