"""What the choices of invitations do."""

from __future__ import annotations

from typing import ClassVar

from bot.language import Action
from meetings.tables import ExcuseReason, RsvpAnswer


class Answering(Action, frozen=True):
    """Answer an invitation; an excuse is asked for its reason first."""

    code: ClassVar[str] = "rsvp"
    meeting: int
    answer: RsvpAnswer


class Excusing(Action, frozen=True):
    """Ask to be absent for this reason."""

    code: ClassVar[str] = "rsvpx"
    meeting: int
    reason: ExcuseReason


class Schedule(Action, frozen=True):
    """Show the next meeting."""

    code: ClassVar[str] = "sched"
