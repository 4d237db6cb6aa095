"""The script's own bookkeeping: what was done, what must come of it, what was seen."""

from collections import Counter
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Figures:
    """The numbers a walk ends with."""

    members: int = 0
    reminders_sent: int = 0
    reminders_twice: int = 0
    checked_in: int = 0
    quiz_answers: int = 0
    opinions: int = 0
    lost: int = 0
    shut_out: int = 0

    def plain(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True)
class Act:
    """One thing somebody did and what they looked for after it."""

    person: int
    what: str
    looked_for: str


@dataclass
class Ledger:
    """Filled by the players as they play; ids are the players'."""

    joined: set[int] = field(default_factory=set)
    reminders: Counter[tuple[int, str]] = field(default_factory=Counter)
    shut_out: Counter[tuple[int, str]] = field(default_factory=Counter)  # reminders that cannot get through
    presence: dict[int, str] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    scores: dict[int, tuple[int, int]] = field(default_factory=dict)
    opinions: Counter[int] = field(default_factory=Counter)
    acts: list[Act] = field(default_factory=list)
    lost: list[Act] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    taps: set[str] = field(default_factory=set)

    def did(self, person: int, what: str, looked_for: str, *, seen: bool) -> None:
        """Note an act; one whose effect was not seen is lost."""
        act = Act(person, what, looked_for)
        self.acts.append(act)
        if not seen:
            self.lost.append(act)

    def must_be_reminded(self, people: set[int], step: str) -> None:
        """Each of these gets this reminder, once."""
        self.reminders.update((person, step) for person in people)

    def must_be_called(self, people: set[int], step: str) -> None:
        """This reminder cannot reach these: the secretary finds them on the call list."""
        self.shut_out.update((person, step) for person in people)

    def expect(self, what: str, expected: object, found: object) -> None:
        """Note a difference between what must be and what is seen."""
        if expected != found:
            self.wrong.append(f"{what}: expected {expected}, found {found}")

    def figures(self) -> Figures:
        """What must be, by this bookkeeping alone."""
        return Figures(
            members=len(self.joined),
            reminders_sent=self.reminders.total(),
            checked_in=sum(presence in {"present", "late"} for presence in self.presence.values()),
            quiz_answers=self.answers.total(),
            opinions=self.opinions.total(),
            shut_out=self.shut_out.total(),
        )


def differences(expected: Figures, found: Figures, where: str) -> list[str]:
    """A sentence for every number of `found` that is not the expected one."""
    return [
        f"{where}: {name} is {found.plain()[name]}, the bookkeeping says {value}"
        for name, value in expected.plain().items()
        if found.plain()[name] != value
    ]


def twice(sent: Counter[tuple[int, str]]) -> int:
    """How many reminders went to the same person for the same step again."""
    return sum(count - 1 for count in sent.values() if count > 1)
