"""Conversations about announcements to everybody of a branch or of the organisation."""

from __future__ import annotations

from bot.router import Feature, MenuItem, on, prose, route
from handlers.broadcast import actions as act
from handlers.broadcast import sending, views
from members.identity import Who
from members.permissions import Right, has_somewhere


def _announces(who: Who) -> bool:
    return has_somewhere(who, Right.ANNOUNCE)


FEATURE = Feature(
    "broadcast",
    actions=(
        on(act.Begin, sending.begin),
        on(act.Choose, sending.choose),
        on(act.Send, sending.send, reads_step=True),
        on(act.Stop, sending.stop),
    ),
    words=(route("broadcast.word.begin", sending.begin_word),),
    steps=(
        prose("broadcast.text", sending.text_typed),
        route("broadcast.sure", sending.not_yet),
    ),
    notices={"broadcast.text": views.announcement, "broadcast.progress": views.progress_notice},
    menu=(MenuItem("broadcast.menu", act.Begin(), 68, _announces),),
)
