"""Conversations about opinions and their answers."""

from __future__ import annotations

from bot.router import Feature

FEATURE = Feature("opinions")
