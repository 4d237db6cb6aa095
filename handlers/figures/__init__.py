"""Conversations about participation figures for leaders and members."""

from __future__ import annotations

from bot.router import Feature

FEATURE = Feature("figures")
