"""Scene: the quiz of the month."""

import random
import re

from simulator.month import labels as see
from simulator.month.acts import Actor, count_of
from simulator.month.cast import Quiz
from simulator.month.knowledge import Asked, Knowledge, read_question
from simulator.month.phones import Json, said_in

_NEXT = f"{see.QUESTION}|{see.RESULT}"
_MANY = "nhiều phương án đúng"


class Taker:
    """One member taking the quiz."""

    def __init__(self, actor: Actor, knowledge: Knowledge, seed: int) -> None:
        self._actor = actor
        self._knowledge = knowledge
        self._chance = random.Random(seed * 1_000 + actor.player.id)  # noqa: S311 - guesses in a play
        self._right: list[bool | None] = []

    async def take(self) -> None:
        """All of it, as this player does it."""
        way = self._actor.part.quiz
        if way is Quiz.NOT:
            return
        await self._actor.say(see.QUIZ_WORD, see.QUIZ_INTRO)
        first = await self._actor.choose(see.TAKE, see.QUESTION)
        half = _total(first) // 2 if way is Quiz.IN_TWO_GOES else 0
        shown: Json | None = first
        while shown is not None:
            shown = await self._answer(shown)
            if half and len(self._right) == half:
                shown = await self._go_on_later()
        if way is Quiz.TRIES_TWICE:
            await self._try_again()

    async def _answer(self, shown: Json) -> Json | None:
        """Answer the question on the screen; the next one, or nothing when it was the last."""
        asked = read_question(said_in(shown))
        if asked is None:
            raise ValueError(f"not a question: {said_in(shown)!r}")
        letters = self._knowledge.choose(asked, self._actor.part.skill, self._chance)
        after = await self._give(asked, letters, many=_MANY in said_in(shown))
        self._right.append(self._knowledge.is_right(asked, letters))
        self._actor.stage.ledger.answers[self._actor.player.id] += 1
        if re.search(see.QUESTION, said_in(after)):
            return after
        self._finish(after)
        return None

    async def _give(self, asked: Asked, letters: list[str], *, many: bool) -> Json:
        here = rf"Câu {asked.number}/{asked.total} "
        next_one = rf"Câu {asked.number + 1}/{asked.total} |{see.RESULT}"
        if self._actor.part.quiz is Quiz.TYPES:
            return await self._type(letters, here if many and len(letters) == 1 else "", next_one)
        if not many:
            return await self._actor.choose(letters[0], next_one)
        for count, letter in enumerate(letters, start=1):
            chosen = ", ".join(sorted(letters[:count]))
            await self._actor.choose(letter, rf"{here}.*Đang chọn: {chosen}")
        return await self._actor.choose(see.DONE_MARKING, next_one)

    async def _type(self, letters: list[str], here: str, next_one: str) -> Json:
        """One letter alone, where several may be right, is marked first and then handed in."""
        if not here:
            return await self._actor.say(" ".join(letters), next_one)
        await self._actor.say(letters[0], rf"{here}.*Đang chọn: {letters[0]}")
        return await self._actor.say(see.DONE_MARKING, next_one)

    def _finish(self, result: Json) -> None:
        """The score told must be the one of the answers given."""
        told = count_of(result, see.RESULT)
        ledger, player = self._actor.stage.ledger, self._actor.player
        ledger.scores[player.id] = (told[0], told[1])
        ledger.expect(f"questions answered by {player.name}", told[1], len(self._right))
        if None not in self._right:
            ledger.expect(f"score of {player.name}", sum(map(bool, self._right)), told[0])

    async def _go_on_later(self) -> Json:
        """Who has two messengers goes on in the other one."""
        if self._actor.linked:
            self._actor.turn()
        await self._actor.say(see.QUIZ_WORD, see.GOING_ON)
        return await self._actor.choose(see.GO_ON, see.QUESTION)

    async def _try_again(self) -> None:
        """A second go is refused, and the first score stands."""
        told = await self._actor.say(see.QUIZ_WORD, see.DONE_BEFORE)
        player, ledger = self._actor.player, self._actor.stage.ledger
        ledger.expect(
            f"second go of {player.name}", ledger.scores[player.id], count_of(told, see.DONE_BEFORE)
        )


def _total(shown: Json) -> int:
    asked = read_question(said_in(shown))
    return asked.total if asked else 0


async def read_results(actor: Actor) -> None:
    """The board came by itself; whoever took part finds the own score in it, and looks at an answer."""
    board = await actor.sees(see.BOARD)
    score = actor.stage.ledger.scores.get(actor.player.id)
    if score is not None:
        own = f"đúng {score[0]}/{score[1]} câu" in said_in(board)
        actor.stage.ledger.expect(f"own score on the board of {actor.player.name}", True, own)  # noqa: FBT003
        await actor.choose(see.ANSWERS, see.ANSWER_KEY)
