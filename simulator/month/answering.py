"""Scenes of members before the meeting: the invitation and the answer to it."""

from simulator.month import labels as see
from simulator.month.acts import Actor
from simulator.month.cast import Rsvp

_TYPED = ("tôi sẽ dự", "toi se du", "TÔI SẼ DỰ", "Sẽ dự")
_REASONS = ("Công tác", "Việc gia đình", "Ốm đau")


async def answer(actor: Actor) -> None:
    """Answer the invitation in this player's way; who answers late or never only reads it."""
    await actor.sees(see.INVITED)
    if actor.part.rsvp is Rsvp.EXCUSE:
        await actor.choose(see.EXCUSE, see.WHICH_REASON)
        await actor.choose(_REASONS[actor.player.id % len(_REASONS)], see.DONE_EXCUSE)
    elif actor.part.rsvp is Rsvp.HELP:
        await actor.choose(see.HELP, see.DONE_HELP)
    elif actor.part.rsvp is Rsvp.AT_ONCE:
        await say_coming(actor)


async def answer_late(actor: Actor) -> None:
    """Answer when asked again."""
    await actor.sees(see.ASKED)
    await say_coming(actor)


async def say_coming(actor: Actor) -> None:
    """'Tôi sẽ dự', tapped or typed."""
    if actor.part.types:
        await actor.say(_TYPED[actor.player.id % len(_TYPED)], see.DONE_COMING)
    else:
        await actor.choose(see.COMING, see.DONE_COMING)
