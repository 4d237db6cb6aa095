"""From what was said to the handler that answers. Registration is explicit: one `Feature` a room.

Order of decisions: a pressed action · a link's payload · a choice typed by its letter, number or words ·
a command word · a pattern ("điểm danh 482193") · the step the person is in the middle of · the kind.
Everything is open to members only, unless a route says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any, TypeVar

from msgspec import Struct, field
from sqlalchemy.orm import Session

from bot.context import Context
from bot.language import Action, Kind, Said, Say
from db.conversation import Conversation
from locales.words import spellings
from members.identity import Who
from members.names import fold


class Deed(Struct, frozen=True):
    """A use case that many share (`Store.write_each`), and what is said to what comes of it.

    It is done in the transaction that keeps the answer: a handler returns it where nothing else follows.
    """

    use_case: Callable[[Session, Sequence[Any]], Sequence[Any]]
    item: Any
    say: Callable[[Any], Say | list[Say] | None]


Answer = Say | list[Say] | Deed | None
Handler = Callable[[Said, Context], Awaitable[Answer]]
NoticeView = Callable[[Context, dict[str, Any]], Awaitable[Say | None]]
A = TypeVar("A", bound=Action)
LETTERS = "abcdefgh"
T = TypeVar("T")


class Audience(IntEnum):
    """Who may use a route."""

    ANYONE = 0
    LINKED = 1  # joined, consent not yet given
    MEMBER = 2


class ActionRoute(Struct, frozen=True):
    """Reached by a choice. `reads_step`: the handler needs what the chat is in the middle of."""

    action: type[Action]
    handler: Callable[[Said, Context, Any], Awaitable[Answer]]
    audience: Audience
    reads_step: bool = False


class Route(Struct, frozen=True):
    """Reached by a command word, a pattern over folded text, a payload prefix, a step or a kind."""

    name: str
    handler: Handler
    audience: Audience
    prose: bool = False


class MenuItem(Struct, frozen=True):
    """An entry of the home menu; `label` is a wording key, `shown_to` decides by posts."""

    label: str
    action: Action
    order: int
    shown_to: Callable[[Who], bool] = lambda _who: True


class Feature(Struct, frozen=True):
    """All that one room of conversations registers."""

    name: str
    actions: tuple[ActionRoute, ...] = ()
    words: tuple[Route, ...] = ()
    patterns: tuple[Route, ...] = ()
    payloads: tuple[Route, ...] = ()
    steps: tuple[Route, ...] = ()
    kinds: tuple[Route, ...] = ()
    notices: dict[str, NoticeView] = field(default_factory=dict)
    menu: tuple[MenuItem, ...] = ()
    group_words: tuple[Route, ...] = ()  # what members may ask for in a group: only what everybody may see


def on(
    action: type[A],
    handler: Callable[[Said, Context, A], Awaitable[Answer]],
    audience: Audience = Audience.MEMBER,
    *,
    reads_step: bool = False,
) -> ActionRoute:
    """A route for a typed action."""
    return ActionRoute(action, handler, audience, reads_step)


def route(name: str, handler: Handler, audience: Audience = Audience.MEMBER) -> Route:
    """A route for a word key, pattern, payload prefix, step or kind."""
    return Route(name, handler, audience)


def prose(name: str, handler: Handler) -> Route:
    """A step that takes any text in people's own words; a number alone is a choice of an older list."""
    return Route(name, handler, Audience.MEMBER, prose=True)


class Reached(Struct, frozen=True):
    """The handler found for what was said, ready to call."""

    call: Handler
    audience: Audience
    found: tuple[str, ...] = ()
    prose: bool = False


class Router:
    """All features together. Two that claim the same word, action, step or notice are refused."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self.features = tuple(features)
        self._actions = _by_name((r.action.code, r) for f in self.features for r in f.actions)
        self._words = _by_name(
            (fold(word), r) for f in self.features for r in f.words for word in spellings(r.name)
        )
        self._patterns = [(re.compile(r.name), r) for f in self.features for r in f.patterns]
        self._payloads = _by_name((r.name, r) for f in self.features for r in f.payloads)
        self._steps = _by_name((r.name, r) for f in self.features for r in f.steps)
        self._kinds = _by_name((r.name, r) for f in self.features for r in f.kinds)
        self._group_words = _by_name(
            (fold(word), r) for f in self.features for r in f.group_words for word in spellings(r.name)
        )
        self.notices = _by_name((n, view) for f in self.features for n, view in f.notices.items())
        self.menu = sorted((item for f in self.features for item in f.menu), key=lambda i: i.order)

    def find(self, said: Said, conversation: Conversation) -> Reached | None:
        """Where this leads, or None when nobody claims it."""
        if said.kind is Kind.CHOICE:
            return self._by_action(said.data)
        if said.kind is Kind.START:
            return self._by_payload(said.text)
        if said.kind is Kind.TEXT and said.text.strip():
            return self._by_text(fold(said.text), conversation)
        if said.kind is Kind.FILE:
            return self._by_step(conversation) or self._by_kind(Kind.FILE)
        return self._by_kind(said.kind)

    def reads_step(self, said: Said) -> bool:
        """Whether it depends on what the chat is in the middle of where this leads, or what is done there."""
        if said.kind is not Kind.CHOICE:
            return True
        claimed = self._actions.get(said.data.partition(":")[0])
        return claimed is not None and claimed.reads_step

    def find_in_group(self, said: Said) -> Reached | None:
        """Where a command word leads in a group; nothing else leads anywhere there."""
        claimed = self._group_words.get(fold(said.text)) if said.kind is Kind.TEXT else None
        return Reached(claimed.handler, claimed.audience) if claimed else None

    def _by_text(self, typed: str, conversation: Conversation) -> Reached | None:
        command = self._words.get(typed)
        if command is not None:
            return Reached(command.handler, command.audience)
        offered = _offered(typed, conversation)
        if offered is not None:
            return self._by_action(offered)
        for pattern, claimed in self._patterns:
            match = pattern.fullmatch(typed)
            if match:
                return Reached(claimed.handler, claimed.audience, match.groups())
        return self._by_step(conversation)

    def _by_action(self, data: str) -> Reached | None:
        code, *parts = data.split(":")
        claimed = self._actions.get(code)
        if claimed is None:
            return None
        try:
            action = claimed.action.decode(parts)
        except (ValueError, TypeError):
            return None

        async def call(said: Said, ctx: Context) -> Answer:
            answer: Answer = await claimed.handler(said, ctx, action)
            return answer

        return Reached(call, claimed.audience)

    def _by_payload(self, payload: str) -> Reached | None:
        prefix, _, rest = payload.partition("-")
        claimed = self._payloads.get(prefix) or self._payloads.get("")
        if claimed is None:
            return None
        return Reached(claimed.handler, claimed.audience, (rest,))

    def _by_step(self, conversation: Conversation) -> Reached | None:
        claimed = self._steps.get(conversation.expects or "")
        return Reached(claimed.handler, claimed.audience, prose=claimed.prose) if claimed else None

    def _by_kind(self, kind: Kind) -> Reached | None:
        claimed = self._kinds.get(kind)
        return Reached(claimed.handler, claimed.audience) if claimed else None


def _offered(typed: str, conversation: Conversation) -> str | None:
    """The choice that "2", "b", "b.", "câu b" or its own words mean: its key first, then its place."""
    bare = typed.removeprefix("cau ").removeprefix("chon ").rstrip(".) ")
    for offer in conversation.offered:
        if (offer.key and bare == fold(offer.key)) or typed == fold(offer.label):
            return offer.data
    for place, offer in enumerate(conversation.listed):
        if bare and bare in {str(place + 1), LETTERS[place : place + 1]}:
            return offer.data
    return None


def _by_name(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    table: dict[str, T] = {}
    for name, claimed in pairs:
        if table.get(name, claimed) is not claimed:
            raise ValueError(f"'{name}' is claimed twice")
        table[name] = claimed
    return table
