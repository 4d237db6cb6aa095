"""Conversations about personal pages: 'link' brings the links of what there is to do now."""

from __future__ import annotations

from bot.router import Feature, route
from handlers.pages import asking

FEATURE = Feature("pages", words=(route("pages.word.link", asking.links),))
