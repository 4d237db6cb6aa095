"""Conversations about invitation, answers to it, excuses, the calendar."""

from __future__ import annotations

from bot.router import Feature

FEATURE = Feature("invitation")
