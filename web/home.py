"""What the pages are given by the process that serves them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from db.store import Store
from locales.words import Words
from meetings.checkin import CheckinRules


class WebHome(Struct, frozen=True):
    """The installation as pages see it. `start_link(payload)` opens the bot in which members check in.

    `public_url`: the address at which phones reach the pages.
    """

    store: Store
    words: Words
    checkin: CheckinRules
    start_link: Callable[[str], str]
    now: Callable[[], datetime]
    public_url: str = ""
