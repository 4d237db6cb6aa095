"""Conversations about opinions and their answers."""

from __future__ import annotations

from bot.router import Feature, MenuItem, on, prose, route
from handlers.opinions import actions, notices, reading, views, writing
from members.permissions import Right, has_somewhere

FEATURE = Feature(
    "opinions",
    actions=(
        on(actions.Write, writing.write_pressed),
        on(actions.Send, writing.send, reads_step=True),
        on(actions.Again, writing.again),
        on(actions.ShowOwn, reading.show_own),
        on(actions.ShowBranch, reading.show_branch),
        on(actions.ShowWaiting, reading.show_waiting),
        on(actions.Reply, reading.reply),
        on(actions.Put, reading.put),
    ),
    words=(
        route("opinions.word.write", writing.write_word),
        route("opinions.word.own", reading.own_word),
        route("opinions.word.branch", reading.branch_word),
        route("opinions.word.waiting", reading.waiting_word),
    ),
    steps=(
        prose(views.TEXT_STEP, writing.text_typed),
        route(views.CHOOSE_STEP, writing.choose_first),
        prose(views.ANSWER_STEP, reading.answer_typed),
    ),
    notices={
        "opinions.step": notices.step,
        "opinions.waiting": notices.waiting,
        "opinions.before": notices.before,
        "opinions.after": notices.after,
    },
    menu=(
        MenuItem("opinions.menu", actions.Write(), 40),
        MenuItem(
            "opinions.menu_waiting",
            actions.ShowWaiting(0),
            66,
            lambda who: has_somewhere(who, Right.ANSWER_OPINIONS),
        ),
    ),
)
