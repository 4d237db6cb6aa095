"""What a group may hear: results that everybody of the branch may see. Nothing private, nobody's absence."""

from __future__ import annotations

from bot.router import Feature, route
from handlers.group import results

FEATURE = Feature("group", group_words=(route("group.word.results", results.results_word),))
