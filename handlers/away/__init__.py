"""What people are told when the assistant was away."""

from __future__ import annotations

from bot.router import Feature
from handlers.away import notices

FEATURE = Feature("away", notices={"away.gap": notices.gap})
