"""Every conversation script runs tapped and typed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.talk import MANNERS, Manner, Talk, talk_in


@pytest.fixture(params=MANNERS)
async def talk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Talk]:
    """A fresh installation; the script runs once with taps and once typed."""
    manner: Manner = request.param
    async with talk_in(tmp_path, manner) as started:
        yield started
