"""Scene: opening the bot with the slip of paper, and agreeing."""

from simulator.month import labels as see
from simulator.month.acts import Actor


async def join(actor: Actor) -> None:
    """Go on from wherever this person stands: nothing yet, 'is it you?', consent, the name on the board."""
    if not actor.has_seen(see.HOME):
        if not actor.has_seen(see.IS_IT_YOU):
            await _show_slip(actor)
        if not actor.has_seen(f"{see.CONSENT}|{see.NAME_QUESTION}"):
            await actor.choose(see.YES_ME, see.CONSENT)
        if not actor.has_seen(see.NAME_QUESTION):
            await actor.choose(see.AGREE, see.NAME_QUESTION)
        await actor.choose(see.NAME_YES if actor.part.shows_name else see.NAME_NO, see.NAME_NOTED)
        await actor.sees(see.HOME)
    actor.stage.ledger.joined.add(actor.player.id)


async def _show_slip(actor: Actor) -> None:
    code = actor.player.code
    if actor.part.by_link:
        await actor.open_with("j-" + code.replace("-", ""), code, see.IS_IT_YOU)
    else:
        await actor.say(code, see.IS_IT_YOU)
