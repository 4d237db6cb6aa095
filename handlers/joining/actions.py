"""What the buttons of joining do. Everything they carry is untrusted."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from bot.language import Action


class Answer(StrEnum):
    """Answers to the consent question."""

    YES = "yes"
    NO = "no"
    FULL = "full"


class ItIsMe(Action, frozen=True):
    """'Đúng': the name shown is mine."""

    code: ClassVar[str] = "join-me"


class NotMe(Action, frozen=True):
    """'Không phải tôi'. `sure`: asked once more, which only people with a consent are."""

    code: ClassVar[str] = "join-not"
    sure: bool


class Consent(Action, frozen=True):
    """An answer to the consent question."""

    code: ClassVar[str] = "join-ok"
    answer: Answer


class ShowName(Action, frozen=True):
    """Whether the name may stand on leaderboards. `first`: asked while joining."""

    code: ClassVar[str] = "join-name"
    shown: bool
    first: bool


class Leave(Action, frozen=True):
    """Withdraw the consent; asked once more before `sure`."""

    code: ClassVar[str] = "join-leave"
    sure: bool


class MyRecord(Action, frozen=True):
    """My own record."""

    code: ClassVar[str] = "join-mine"


class MyData(Action, frozen=True):
    """All that is stored about me."""

    code: ClassVar[str] = "join-data"


class MyCopy(Action, frozen=True):
    """A copy of all that is stored about me."""

    code: ClassVar[str] = "join-copy"


class WhoJoined(Action, frozen=True):
    """Who of the branch has joined."""

    code: ClassVar[str] = "join-who"


class AskWhose(Action, frozen=True):
    """A new code: for whom?"""

    code: ClassVar[str] = "join-ask"


class NewCode(Action, frozen=True):
    """A new code for a member. `sure`: their linked phone may be unlinked."""

    code: ClassVar[str] = "join-new"
    member: int
    sure: bool


class LinkMore(Action, frozen=True):
    """A code that links another account of mine."""

    code: ClassVar[str] = "join-more"


class Unlink(Action, frozen=True):
    """Undo the link of another account of mine."""

    code: ClassVar[str] = "join-off"
    account: int
