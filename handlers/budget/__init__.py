"""Conversations about the month's messages of a bot."""

from __future__ import annotations

from bot.router import Feature, MenuItem, on, route
from handlers.budget import showing, views
from handlers.budget.actions import ShowBudget
from members.permissions import Right, has_somewhere

FEATURE = Feature(
    "budget",
    actions=(on(ShowBudget, showing.show),),
    words=(route("budget.word.show", showing.show_typed),),
    notices={
        "budget.spent": views.spent,
        "budget.spent_told": views.spent_told,
        "budget.full_told": views.full_told,
    },
    menu=(
        MenuItem("budget.menu", ShowBudget(), 90, shown_to=lambda who: has_somewhere(who, Right.SEE_BUDGET)),
    ),
)
