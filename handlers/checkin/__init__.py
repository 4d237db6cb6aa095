"""Conversations about check-in at the meeting."""

from __future__ import annotations

from bot.router import Feature

FEATURE = Feature("checkin")
