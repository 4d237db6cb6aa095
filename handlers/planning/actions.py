"""What the choices of those who prepare meetings do. A local day travels as a number, 20270104."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.language import Action
from meetings.content import Part
from meetings.tables import ExcuseState


@dataclass(frozen=True, slots=True)
class Home(Action):
    """The preparation of a branch's meeting; 0: the person's first branch."""

    code: ClassVar[str] = "plan"
    branch: int = 0


@dataclass(frozen=True, slots=True)
class Silent(Action):
    """Who has not answered; pages from 0."""

    code: ClassVar[str] = "plan-who"
    meeting: int
    page: int = 0


@dataclass(frozen=True, slots=True)
class Lost(Action):
    """Whom no message reaches."""

    code: ClassVar[str] = "plan-lost"
    meeting: int
    page: int = 0


@dataclass(frozen=True, slots=True)
class Dates(Action):
    """Dates that wait for a decision."""

    code: ClassVar[str] = "plan-dates"
    branch: int


@dataclass(frozen=True, slots=True)
class KeepDate(Action):
    """This date stays."""

    code: ClassVar[str] = "plan-keep"
    meeting: int
    day: int


@dataclass(frozen=True, slots=True)
class TakeDay(Action):
    """The suggested day it is."""

    code: ClassVar[str] = "plan-take"
    meeting: int
    day: int


@dataclass(frozen=True, slots=True)
class AskMoment(Action):
    """Another day or hour, to be typed."""

    code: ClassVar[str] = "plan-when"
    meeting: int


@dataclass(frozen=True, slots=True)
class ListMeetings(Action):
    """The next meetings, to choose one."""

    code: ClassVar[str] = "plan-list"
    branch: int


@dataclass(frozen=True, slots=True)
class Edit(Action):
    """What can be changed of one meeting."""

    code: ClassVar[str] = "plan-edit"
    meeting: int


@dataclass(frozen=True, slots=True)
class AskPart(Action):
    """A part of its content, to be typed."""

    code: ClassVar[str] = "plan-part"
    meeting: int
    part: Part


@dataclass(frozen=True, slots=True)
class AskCallOff(Action):
    """Really call it off?"""

    code: ClassVar[str] = "plan-off"
    meeting: int


@dataclass(frozen=True, slots=True)
class CallOff(Action):
    """Call it off."""

    code: ClassVar[str] = "plan-offyes"
    meeting: int


@dataclass(frozen=True, slots=True)
class AskRule(Action):
    """The monthly rule, to be typed."""

    code: ClassVar[str] = "plan-rule"
    branch: int


@dataclass(frozen=True, slots=True)
class Excuses(Action):
    """Requests to be absent that wait for a decision."""

    code: ClassVar[str] = "plan-exc"


@dataclass(frozen=True, slots=True)
class Decide(Action):
    """A decision on one request."""

    code: ClassVar[str] = "plan-dec"
    meeting: int
    member: int
    state: ExcuseState
