"""Conversations about topic quizzes."""

from __future__ import annotations

from bot.router import Feature, MenuItem, on, prose, route
from handlers.quiz import actions, making, notices, praising, results, review, taking, views
from members.permissions import Right, has_somewhere

FEATURE = Feature(
    "quiz",
    actions=(
        on(actions.ShowIntro, taking.intro_choice),
        on(actions.Start, taking.start),
        on(actions.Pick, taking.pick),
        on(actions.Mark, taking.mark),
        on(actions.HandIn, taking.hand_in),
        on(actions.ShowKey, results.show_key),
        on(actions.ShowBoard, results.show_board),
        on(actions.NewRound, making.new_choice),
        on(actions.ChooseBranch, making.choose_branch),
        on(actions.ChooseTopic, making.choose_topic),
        on(actions.Create, making.create),
        on(actions.Cancel, making.cancel),
        on(actions.Review, review.review),
        on(actions.Approve, review.approve),
        on(actions.ApproveAll, review.approve_all),
        on(actions.Decline, review.decline),
        on(actions.PraiseMark, praising.mark),
        on(actions.PraiseSend, praising.send),
    ),
    words=(
        route("quiz.word.quiz", taking.intro_word),
        route("quiz.word.take", taking.take_word),
        route("quiz.word.practice", taking.practice_word),
        route("quiz.word.board", results.board_word),
        route("quiz.word.answers", results.answers_word),
        route("quiz.word.make", making.new_word),
        route("quiz.word.review", review.review_word),
    ),
    steps=(route(views.ANSWER_STEP, taking.typed), prose(praising.FORM_STEP, praising.form)),
    notices={
        "quiz.opened": notices.opened,
        "quiz.published": notices.published,
        "quiz.approval_asked": notices.approval_asked,
        "quiz.praised": praising.praised_notice,
    },
    menu=(
        MenuItem("quiz.menu", actions.ShowIntro(), 30),
        MenuItem("quiz.menu_make", actions.NewRound(), 65, lambda who: has_somewhere(who, Right.RUN_QUIZ)),
    ),
)
