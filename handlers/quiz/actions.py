"""What the choices of the quiz do. All of it is untrusted: the use cases check at every press."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.language import Action


@dataclass(frozen=True, slots=True)
class ShowIntro(Action):
    """Which round there is and what can be done."""

    code: ClassVar[str] = "qz"


@dataclass(frozen=True, slots=True)
class Start(Action):
    """Begin or go on: the ranked attempt or a practice."""

    code: ClassVar[str] = "qz-go"
    round: int
    ranked: bool


@dataclass(frozen=True, slots=True)
class Pick(Action):
    """Answer with one option; `place` 0 is A on this attempt's screen."""

    code: ClassVar[str] = "qz-a"
    attempt: int
    position: int
    place: int


@dataclass(frozen=True, slots=True)
class Mark(Action):
    """Where several options may be right: show these as chosen. Bit 0 of `mask` is A."""

    code: ClassVar[str] = "qz-m"
    attempt: int
    position: int
    mask: int


@dataclass(frozen=True, slots=True)
class HandIn(Action):
    """Answer with the options chosen so far."""

    code: ClassVar[str] = "qz-d"
    attempt: int
    position: int
    mask: int


@dataclass(frozen=True, slots=True)
class ShowKey(Action):
    """A question with its right answer, after closing."""

    code: ClassVar[str] = "qz-key"
    round: int
    position: int


@dataclass(frozen=True, slots=True)
class ShowBoard(Action):
    """The leaderboard of a closed round."""

    code: ClassVar[str] = "qz-top"
    round: int


@dataclass(frozen=True, slots=True)
class NewRound(Action):
    """Begin to make a round."""

    code: ClassVar[str] = "qz-new"


@dataclass(frozen=True, slots=True)
class ChooseBranch(Action):
    """Make it for this branch."""

    code: ClassVar[str] = "qz-b"
    branch: int


@dataclass(frozen=True, slots=True)
class ChooseTopic(Action):
    """Make it from this topic (`planning.Topic.key`)."""

    code: ClassVar[str] = "qz-t"
    branch: int
    topic: int


@dataclass(frozen=True, slots=True)
class Create(Action):
    """Make the round as proposed, or opening now."""

    code: ClassVar[str] = "qz-c"
    branch: int
    topic: int
    at_once: bool


@dataclass(frozen=True, slots=True)
class Cancel(Action):
    """Take back a round that has not opened."""

    code: ClassVar[str] = "qz-x"
    round: int


@dataclass(frozen=True, slots=True)
class Review(Action):
    """Show the next question that waits for a second person."""

    code: ClassVar[str] = "qz-r"


@dataclass(frozen=True, slots=True)
class Approve(Action):
    """Approve this question."""

    code: ClassVar[str] = "qz-y"
    question: int


@dataclass(frozen=True, slots=True)
class Decline(Action):
    """Take this question out of the bank."""

    code: ClassVar[str] = "qz-n"
    question: int


@dataclass(frozen=True, slots=True)
class ApproveAll(Action):
    """Approve all that waited when this was shown."""

    code: ClassVar[str] = "qz-all"
    last: int


@dataclass(frozen=True, slots=True)
class PraiseMark(Action):
    """Show these as chosen for praise. Bit 0 of `mask` is the first candidate."""

    code: ClassVar[str] = "qz-w"
    round: int
    mask: int


@dataclass(frozen=True, slots=True)
class PraiseSend(Action):
    """Record the praise and tell the branch."""

    code: ClassVar[str] = "qz-ws"
    round: int
    mask: int
