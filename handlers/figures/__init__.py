"""Conversations about participation figures for leaders and members."""

from __future__ import annotations

from bot.router import Feature, MenuItem, on, route
from handlers.figures import actions, notices, showing
from members.permissions import Right, has_somewhere

FEATURE = Feature(
    "figures",
    actions=(on(actions.Figures, showing.figures), on(actions.Newest, showing.newest)),
    words=(route("figures.word.figures", showing.figures_word),),
    notices={"figures.month": notices.month},
    menu=(MenuItem("figures.menu", actions.Newest(), 70, lambda who: has_somewhere(who, Right.SEE_FIGURES)),),
)
