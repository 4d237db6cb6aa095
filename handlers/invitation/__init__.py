"""Conversations about invitation, answers to it, excuses, the calendar."""

from __future__ import annotations

from bot.router import Feature, MenuItem, on, prose, route
from handlers.invitation import answering, notices
from handlers.invitation.actions import Answering, Excusing, Schedule

FEATURE = Feature(
    "invitation",
    actions=(
        on(Answering, answering.pressed),
        on(Excusing, answering.reason_chosen),
        on(Schedule, answering.schedule),
    ),
    words=(
        route("invitation.word.schedule", answering.schedule),
        route("invitation.word.coming", answering.says_coming),
        route("invitation.word.excuse", answering.says_excuse),
        route("invitation.word.help", answering.says_help),
    ),
    steps=(prose("invitation.reason", answering.reason_typed),),
    notices={
        "invitation.invite": notices.invite,
        "invitation.ask": notices.ask,
        "invitation.soon": notices.soon,
        "invitation.moved": notices.moved,
        "invitation.called_off": notices.called_off,
        "invitation.excuse_decided": notices.excuse_decided,
    },
    menu=(MenuItem("invitation.menu", Schedule(), 20),),
)
