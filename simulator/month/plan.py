"""Who does what this month: the same seed deals the same parts."""

import random
from collections.abc import Callable

from simulator.month.cast import Evening, Opinion, Part, Player, Quiz, Rsvp, by_branch

LATE_ANSWERS = 3
EXCUSES = 2
LATE_COMERS = 3
OPINIONS_EACH = 3
NOT_IN_QUIZ = 2
SILENT = 1  # in a branch

_Deal = Callable[[Part], None]


class Plan:
    """Parts by the player's id."""

    def __init__(self, players: list[Player], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - parts in a play, no secret
        self.parts = {player.id: self._usual(n) for n, player in enumerate(players)}
        self._free = {branch: self._plain(members) for branch, members in by_branch(players).items()}
        self._next = 0
        self._deal_shown(players)
        self._deal_special()
        self._deal_two_messengers(players)

    def __getitem__(self, player: Player) -> Part:
        return self.parts[player.id]

    def _usual(self, number: int) -> Part:
        chance = self._random
        part = Part(types=chance.random() < 0.4, by_link=number % 2 == 0, shows_name=chance.random() < 0.8)  # noqa: PLR2004
        part.evening = chance.choice([Evening.TYPES, Evening.SCANS])
        part.quiz = Quiz.TYPES if part.types else Quiz.TAPS
        part.skill = chance.choice([0.3, 0.5, 0.7, 0.9, 1.0])
        return part

    def _plain(self, members: list[Player]) -> list[Player]:
        plain = [member for member in members if member.is_plain and not member.shown]
        self._random.shuffle(plain)
        return plain

    def _deal_shown(self, players: list[Player]) -> None:
        """Members whose phones are watched write an opinion each, one taps and the next types."""
        for number, player in enumerate(player for player in players if player.shown and player.is_plain):
            part = self.parts[player.id]
            part.types = number % 2 == 1
            part.before = Opinion.PRIVATE if part.types else Opinion.PUBLIC
            part.quiz, part.evening = Quiz.TAPS, Evening.SCANS if part.types else Evening.TYPES

    def _take(self) -> Player | None:
        """The next plain member, the branches taking turns."""
        waiting = [members for members in self._free.values() if members]
        if not waiting:
            return None
        self._next += 1
        return waiting[self._next % len(waiting)].pop()

    def _deal(self, times: int, deal: _Deal) -> None:
        for _ in range(times):
            player = self._take()
            if player is not None:
                deal(self.parts[player.id])

    def _deal_special(self) -> None:
        self._deal(1, _everything_twice)
        self._deal(1, lambda part: setattr(part, "evening", Evening.WRONG_FIRST))
        self._deal_help()
        self._deal_silence()
        self._deal(LATE_ANSWERS, lambda part: setattr(part, "rsvp", Rsvp.LATE))
        self._deal(EXCUSES, _asks_to_be_absent)
        self._deal(LATE_COMERS, lambda part: setattr(part, "evening", Evening.COMES_LATE))
        self._deal(1, lambda part: setattr(part, "quiz", Quiz.IN_TWO_GOES))
        self._deal(1, lambda part: setattr(part, "quiz", Quiz.TRIES_TWICE))
        self._deal(NOT_IN_QUIZ, lambda part: setattr(part, "quiz", Quiz.NOT))
        self._deal(OPINIONS_EACH, lambda part: setattr(part, "before", Opinion.PUBLIC))
        self._deal(OPINIONS_EACH, lambda part: setattr(part, "before", Opinion.PRIVATE))
        self._deal(OPINIONS_EACH, lambda part: setattr(part, "after", Opinion.PUBLIC))

    def _deal_silence(self) -> None:
        """People whom an Official Account can soon no longer write to."""
        for members in self._free.values():
            for player in [one for one in members if one.is_on_oa_only][:SILENT]:
                members.remove(player)
                part = self.parts[player.id]
                part.rsvp, part.quiz, part.evening = Rsvp.NEVER, Quiz.NOT, Evening.TYPES

    def _deal_two_messengers(self, players: list[Player]) -> None:
        """They begin the quiz on one and end it on the other."""
        for player in players:
            part = self.parts[player.id]
            if len(player.accounts) > 1 and part.quiz in {Quiz.TAPS, Quiz.TYPES}:
                part.quiz = Quiz.IN_TWO_GOES

    def _deal_help(self) -> None:
        """One who needs help, and the neighbour of the same branch who gives it."""
        members = next((m for m in self._free.values() if len(m) > 1), None)
        if members is None:
            return
        needs, helper = members.pop(), members.pop()
        self.parts[needs.id].rsvp = Rsvp.HELP
        self.parts[needs.id].evening = Evening.IS_HELPED
        self.parts[helper.id].helps = needs.id


def _everything_twice(part: Part) -> None:
    """Taps and types everything twice; letters of the quiz are tapped: typed twice they answer twice."""
    part.twice, part.types, part.by_link = True, True, False
    part.quiz, part.evening = Quiz.TAPS, Evening.TYPES
    part.before = Opinion.PUBLIC


def _asks_to_be_absent(part: Part) -> None:
    part.rsvp, part.evening = Rsvp.EXCUSE, Evening.STAYS_AWAY
