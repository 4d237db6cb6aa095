"""Conversations about joining: code, consent, "không phải tôi", leaving, my record and my messengers, helping
others join."""

from __future__ import annotations

from bot.language import Kind
from bot.router import Audience, Feature, MenuItem, on, route
from handlers.joining import (
    consenting,
    copying,
    entering,
    helping,
    helping_views,
    linking,
    linking_views,
    moving,
    parting,
    record,
)
from handlers.joining.actions import (
    AskWhose,
    Consent,
    ItIsMe,
    Leave,
    LinkMore,
    MyCopy,
    MyData,
    MyRecord,
    NewCode,
    NotMe,
    ShowName,
    Unlink,
    WhoJoined,
)
from handlers.joining.entering import ask_for_consent, ask_to_join
from members.permissions import Right, has_somewhere

__all__ = ["FEATURE", "ask_for_consent", "ask_to_join"]

PRINTED_CODE = r"(?=.*[a-z])(?=.*[2-9])[0-9a-tv-z]{4}-[0-9a-tv-z]{4}"

FEATURE = Feature(
    "joining",
    actions=(
        on(ItIsMe, entering.it_is_me, Audience.LINKED),
        on(NotMe, parting.not_me, Audience.ANYONE),
        on(Consent, consenting.answered, Audience.LINKED),
        on(ShowName, consenting.show_name),
        on(Leave, parting.leave, Audience.ANYONE),
        on(MyRecord, record.show_record),
        on(MyData, record.show_data),
        on(MyCopy, copying.copy_tapped),
        on(WhoJoined, helping.who_joined),
        on(AskWhose, helping.ask_whose),
        on(NewCode, helping.new_code),
        on(LinkMore, linking.link_more),
        on(Unlink, linking.undo),
    ),
    words=(
        route("joining.word.not_me", parting.typed_not_me, Audience.ANYONE),
        route("joining.word.leave", parting.typed_leave, Audience.LINKED),
        route("record.word.mine", record.my_record_typed),
        route("record.word.data", record.my_data_typed),
        route("record.word.copy", copying.copy_typed),
        route("joining.word.who_joined", helping.who_joined_typed),
        route("joining.word.new_code", helping.ask_whose_typed),
        route("linking.word.link", linking.link_typed),
    ),
    patterns=(route(PRINTED_CODE, entering.typed_code, Audience.ANYONE),),
    payloads=(
        route("j", entering.opened_with_code, Audience.ANYONE),
        route("", entering.opened, Audience.ANYONE),
    ),
    steps=(route(helping_views.WHOSE, helping.named),),
    kinds=(
        route(Kind.BLOCKED, entering.blocked, Audience.ANYONE),
        route(Kind.UNBLOCKED, entering.unblocked, Audience.ANYONE),
    ),
    notices={
        "joining.not_me_told": helping_views.not_me_told,
        "joining.has_left": helping_views.has_left,
        "joining.alarm": helping_views.alarm,
        "linking.linked": linking_views.linked,
        "linking.undone": linking_views.undone,
        "moving.ask": moving.ask,
        "moving.went": moving.went,
    },
    menu=(
        MenuItem("record.menu", MyRecord(), 50),
        MenuItem(
            "joining.menu", WhoJoined(), 75, shown_to=lambda who: has_somewhere(who, Right.HELP_JOINING)
        ),
    ),
)
