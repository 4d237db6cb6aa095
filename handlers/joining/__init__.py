"""Conversations about joining: code, consent, "không phải tôi", leaving."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said, Say
from bot.router import Answer, Feature

FEATURE = Feature("joining")


async def ask_to_join(said: Said, ctx: Context) -> Answer:
    """What a stranger hears: how to join."""
    return Say(ctx.words("joining.please_join"))


async def ask_for_consent(said: Said, ctx: Context) -> Answer:
    """What somebody without consent hears: the consent question."""
    return Say(ctx.words("joining.consent"))
