"""Names and numbers of the list as people type them: "3, 7", "3 7 và Nguyễn Văn An"."""

from __future__ import annotations

import re
from datetime import timedelta

from msgspec import Struct

from bot.settings import Settings
from meetings.attendance import Roll, RollLine
from meetings.checkin import CheckinRules
from meetings.roll import find_lines

_BETWEEN = re.compile(r"\s*(?:[,;.]| va | and )\s*|(?<=\d)\s+(?=\d)")


class Meant(Struct, frozen=True):
    """Who was meant. `unclear`: several bear the name; `unknown`: nobody does."""

    members: tuple[int, ...]
    unclear: tuple[RollLine, ...]
    unknown: tuple[str, ...]


def meant(roll: Roll, typed: str) -> Meant:
    """Whom the typed numbers and names mean."""
    words = [word for word in _BETWEEN.split(typed) if word]
    found = [(word, find_lines(roll, word)) for word in words]
    return Meant(
        tuple(lines[0].member_id for _, lines in found if len(lines) == 1),
        tuple(line for _, lines in found if len(lines) > 1 for line in lines),
        tuple(word for word, lines in found if not lines),
    )


def rules_of(settings: Settings) -> CheckinRules:
    """The installation's rules of check-in."""
    return CheckinRules(
        settings.zone,
        timedelta(minutes=settings.meetings.checkin_before_minutes),
        timedelta(minutes=settings.meetings.checkin_after_minutes),
        settings.meetings.helper_limit,
    )
