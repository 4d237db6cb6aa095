"""What the choices about opinions do. All of it is untrusted: the use cases check at every press."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.language import Action
from opinions.tables import OpinionState, Visibility


@dataclass(frozen=True, slots=True)
class Write(Action):
    """Begin to write an opinion."""

    code: ClassVar[str] = "op"


@dataclass(frozen=True, slots=True)
class Send(Action):
    """Send the draft so; `draft` tells the draft it was shown with from a later one."""

    code: ClassVar[str] = "op-go"
    visibility: Visibility
    draft: str


@dataclass(frozen=True, slots=True)
class Again(Action):
    """Write the draft anew."""

    code: ClassVar[str] = "op-re"


@dataclass(frozen=True, slots=True)
class ShowOwn(Action):
    """My newest opinion older than this id; 0: the newest."""

    code: ClassVar[str] = "op-my"
    before: int


@dataclass(frozen=True, slots=True)
class ShowBranch(Action):
    """The newest opinion I may read, older than this id; 0: the newest."""

    code: ClassVar[str] = "op-all"
    before: int


@dataclass(frozen=True, slots=True)
class ShowWaiting(Action):
    """The oldest opinion that waits for the committee, beyond this id."""

    code: ClassVar[str] = "op-wait"
    after: int


@dataclass(frozen=True, slots=True)
class Reply(Action):
    """Answer this opinion."""

    code: ClassVar[str] = "op-ans"
    opinion: int


@dataclass(frozen=True, slots=True)
class Put(Action):
    """Set the state of this opinion."""

    code: ClassVar[str] = "op-set"
    opinion: int
    state: OpinionState
