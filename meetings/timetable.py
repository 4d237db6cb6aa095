"""What an installation decides about its calendar and reminders, as the use cases need it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from meetings.calendar import VIET_NAM
from meetings.reminding import GRACE, STEPS, Hours, step_name


class Timetable(Struct, frozen=True):
    """`months`: how far ahead meetings are written down. `steps`: days before a meeting, 0 or more."""

    zone: ZoneInfo = VIET_NAM
    steps: tuple[int, ...] = STEPS
    hours: Hours = field(default_factory=Hours)
    grace: timedelta = GRACE
    months: int = 12

    @property
    def invitation(self) -> str:
        """The step that invites: the earliest one."""
        return step_name(max(self.steps, default=0))

    def local_day(self, moment: datetime) -> date:
        """The calendar day of a moment where the branches are."""
        return moment.astimezone(self.zone).date()
