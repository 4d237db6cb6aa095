"""Conversations about the home menu and help."""

from __future__ import annotations

from bot.router import Feature

FEATURE = Feature("home")
