"""What stands on a phone: the messages that a channel's calls make, and whether they tell what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.lists import keyed
from bot.language import Choice, Say


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. `carries` comes back when it is pressed; `url` opens a page instead."""

    label: str
    carries: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as it stands on a phone."""

    text: str
    buttons: tuple[Button, ...] = ()
    picture: bool = False
    file: bytes | None = None
    message: str = ""  # the platform's number of it

    def button(self, choice: Choice) -> Button | None:
        """The button that shows this choice."""
        wanted = Button(choice.label, choice.data, choice.url)
        return next((button for button in self.buttons if button == wanted), None)


def assert_conveyed(says: Sequence[Say], shown: Sequence[Shown], toast: str = "") -> None:
    """No word, choice, picture or file of an answer is lost on its way to the phone."""
    told, at = squeezed("".join(one.text for one in shown)), 0
    for say in says:
        words = squeezed(say.text.plain)
        at = told.find(words, at)
        assert at >= 0, f"lost on the way: {say.text.plain!r}"
        at += len(words)
        if not (say.text or say.picture or say.file):
            assert squeezed(say.toast) in squeezed(toast) + told, f"lost on the way: {say.toast!r}"
    pictures = [say for say in says if say.picture and not say.file]
    assert sum(one.picture for one in shown) == len(pictures)
    assert [say.file.data for say in says if say.file] == [one.file for one in shown if one.file is not None]
    newest = next((say for say in reversed(says) if say.choices), None)
    if newest is not None:
        _assert_offered(newest, shown, told)


def _assert_offered(say: Say, shown: Sequence[Shown], told: str) -> None:
    for key, choice in keyed(say.choices):
        as_button = any(one.button(choice) for one in shown)
        written = (choice.label + choice.url) if not key else key_line(key, choice)
        assert as_button or squeezed(written) in told.replace(":http", "http"), (
            f"not offered: {choice.label!r}"
        )


def key_line(key: str, choice: Choice) -> str:
    """How a list shows a choice: its key before it, unless its label is the key."""
    return choice.label if key in choice.label else f"{key}. {choice.label}"


def squeezed(text: str) -> str:
    """Without white space: messages may be cut and joined anywhere."""
    return "".join(text.split())
