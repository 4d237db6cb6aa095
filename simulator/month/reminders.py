"""The reminders of a meeting, told apart by their words."""

import re

from simulator.month import labels as see

_STEPS = (
    ("d-7", re.compile(rf"{see.INVITED} .* dự ")),
    ("d-3", re.compile(see.ASKED)),
    ("d-1", re.compile(rf"Ngày mai, .*{see.SOON}")),
    ("d-0", re.compile(rf"Hôm nay, .*{see.SOON}")),
)


def reminder_in(text: str) -> str | None:
    """Which reminder a message is, if it is one."""
    return next((step for step, pattern in _STEPS if pattern.search(text)), None)
