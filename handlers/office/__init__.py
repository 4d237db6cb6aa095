"""Conversations about rosters and question banks sent as files."""

from __future__ import annotations

from bot.router import Feature

FEATURE = Feature("office")
