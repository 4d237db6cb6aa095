"""What the choices of the quiz do. All of it is untrusted: the use cases check at every press."""

from __future__ import annotations

from typing import ClassVar

from bot.language import Action


class ShowIntro(Action, frozen=True):
    """Which round there is and what can be done."""

    code: ClassVar[str] = "qz"


class Start(Action, frozen=True):
    """Begin or go on: the ranked attempt or a practice."""

    code: ClassVar[str] = "qz-go"
    round: int
    ranked: bool


class Pick(Action, frozen=True):
    """Answer with one option; `place` 0 is A on this attempt's screen."""

    code: ClassVar[str] = "qz-a"
    attempt: int
    position: int
    place: int


class Mark(Action, frozen=True):
    """Where several options may be right: show these as chosen. Bit 0 of `mask` is A."""

    code: ClassVar[str] = "qz-m"
    attempt: int
    position: int
    mask: int


class HandIn(Action, frozen=True):
    """Answer with the options chosen so far."""

    code: ClassVar[str] = "qz-d"
    attempt: int
    position: int
    mask: int


class ShowKey(Action, frozen=True):
    """A question with its right answer, after closing."""

    code: ClassVar[str] = "qz-key"
    round: int
    position: int


class ShowBoard(Action, frozen=True):
    """The leaderboard of a closed round."""

    code: ClassVar[str] = "qz-top"
    round: int


class NewRound(Action, frozen=True):
    """Begin to make a round."""

    code: ClassVar[str] = "qz-new"


class ChooseBranch(Action, frozen=True):
    """Make it for this branch."""

    code: ClassVar[str] = "qz-b"
    branch: int


class ChooseTopic(Action, frozen=True):
    """Make it from this topic (`planning.Topic.key`)."""

    code: ClassVar[str] = "qz-t"
    branch: int
    topic: int


class Create(Action, frozen=True):
    """Make the round as proposed, or opening now."""

    code: ClassVar[str] = "qz-c"
    branch: int
    topic: int
    at_once: bool


class Cancel(Action, frozen=True):
    """Take back a round that has not opened."""

    code: ClassVar[str] = "qz-x"
    round: int


class Review(Action, frozen=True):
    """Show the next question that waits for a second person."""

    code: ClassVar[str] = "qz-r"


class Approve(Action, frozen=True):
    """Approve this question."""

    code: ClassVar[str] = "qz-y"
    question: int


class Decline(Action, frozen=True):
    """Take this question out of the bank."""

    code: ClassVar[str] = "qz-n"
    question: int


class ApproveAll(Action, frozen=True):
    """Approve all that waited when this was shown."""

    code: ClassVar[str] = "qz-all"
    last: int


class PraiseMark(Action, frozen=True):
    """Show these as chosen for praise. Bit 0 of `mask` is the first candidate."""

    code: ClassVar[str] = "qz-w"
    round: int
    mask: int


class PraiseSend(Action, frozen=True):
    """Record the praise and tell the branch."""

    code: ClassVar[str] = "qz-ws"
    round: int
    mask: int
