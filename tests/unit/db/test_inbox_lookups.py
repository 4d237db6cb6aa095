"""What is unfinished or set aside is found without reading all that is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db import depths, inbox
from tests.support.databases import fresh_session
from tests.support.plans import looks_at_all, plans_of

NOW = datetime(2026, 12, 3, 0, 30, tzinfo=UTC)
ASKED: dict[str, Callable[[Session], Any]] = {
    "at a start": inbox.unfinished,
    "of an account taken over": lambda session: inbox.take_over(session, ["telegram"], "7"),
    "of what another process had": lambda session: inbox.take_from_others(session, ["telegram"], "7"),
    "of what came": lambda session: inbox.take_new(session, ["telegram"], "7"),
    "set aside": inbox.aside,
    "put back": inbox.put_back,
    "whether something is put back": inbox.has_put_back,
    "what is put back": lambda session: inbox.take_put_back(session, ["telegram"]),
    "how much waits": lambda session: depths.depths(session, NOW),
    "held after a restore": lambda session: inbox.hold_all(session, "restored", NOW),
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_done_is_not_looked_through(asked: str) -> None:
    with fresh_session("sqlite") as session:
        with plans_of(session) as plans:
            ASKED[asked](session)
        of_inbox = [step for step in plans if "inbox" in step]
        assert of_inbox
        assert looks_at_all(of_inbox) == []
