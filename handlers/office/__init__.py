"""Conversations about member lists and question banks sent as files."""

from __future__ import annotations

from bot.language import Kind
from bot.router import Feature, MenuItem, on, route
from handlers.office import receiving
from handlers.office.actions import Drop, FileIs, HowToSend, Import
from handlers.office.files import STEP
from members.permissions import Right, has_somewhere

FEATURE = Feature(
    "office",
    actions=(
        on(FileIs, receiving.file_is, reads_step=True),
        on(Import, receiving.import_file, reads_step=True),
        on(Drop, receiving.drop),
        on(HowToSend, receiving.how_to_send),
    ),
    words=(route("office.word.send", receiving.explain),),
    steps=(route(STEP, receiving.waiting),),
    kinds=(route(Kind.FILE, receiving.received),),
    menu=(
        MenuItem(
            "office.menu", HowToSend(), 90, shown_to=lambda who: has_somewhere(who, Right.MANAGE_ROSTER)
        ),
    ),
)
