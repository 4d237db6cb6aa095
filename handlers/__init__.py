"""Conversations, one package a feature. `FEATURES` is the whole list; a new feature is added here."""

from __future__ import annotations

from bot.router import Audience, Feature, Handler
from handlers import (
    away,
    broadcast,
    budget,
    checkin,
    figures,
    group,
    home,
    invitation,
    joining,
    office,
    opinions,
    pages,
    planning,
    quiz,
)

FEATURES: tuple[Feature, ...] = (
    joining.FEATURE,
    home.FEATURE,
    invitation.FEATURE,
    planning.FEATURE,
    checkin.FEATURE,
    quiz.FEATURE,
    opinions.FEATURE,
    figures.FEATURE,
    group.FEATURE,
    office.FEATURE,
    pages.FEATURE,
    away.FEATURE,
    broadcast.FEATURE,
    budget.FEATURE,
)

GATES: dict[Audience, Handler] = {
    Audience.LINKED: joining.ask_to_join,
    Audience.MEMBER: joining.ask_for_consent,
}
