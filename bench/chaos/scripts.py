"""What people do in the flood: blocks of typed messages, and the effect each block must have once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

COMING, HELP = "tôi sẽ dự", "nhờ giúp"
QUESTIONS = 10
# How a step is answered when a crash came between its effect and its answer: it is found done already.
AGAIN = {
    "Mời đồng chí làm tiếp.": "take",
    "Câu # đã ghi trước đó nê": "answer 0",
    "Đồng chí đã nộp bài này ": "answer 9",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """One message; `step` names it, so that its answer can be told from others. `token` is the own words."""

    step: str
    text: str
    token: str = ""


@dataclass
class Person:
    """Somebody's day: what they type, in order, and what must be on record afterwards."""

    user: int
    member: int
    typed: list[Typed] = field(default_factory=list)
    opinions: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)  # letters, in order
    rsvps: list[str] = field(default_factory=list)

    def opinion(self, mark: str) -> None:
        """Three messages, one opinion."""
        token = f"góp ý {mark}"
        self.opinions.append(token)
        self.typed += [
            Typed("opinion", "ý kiến"),
            Typed("draft", token, token),
            Typed("sent", "Gửi cả chi bộ"),
        ]

    def rsvp(self) -> None:
        """Change the answer to the invitation."""
        word = HELP if len(self.rsvps) % 2 else COMING
        self.rsvps.append("needs_help" if word == HELP else "coming")
        self.typed.append(Typed(self.rsvps[-1], word))

    def command(self, word: str) -> None:
        """A question without an effect."""
        self.typed.append(Typed(word, word))

    def quiz(self, letters: Sequence[str]) -> None:
        """The ranked attempt from introduction to result."""
        self.answers += letters
        answers = [Typed(f"answer {n}", letter) for n, letter in enumerate(letters)]
        self.typed += [Typed("quiz", "trắc nghiệm"), Typed("take", "làm bài"), *answers]


def day_of(user: int, member: int, updates: int, chance: random.Random) -> Person:
    """Exactly so many messages in a random order of blocks."""
    person = Person(user, member)
    blocks = ["quiz"] if updates >= QUESTIONS + 2 else []
    left = updates - (QUESTIONS + 2) * len(blocks)
    while left:
        block = chance.choice(["opinion", "rsvp", "command"] if left >= 3 else ["rsvp", "command"])
        blocks.append(block)
        left -= 3 if block == "opinion" else 1
    chance.shuffle(blocks)
    for number, block in enumerate(blocks):
        _add(person, block, number, chance)
    return person


def _add(person: Person, block: str, number: int, chance: random.Random) -> None:
    if block == "quiz":
        person.quiz([chance.choice("AB") for _ in range(QUESTIONS)])
    elif block == "opinion":
        person.opinion(f"{person.user} lần {number}")
    elif block == "rsvp":
        person.rsvp()
    else:
        person.command(chance.choice(["lịch", "menu"]))


def sample_day(user: int, member: int) -> Person:
    """One of everything, to learn how each is answered."""
    person = Person(user, member)
    person.opinion(f"{user} mẫu")
    person.rsvp()
    person.command("lịch")
    person.rsvp()
    person.command("menu")
    person.quiz(["A"] * QUESTIONS)
    return person


def interleaved(people: Sequence[Person], chance: random.Random) -> list[tuple[Person, Typed]]:
    """Everybody's messages in one stream; each person's own stay in order."""
    turns = [person for person in people for _ in person.typed]
    chance.shuffle(turns)
    waiting = {person.user: iter(person.typed) for person in people}
    return [(person, next(waiting[person.user])) for person in turns]
