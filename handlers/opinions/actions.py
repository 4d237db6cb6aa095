"""What the choices about opinions do. All of it is untrusted: the use cases check at every press."""

from __future__ import annotations

from typing import ClassVar

from bot.language import Action
from opinions.tables import OpinionState, Visibility


class Write(Action, frozen=True):
    """Begin to write an opinion."""

    code: ClassVar[str] = "op"


class Send(Action, frozen=True):
    """Send the draft so; `draft` tells the draft it was shown with from a later one."""

    code: ClassVar[str] = "op-go"
    visibility: Visibility
    draft: str


class Again(Action, frozen=True):
    """Write the draft anew."""

    code: ClassVar[str] = "op-re"


class ShowOwn(Action, frozen=True):
    """My newest opinion older than this id; 0: the newest."""

    code: ClassVar[str] = "op-my"
    before: int


class ShowBranch(Action, frozen=True):
    """The newest opinion I may read, older than this id; 0: the newest."""

    code: ClassVar[str] = "op-all"
    before: int


class ShowWaiting(Action, frozen=True):
    """The oldest opinion that waits for the committee, beyond this id."""

    code: ClassVar[str] = "op-wait"
    after: int


class Reply(Action, frozen=True):
    """Answer this opinion."""

    code: ClassVar[str] = "op-ans"
    opinion: int


class Put(Action, frozen=True):
    """Set the state of this opinion."""

    code: ClassVar[str] = "op-set"
    opinion: int
    state: OpinionState
