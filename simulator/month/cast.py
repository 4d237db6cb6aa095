"""Who plays: members with a phone and a slip of paper, and what each will do this month."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum

from simulator.month.accounts import Account


class Post(StrEnum):
    """Posts that have something of their own to do in the month."""

    SECRETARY = "secretary"
    COMMITTEE = "committee"  # deputy and members of the branch's committee
    LEADER = "leader"
    OTHER = "other"


class Rsvp(Enum):
    """How an invitation is answered."""

    AT_ONCE = "at once"
    LATE = "after the second reminder"
    EXCUSE = "asks to be absent"
    HELP = "asks for help"
    NEVER = "says nothing until the evening"


class Evening(Enum):
    """How somebody comes to the meeting."""

    TYPES = "types the code"
    SCANS = "scans the code; where a link carries nothing, types it"
    COMES_LATE = "comes late"
    WRONG_FIRST = "types a wrong code first"
    IS_HELPED = "is checked in by a neighbour"
    STAYS_AWAY = "does not come"


class Quiz(Enum):
    """How the quiz is taken."""

    TAPS = "taps letters"
    TYPES = "types letters"
    IN_TWO_GOES = "stops half way and goes on later"
    TRIES_TWICE = "tries a second time"
    NOT = "does not take it"


class Opinion(Enum):
    """Who shall read it."""

    PUBLIC = "Gửi cả chi bộ"
    PRIVATE = "Chỉ gửi chi ủy"


@dataclass(frozen=True)
class Player:
    """One member. `code` is what the slip says; empty when it is not known. Who has two accounts joins
    with the first of them.
    """

    id: int
    name: str
    branch: str
    code: str
    posts: frozenset[Post] = frozenset()
    shown: bool = False
    accounts: tuple[Account, ...] = ()

    @property
    def is_plain(self) -> bool:
        return not self.posts

    @property
    def is_on_oa_only(self) -> bool:
        return bool(self.accounts) and all(account.platform == "zalo_oa" for account in self.accounts)


@dataclass
class Part:
    """What one player does. `skill`: the share of questions answered as learnt, the others are guessed."""

    types: bool = False
    by_link: bool = False
    twice: bool = False
    shows_name: bool = True
    rsvp: Rsvp = Rsvp.AT_ONCE
    evening: Evening = Evening.TYPES
    quiz: Quiz = Quiz.TAPS
    skill: float = 0.7
    before: Opinion | None = None
    after: Opinion | None = None
    helps: int | None = None  # id of the neighbour checked in


def by_branch(players: Iterable[Player]) -> dict[str, list[Player]]:
    """Branches in the order in which they come, with their members."""
    found: dict[str, list[Player]] = {}
    for player in players:
        found.setdefault(player.branch, []).append(player)
    return found
