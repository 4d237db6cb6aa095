"""Conversations about the secretary confirms or moves dates, sees who comes."""

from __future__ import annotations

from bot.router import Feature

FEATURE = Feature("planning")
