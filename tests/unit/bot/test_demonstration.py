"""The demo's kept files, where one was damaged meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo.demonstration import _fill_when_new, settings_for
from db.errors import StartRefused
from tests.support.paper import NOW


@pytest.mark.parametrize("content", [b"[]", b"\xff\xfe damaged", b'[{"id": 1}]', b""])
async def test_damaged_slips_are_named(tmp_path: Path, content: bytes) -> None:
    slips = tmp_path / "people.json"
    slips.write_bytes(content)
    with pytest.raises(StartRefused, match=r"people\.json is damaged: remove the folder"):
        await _fill_when_new(settings_for(8801, tmp_path), slips, NOW)
