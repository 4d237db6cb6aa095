"""Every error of the product, in one tree.

    MungBaError
    ├── Refused              the person cannot have this; carries a wording key for them
    │   ├── NotAllowed       rights say no (also said when the thing does not exist: no hints)
    │   ├── NotFound         gone, expired or never there
    │   ├── BadInput         what was typed, pressed or sent cannot be used
    │   └── TooManyTries     slow down; carries when to come again
    ├── StoreError           nothing was saved
    │   ├── StoreBusy        somebody else holds the database
    │   ├── StoreFull        no room, or the file may not be written
    │   └── StoreDamaged     the file is not what it should be
    ├── StartRefused         the process must not start; one plain sentence and what to do
    └── DeliveryError        a message did not go out
        ├── Unreachable      this person cannot be written to until they come back
        ├── OutsideWindow    this person cannot be written to now: too long silent, or a quota is used up
        ├── RetryAfter       the platform asks for patience (seconds)
        ├── ChatMoved        the group lives under a new id
        ├── TryLater         the platform is ill; the message may have been delivered
        ├── ChannelRefused   token or set-up is wrong; stop the channel
        └── MessageRefused   this message will never be accepted

`str(error)` is for the log. What the person reads is `key` with `args`, said by `locales/`.
"""

from __future__ import annotations


class MungBaError(Exception):
    """Base of the tree; `key` and `args_for_person` name a sentence in `locales/`."""

    key = "error.unexpected"

    def __init__(self, log_text: str = "", *, key: str | None = None, **args: str | int) -> None:
        super().__init__(log_text or key or self.key)
        if key is not None:
            self.key = key
        self.args_for_person: dict[str, str | int] = dict(args)


class Refused(MungBaError):
    """A clear no, with a sentence for the person saying what to do instead."""

    def __init__(self, key: str, **args: str | int) -> None:
        super().__init__(key, key=key, **args)


class NotAllowed(Refused):
    """Rights say no. The same words serve "not yours" and "does not exist"."""

    def __init__(self, key: str = "error.not_allowed", **args: str | int) -> None:
        super().__init__(key, **args)


class NotFound(Refused):
    """Gone, expired or never there."""


class BadInput(Refused):
    """What was typed, pressed or sent cannot be used."""


class TooManyTries(Refused):
    """Too many wrong codes; the sentence says when to come again or whom to ask."""


class StoreError(MungBaError):
    """Nothing of this use case was saved."""

    key = "error.not_saved"


class StoreBusy(StoreError):
    """Somebody else held the database longer than we wait."""

    key = "error.store_busy"


class StoreFull(StoreError):
    """No room on the disk, or the file may not be written."""

    key = "error.store_full"


class StoreDamaged(StoreError):
    """The database file is not what it should be."""


class StartRefused(MungBaError):
    """The process must not start. `str()` is one plain sentence with the remedy."""


class DeliveryError(MungBaError):
    """A message did not go out (or may not have)."""


class Unreachable(DeliveryError):
    """This person cannot be written to until they come back."""


class OutsideWindow(DeliveryError):
    """The platform lets nobody write to this person now, though the account stays good.

    They wrote too long ago, or a quota is used up: whoever must know is called instead.
    """


class RetryAfter(DeliveryError):
    """The platform asks for patience."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"retry after {seconds} s")
        self.seconds = seconds


class ChatMoved(DeliveryError):
    """The group became a supergroup with a new id."""

    def __init__(self, new_chat: str) -> None:
        super().__init__("chat moved")
        self.new_chat = new_chat


class TryLater(DeliveryError):
    """The platform is ill. `maybe_delivered` tells whether the message may have arrived."""

    def __init__(self, log_text: str, *, maybe_delivered: bool) -> None:
        super().__init__(log_text)
        self.maybe_delivered = maybe_delivered


class ChannelRefused(DeliveryError):
    """Token or set-up is wrong: the whole channel stops."""


class MessageRefused(DeliveryError):
    """This message will never be accepted by the platform."""


class Spent(MessageRefused):
    """The month's messages of the bot are used up, as far as can be told."""
