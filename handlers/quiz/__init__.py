"""Conversations about topic quizzes."""

from __future__ import annotations

from bot.router import Feature

FEATURE = Feature("quiz")
