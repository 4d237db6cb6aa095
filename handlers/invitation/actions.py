"""What the choices of invitations do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.language import Action
from meetings.tables import ExcuseReason, RsvpAnswer


@dataclass(frozen=True, slots=True)
class Answering(Action):
    """Answer an invitation; an excuse is asked for its reason first."""

    code: ClassVar[str] = "rsvp"
    meeting: int
    answer: RsvpAnswer


@dataclass(frozen=True, slots=True)
class Excusing(Action):
    """Ask to be absent for this reason."""

    code: ClassVar[str] = "rsvpx"
    meeting: int
    reason: ExcuseReason


@dataclass(frozen=True, slots=True)
class Schedule(Action):
    """Show the next meeting."""

    code: ClassVar[str] = "sched"
