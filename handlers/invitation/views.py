"""Invitations, reminders and answers as messages."""

from __future__ import annotations

from bot.context import Context
from bot.language import Choice, Expects, Say, choice, rows
from handlers.invitation.actions import Answering, Excusing, Schedule
from locales.dates import clock_text, day_text, moment_text, month_text, weekday_text
from locales.text import Text, join
from meetings.tables import ExcuseReason, ExcuseState, MeetingState, RsvpAnswer
from meetings.upcoming import MeetingSeen, MyMeeting

CONTENT_LENGTH = 300  # an invitation stays short; the rest is said at the meeting


def moment_of(meeting: MeetingSeen, ctx: Context) -> str:
    """'19 giờ 30, thứ Năm 03/12/2026'."""
    return moment_text(meeting.starts_at, ctx.settings.zone, ctx.words)


def day_of(meeting: MeetingSeen, ctx: Context) -> str:
    """'03/12/2026'."""
    return day_text(ctx.home.local_day(meeting.starts_at))


def title_of(meeting: MeetingSeen, ctx: Context) -> Text:
    """'sinh hoạt chi bộ thường kỳ tháng 12/2026'."""
    return ctx.words(f"invitation.kind_{meeting.kind}", month=month_text(meeting.period))


def facts(meeting: MeetingSeen, ctx: Context) -> list[Text]:
    """Moment, place, content."""
    when_where = ctx.words("invitation.when_where", moment=moment_of(meeting, ctx), place=meeting.place)
    return [when_where, *about(meeting, ctx)]


def about(meeting: MeetingSeen, ctx: Context) -> list[Text]:
    """Agenda and topic, where written."""
    words, lines = ctx.words, []
    if meeting.agenda:
        lines.append(words("invitation.content", agenda=_points(meeting.agenda)))
    if meeting.topic:
        lines.append(words("invitation.topic", topic=meeting.topic))
    return lines


def invitation(mine: MyMeeting, ctx: Context) -> Say:
    """The three facts and the three choices."""
    head = ctx.words("invitation.invite", name=ctx.me.full_name, title=title_of(mine.meeting, ctx))
    return Say(join([head, *facts(mine.meeting, ctx)]), rows(*answer_choices(mine, ctx)))


def ask(mine: MyMeeting, ctx: Context) -> Say:
    """To those without an answer."""
    text = ctx.words("reminder.ask", moment=moment_of(mine.meeting, ctx), place=mine.meeting.place)
    return Say(text, rows(*answer_choices(mine, ctx)))


def soon(mine: MyMeeting, ctx: Context) -> Say:
    """Shortly before: place and hour, in other words for those who have not answered."""
    key = "reminder.soon_coming" if mine.answer else "reminder.soon_silent"
    clock = clock_text(mine.meeting.starts_at, ctx.settings.zone, ctx.words)
    text = ctx.words(key, day=_near_day(mine.meeting, ctx), clock=clock, place=mine.meeting.place)
    return Say(text, rows(*answer_choices(mine, ctx)))


def moved(mine: MyMeeting, ctx: Context) -> Say:
    """The right moment, to those who knew another one."""
    text = ctx.words("invitation.moved", moment=moment_of(mine.meeting, ctx), place=mine.meeting.place)
    again = [ctx.words(f"invitation.still_{mine.answer}")] if mine.answer else []
    return Say(join([text, *again]), rows(*answer_choices(mine, ctx)))


def called_off(meeting: MeetingSeen, ctx: Context) -> Say:
    """The meeting does not take place."""
    return Say(ctx.words("invitation.called_off", moment=moment_of(meeting, ctx)))


def excuse_decided(mine: MyMeeting, ctx: Context) -> Say:
    """To the member who asked to be absent."""
    approved = mine.excuse is ExcuseState.APPROVED
    key = "invitation.excuse_approved" if approved else "invitation.excuse_declined"
    choices = () if approved else rows(_answer(mine.meeting, RsvpAnswer.COMING, ctx))
    return Say(ctx.words(key, day=day_of(mine.meeting, ctx)), choices)


def answered(mine: MyMeeting, ctx: Context) -> Say:
    """What counts now, and how to change it."""
    key = f"invitation.done_{mine.answer}"
    text = ctx.words(key, moment=moment_of(mine.meeting, ctx), place=mine.meeting.place)
    return Say(text, rows(*answer_choices(mine, ctx)), instead=True)


def reasons(meeting: MeetingSeen, ctx: Context, *, again: bool = False) -> Say:
    """The question for a reason: categories only."""
    choices = [choice(ctx.words(f"invitation.reason_{r}"), Excusing(meeting.id, r)) for r in ExcuseReason]
    question = ctx.words("invitation.which_reason", day=day_of(meeting, ctx))
    text = join([ctx.words("invitation.choose_reason"), question]) if again else question
    return Say(text, rows(*choices, per_row=2), expects=Expects("invitation.reason", {"meeting": meeting.id}))


def schedule(mine: MyMeeting | None, ahead: list[MeetingSeen], ctx: Context) -> Say:
    """The next meeting and the dates after it."""
    if mine is None:
        return Say(join([ctx.words("invitation.none_planned"), *_later(ahead, ctx)]))
    head = ctx.words("invitation.next", title=title_of(mine.meeting, ctx))
    lines = [head, *facts(mine.meeting, ctx)]
    if mine.answer:
        lines.append(ctx.words(_standing_key(mine)))
    others = [meeting for meeting in ahead if meeting.id != mine.meeting.id]
    return Say(join([*lines, *_later(others[:1], ctx)]), rows(*answer_choices(mine, ctx)))


def too_late(sentence: Text, mine: MyMeeting | None, ctx: Context) -> Say:
    """An old button: why not, and the next meeting."""
    if mine is None:
        return Say(join([sentence, ctx.words("invitation.none_planned")]))
    head = ctx.words("invitation.next", title=title_of(mine.meeting, ctx))
    return Say(join([sentence, head, *facts(mine.meeting, ctx)]), rows(*answer_choices(mine, ctx)))


def answer_choices(mine: MyMeeting, ctx: Context) -> list[Choice]:
    """The answers that would change something."""
    offered: tuple[RsvpAnswer, ...] = (RsvpAnswer.COMING, RsvpAnswer.EXCUSE, RsvpAnswer.NEEDS_HELP)
    if mine.answer in (RsvpAnswer.COMING, RsvpAnswer.EXCUSE):
        offered = offered[:2]
    return [_answer(mine.meeting, answer, ctx) for answer in offered if answer is not mine.answer]


def to_schedule(ctx: Context) -> Choice:
    """A choice that shows the next meeting."""
    return choice(ctx.words("invitation.menu"), Schedule())


def _answer(meeting: MeetingSeen, answer: RsvpAnswer, ctx: Context) -> Choice:
    return choice(ctx.words(f"invitation.answer_{answer}"), Answering(meeting.id, answer))


def _standing_key(mine: MyMeeting) -> str:
    if mine.answer is RsvpAnswer.EXCUSE:
        return f"invitation.standing_excuse_{mine.excuse}"
    return f"invitation.standing_{mine.answer}"


def _later(ahead: list[MeetingSeen], ctx: Context) -> list[Text]:
    """One line a date; a date to be confirmed says so."""
    keys = {True: "invitation.later_open", False: "invitation.later"}
    return [ctx.words(keys[m.state is MeetingState.TO_CONFIRM], moment=moment_of(m, ctx)) for m in ahead[:2]]


def _near_day(meeting: MeetingSeen, ctx: Context) -> str:
    day = ctx.home.local_day(meeting.starts_at)
    key = {0: "reminder.today", 1: "reminder.tomorrow"}.get((day - ctx.today).days)
    return ctx.words.plain(key) if key else weekday_text(day, ctx.words)


def _points(agenda: tuple[str, ...]) -> str:
    text = "; ".join(f"{n}) {point}" for n, point in enumerate(agenda, start=1))
    return text if len(text) <= CONTENT_LENGTH else f"{text[:CONTENT_LENGTH].rstrip()}…"
