"""Conversations about check-in at the meeting."""

from __future__ import annotations

from bot.router import Feature, MenuItem, on, route
from handlers.checkin import actions, list_views, member, names, notices, run, views

CODE = r"(?:(?:toi )?(?:diem danh|co mat|ma)[: ]*)?(\d{3}[ .-]?\d{3})"
# Patterns come before steps: they must not swallow an opinion that begins with "đến muộn …".
NUMBERS = r"(\d{1,4}(?:(?: va |[ ,;]+)\d{1,4})*)"
NAMES = r"([^.!?:]{1,60})"

FEATURE = Feature(
    "checkin",
    actions=(
        on(actions.Start, member.started),
        on(actions.AskCode, member.asked),
        on(actions.Help, member.help_pressed),
        on(actions.HelpFor, member.help_for),
        on(actions.Open, run.open_pressed),
        on(actions.ReadCode, run.read_code),
        on(actions.Close, run.close_pressed),
        on(actions.Heads, run.heads_pressed),
        on(actions.Confirm, run.confirm),
        on(actions.Admit, run.admit),
        on(actions.Leave, run.leave),
        on(actions.ShowList, names.list_pressed),
        on(actions.Tick, names.tick),
        on(actions.Put, names.put),
    ),
    words=(
        route("checkin.word_start", member.start),
        route("checkin.word_here", member.i_am_here),
        route("checkin.word_help", member.whom_to_help),
        route("checkin.word_open", run.open_word),
        route("checkin.word_code", run.code_word),
        route("checkin.word_close", run.close_word),
        route("checkin.word_list", names.list_word),
    ),
    patterns=(
        route(CODE, member.typed_code),
        route(r"(?:tat ca|ca chi bo|du ca) co mat(?: tru (.{1,400}))?", names.all_but),
        route(rf"(?:diem danh ho|check in for) {NAMES}", member.help_named),
        route(rf"co mat {NAMES}", names.there),
        route(rf"den muon {NUMBERS}(?: phut)?", names.late),
        route(rf"vang mat {NUMBERS}", names.not_there),
        route(rf"vang co ly do {NUMBERS}", names.excused),
    ),
    payloads=(route("ci", member.scanned),),
    steps=(
        route(views.CODE_STEP, member.no_code),
        route(views.HELP_STEP, member.help_named),
        route(list_views.HEADS_STEP, run.heads_typed),
    ),
    notices={
        "checkin.open": notices.opened,
        "checkin.live": notices.live,
        "checkin.many_tries": notices.many_tries,
        "checkin.late_update": notices.late_update,
        "checkin.to_confirm": notices.to_confirm,
        "checkin.helped": notices.helped,
    },
    menu=(MenuItem("checkin.menu", actions.Start(), 10),),
)
