"""What the buttons of joining do. Everything they carry is untrusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from bot.language import Action


class Answer(StrEnum):
    """Answers to the consent question."""

    YES = "yes"
    NO = "no"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class ItIsMe(Action):
    """'Đúng': the name shown is mine."""

    code: ClassVar[str] = "join-me"


@dataclass(frozen=True, slots=True)
class NotMe(Action):
    """'Không phải tôi'. `sure`: asked once more, which only people with a consent are."""

    code: ClassVar[str] = "join-not"
    sure: bool


@dataclass(frozen=True, slots=True)
class Consent(Action):
    """An answer to the consent question."""

    code: ClassVar[str] = "join-ok"
    answer: Answer


@dataclass(frozen=True, slots=True)
class ShowName(Action):
    """Whether the name may stand on leaderboards. `first`: asked while joining."""

    code: ClassVar[str] = "join-name"
    shown: bool
    first: bool


@dataclass(frozen=True, slots=True)
class Leave(Action):
    """Withdraw the consent; asked once more before `sure`."""

    code: ClassVar[str] = "join-leave"
    sure: bool


@dataclass(frozen=True, slots=True)
class MyRecord(Action):
    """My own record."""

    code: ClassVar[str] = "join-mine"


@dataclass(frozen=True, slots=True)
class MyData(Action):
    """All that is stored about me."""

    code: ClassVar[str] = "join-data"


@dataclass(frozen=True, slots=True)
class MyCopy(Action):
    """A copy of all that is stored about me."""

    code: ClassVar[str] = "join-copy"


@dataclass(frozen=True, slots=True)
class WhoJoined(Action):
    """Who of the branch has joined."""

    code: ClassVar[str] = "join-who"


@dataclass(frozen=True, slots=True)
class AskWhose(Action):
    """A new code: for whom?"""

    code: ClassVar[str] = "join-ask"


@dataclass(frozen=True, slots=True)
class NewCode(Action):
    """A new code for a member. `sure`: their linked phone may be unlinked."""

    code: ClassVar[str] = "join-new"
    member: int
    sure: bool


@dataclass(frozen=True, slots=True)
class LinkMore(Action):
    """A code that links another account of mine."""

    code: ClassVar[str] = "join-more"


@dataclass(frozen=True, slots=True)
class Unlink(Action):
    """Undo the link of another account of mine."""

    code: ClassVar[str] = "join-off"
    account: int
