"""What the choices of those who prepare meetings do. A local day travels as a number, 20270104."""

from __future__ import annotations

from typing import ClassVar

from bot.language import Action
from meetings.content import Part
from meetings.tables import ExcuseState


class Home(Action, frozen=True):
    """The preparation of a branch's meeting; 0: the person's first branch."""

    code: ClassVar[str] = "plan"
    branch: int = 0


class Silent(Action, frozen=True):
    """Who has not answered; pages from 0."""

    code: ClassVar[str] = "plan-who"
    meeting: int
    page: int = 0


class Lost(Action, frozen=True):
    """Whom no message reaches."""

    code: ClassVar[str] = "plan-lost"
    meeting: int
    page: int = 0


class Dates(Action, frozen=True):
    """Dates that wait for a decision."""

    code: ClassVar[str] = "plan-dates"
    branch: int


class KeepDate(Action, frozen=True):
    """This date stays."""

    code: ClassVar[str] = "plan-keep"
    meeting: int
    day: int


class TakeDay(Action, frozen=True):
    """The suggested day it is."""

    code: ClassVar[str] = "plan-take"
    meeting: int
    day: int


class AskMoment(Action, frozen=True):
    """Another day or hour, to be typed."""

    code: ClassVar[str] = "plan-when"
    meeting: int


class ListMeetings(Action, frozen=True):
    """The next meetings, to choose one."""

    code: ClassVar[str] = "plan-list"
    branch: int


class Edit(Action, frozen=True):
    """What can be changed of one meeting."""

    code: ClassVar[str] = "plan-edit"
    meeting: int


class AskPart(Action, frozen=True):
    """A part of its content, to be typed."""

    code: ClassVar[str] = "plan-part"
    meeting: int
    part: Part


class AskCallOff(Action, frozen=True):
    """Really call it off?"""

    code: ClassVar[str] = "plan-off"
    meeting: int


class CallOff(Action, frozen=True):
    """Call it off."""

    code: ClassVar[str] = "plan-offyes"
    meeting: int


class AskRule(Action, frozen=True):
    """The monthly rule, to be typed."""

    code: ClassVar[str] = "plan-rule"
    branch: int


class Excuses(Action, frozen=True):
    """Requests to be absent that wait for a decision."""

    code: ClassVar[str] = "plan-exc"


class Decide(Action, frozen=True):
    """A decision on one request."""

    code: ClassVar[str] = "plan-dec"
    meeting: int
    member: int
    state: ExcuseState
