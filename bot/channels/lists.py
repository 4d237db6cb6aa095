"""Choices where there are no buttons: a list with the letter or number to type, and addresses as lines.

The keys are those that `bot.dialogue.offers` stores and the router takes: "2", "B", "b.", "câu b", the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.language import Choice, Say
from bot.offering import typed_key
from locales.text import Text, as_text
from members.names import fold

Rows = Sequence[Sequence[Choice]]


def listed(choices: Rows) -> Text:
    """One line a choice. Letters that stand for themselves (a question names its answers) share a line."""
    lines: list[str] = []
    letters: list[str] = []
    for key, choice in keyed(choices):
        if not key:
            lines.append(f"{choice.label}: {choice.url}")
        elif _is_its_own_key(choice, key):
            letters.append(choice.label)
        else:
            lines.append(f"{key}. {choice.label}")
    together = [" · ".join(letters)] if letters else []
    return as_text("\n".join([*together, *lines]))


def links_only(choices: Rows) -> Text:
    """Only the addresses, of a message whose other choices can no longer be typed."""
    return listed([[choice for choice in row if choice.url and not choice.data] for row in choices])


def keyed(choices: Rows) -> Iterator[tuple[str, Choice]]:
    """Each choice with the key to type; "" for one that only opens an address."""
    number = 0
    for choice in (choice for row in choices for choice in row):
        if choice.data:
            number += 1
            yield typed_key(choice, number), choice
        elif choice.url:
            yield "", choice


def lists_of(says: Sequence[Say]) -> list[Text]:
    """The list of each message of one answer. Only the last list can be typed, so only it has keys."""
    newest = next((n for n in range(len(says) - 1, -1, -1) if says[n].choices), -1)
    return [listed(say.choices) if n == newest else links_only(say.choices) for n, say in enumerate(says)]


def _is_its_own_key(choice: Choice, key: str) -> bool:
    """'B', or '☑ B' for one that is marked, by the key B."""
    letters = "".join(c for c in fold(choice.label) if c.isalnum() or c == " ")
    return letters.strip() == fold(key)
