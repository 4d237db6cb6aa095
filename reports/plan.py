"""What a month costs in messages: an estimate from above, for one member who does everything."""

from __future__ import annotations

CHECKIN = 3  # the notice, "6 số", the confirmation
QUIZ_BESIDES = 4  # it is open, the introduction, the result joins the last question, it is published
OPINIONS = 2  # the question before the meeting, the thanks
ANSWER = 1  # to "tôi sẽ dự"


def messages_a_member(reminders: int, questions: int) -> int:
    """Invitation and reminders, the answer to them, check-in, one quiz, opinions."""
    return reminders + ANSWER + CHECKIN + questions + QUIZ_BESIDES + OPINIONS
