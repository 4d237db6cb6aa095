"""A committee member makes a round: topic, proposed moments, confirmed."""

from __future__ import annotations

from bot.context import Context
from bot.language import Said, Say, choice, rows
from bot.router import Answer
from handlers.quiz import views
from handlers.quiz.actions import Cancel, ChooseBranch, ChooseTopic, Create, NewRound
from quizzes import planning, rounds
from quizzes.planning import Proposal

MOST_TOPICS = 8


async def new_word(said: Said, ctx: Context) -> Answer:
    """'tạo bài trắc nghiệm'."""
    branches = await ctx.store.read(planning.branches_led, ctx.me)
    if len(branches) == 1:
        return await _topics(ctx, branches[0].id)
    offered = [choice(branch.name, ChooseBranch(branch.id)) for branch in branches]
    return Say(ctx.words("quiz.which_branch"), rows(*offered))


async def new_choice(said: Said, ctx: Context, action: NewRound) -> Answer:
    """The same from the menu."""
    return await new_word(said, ctx)


async def choose_branch(said: Said, ctx: Context, action: ChooseBranch) -> Answer:
    """For which branch."""
    return await _topics(ctx, action.branch)


async def choose_topic(said: Said, ctx: Context, action: ChooseTopic) -> Answer:
    """Show the round as it would be made."""
    quiz = ctx.settings.quiz
    proposal = await ctx.store.read(
        planning.propose,
        ctx.me,
        action.branch,
        action.topic,
        ctx.now,
        zone=ctx.settings.zone,
        count=quiz.questions,
        minutes=quiz.minutes,
    )
    return _proposal(ctx, proposal)


async def create(said: Said, ctx: Context, action: Create) -> Answer:
    """[Tạo bài], [Mở ngay]."""
    quiz = ctx.settings.quiz
    topic = await ctx.store.read(rounds.topic_named, action.topic)
    made = await ctx.store.write(
        rounds.make_round,
        ctx.me,
        action.branch,
        topic,
        ctx.now,
        zone=ctx.settings.zone,
        count=quiz.questions,
        minutes=quiz.minutes,
        at_once=action.at_once,
    )
    text = ctx.words(
        "quiz.made",
        title=views.title(ctx, made.title),
        questions=made.questions,
        since=views.when(ctx, made.opens_at),
        until=views.when(ctx, made.closes_at),
    )
    cancel = choice(ctx.words("quiz.cancel_button"), Cancel(made.id))
    return Say(text, rows(cancel) if made.opens_at > ctx.now else (), instead=True)


async def cancel(said: Said, ctx: Context, action: Cancel) -> Answer:
    """[Hủy bài này]."""
    await ctx.store.write(rounds.cancel_round, ctx.me, action.round, ctx.now)
    return Say(ctx.words("quiz.cancelled"), instead=True)


async def _topics(ctx: Context, branch_id: int) -> Say:
    found = await ctx.store.read(planning.topics, ctx.me, branch_id, ctx.now, ctx.settings.zone)
    if not found:
        return Say(ctx.words("quiz.no_topics"))
    offered = [
        choice(
            ctx.words("quiz.topic", name=views.title(ctx, topic.name), n=topic.questions),
            ChooseTopic(branch_id, topic.key),
        )
        for topic in found[:MOST_TOPICS]
    ]
    return Say(ctx.words("quiz.which_topic"), rows(*offered))


def _proposal(ctx: Context, seen: Proposal) -> Say:
    meeting = (
        ctx.words("quiz.for_meeting", moment=views.when(ctx, seen.meeting_at))
        if seen.meeting_at
        else ctx.words("quiz.no_meeting")
    )
    text = ctx.words(
        "quiz.proposal",
        topic=views.title(ctx, seen.topic.name),
        questions=seen.questions,
        minutes=seen.minutes,
        since=views.when(ctx, seen.times.opens_at),
        until=views.when(ctx, seen.times.closes_at),
        meeting=meeting,
    )
    make = choice(ctx.words("quiz.create_button"), Create(seen.branch_id, seen.topic.key, at_once=False))
    at_once = choice(ctx.words("quiz.at_once_button"), Create(seen.branch_id, seen.topic.key, at_once=True))
    other = choice(ctx.words("quiz.other_topic_button"), ChooseBranch(seen.branch_id))
    ahead = [at_once] if seen.times.opens_at > ctx.now else []
    return Say(text, rows(make, *ahead, other), instead=True)
