"""What a chat is in the middle of, and what can be typed there: the newest list, and words of older ones.

A letter or number means the newest list alone. Words of an older list count until something else is asked for
in words of one's own: where there are buttons an older button can be pressed just so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.orm import Session

from bot.language import Choice, Expects, Said, Say
from db import conversation as conversations
from db.conversation import Conversation, Offer, Step
from members import identity
from members.names import fold

OLDER_WORDS = 12  # choices of older lists whose words still count
SHORTEST_WORD = 3  # letters; shorter ones are keys of a list
Answered = tuple[Said, Sequence[Say]]


def steps_after(session: Session, answers: Sequence[Answered]) -> list[Step]:
    """The next steps of the chats that were answered so; none where it stays as it is."""
    steps = [step for said, says in answers if (step := _step_after(said, says))]
    before = _standing_before(session, [step for step in steps if step.conversation.expects is None])
    return [_beside_older(step, before.get((step.channel, step.chat, step.user))) for step in steps]


def _step_after(said: Said, says: Sequence[Say]) -> Step | None:
    if not says or all(say.keeps_step for say in says):
        return None
    expects = next((say.expects for say in reversed(says) if say.expects), None) or Expects("")
    standing = Conversation(expects.step or None, expects.data, offers(says))
    return Step(said.channel, said.chat, said.user, standing, said.at)


def _standing_before(session: Session, steps: Sequence[Step]) -> dict[tuple[str, str, str], Conversation]:
    moments: dict[str, dict[tuple[str, str], datetime]] = {}
    for step in steps:
        moments.setdefault(step.channel, {})[step.chat, step.user] = step.now
    return {
        (channel, chat, user): found
        for channel, places in moments.items()
        for (chat, user), found in conversations.load_all(session, channel, places).items()
    }


def _beside_older(step: Step, before: Conversation | None) -> Step:
    if before is None or before.expects is not None:
        return step
    offered = _with_older_words(step.conversation.offered, before.offered)
    return replace(step, conversation=replace(step.conversation, offered=offered))


class Notice(Struct, frozen=True):
    """A message of the outbox that goes to a chat, or has arrived there."""

    channel: str
    chat: str
    say: Say
    now: datetime


def expect_words(session: Session, going: Sequence[Notice]) -> list[None]:
    """Notices are about to be sent: they may be answered sooner than we have recorded that they arrived.

    Their words count from now on, their numbers when it is sure that they were shown.
    """
    return _keep_beside(session, going, _expecting)


def keep_offers(session: Session, arrived: Sequence[Notice]) -> list[None]:
    """Choices of notices can be typed too; whatever the person is in the middle of stays.

    There a number means the notice, which was shown last, unless the step has numbers of its own. The words
    of both count.
    """
    return _keep_beside(session, arrived, _after)


Told = tuple[Offer, ...]
Place = tuple[str, str]
"""Channel and chat."""


def _keep_beside(
    session: Session, all_shown: Sequence[Notice], offered: Callable[[Conversation, Told], Told]
) -> list[None]:
    told = [(one, offers([one.say])) for one in all_shown if one.say.choices]
    standing = _standing_at(session, [one for one, choices in told if choices])
    for one, choices in told:
        if choices:
            step = standing[one.channel, one.chat]
            at = replace(step.conversation, offered=offered(step.conversation, choices))
            standing[one.channel, one.chat] = replace(step, conversation=at, now=one.now)
    conversations.keep_all(session, list(standing.values()))
    return [None] * len(all_shown)


def _standing_at(session: Session, shown: Sequence[Notice]) -> dict[Place, Step]:
    """What the private chats are in the middle of; a chat's own id stands for a user we do not know."""
    chats: dict[str, dict[str, datetime]] = {}
    for one in shown:
        chats.setdefault(one.channel, {})[one.chat] = one.now
    found: dict[Place, Step] = {}
    for channel, moments in chats.items():
        readers = identity.readers_of(session, channel, moments)
        users = {chat: readers[chat].user if chat in readers else chat for chat in moments}
        places = {(chat, users[chat]): now for chat, now in moments.items()}
        for (chat, user), at in conversations.load_all(session, channel, places).items():
            found[channel, chat] = Step(channel, chat, user, at, moments[chat])
    return found


def _expecting(standing: Conversation, told: Told) -> Told:
    return standing.listed + _words([*told, *standing.offered])


def _after(standing: Conversation, told: Told) -> Told:
    if standing.expects is None:
        return _with_older_words(told, standing.offered)
    own = {offer.key for offer in standing.listed}
    added = tuple(replace(one, key="") if one.key in own else one for one in told)
    return _with_older_words(standing.listed + added, standing.offered)


def _with_older_words(newest: tuple[Offer, ...], older: Sequence[Offer]) -> tuple[Offer, ...]:
    said = {fold(offer.label) for offer in newest}
    return newest + _words([offer for offer in older if fold(offer.label) not in said])


def _words(some: Sequence[Offer]) -> tuple[Offer, ...]:
    """These without their numbers, each of its words once: the first ones are the newest."""
    by_words: dict[str, Offer] = {}
    for offer in some:
        if len(fold(offer.label)) >= SHORTEST_WORD:
            by_words.setdefault(fold(offer.label), replace(offer, key=""))
    return tuple(by_words.values())[:OLDER_WORDS]


def offers(says: Sequence[Say]) -> tuple[Offer, ...]:
    """The choices of the last message that has any, by letter or number and by their words."""
    last = next((say for say in reversed(says) if say.choices), None)
    if last is None:
        return ()
    flat = [choice for row in last.choices for choice in row if choice.data]
    return tuple(Offer(typed_key(c, n), c.label, c.data) for n, c in enumerate(flat, start=1))


def typed_key(choice: Choice, number: int) -> str:
    """The letter or number by which a choice can be typed."""
    return choice.key or str(number)
