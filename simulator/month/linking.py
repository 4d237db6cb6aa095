"""Scene: somebody with two messengers links the second by the code that the first one shows."""

import re

from simulator.month import labels as see
from simulator.month.acts import Actor
from simulator.month.phones import said_in


async def link(actor: Actor) -> None:
    """The code comes in the first chat and is typed in the second: both hear of it; no second consent."""
    told = await actor.say(see.LINK_WORD, see.LINK_CODE)
    found = re.search(see.LINK_CODE, said_in(told), re.IGNORECASE)
    if found is None:
        raise ValueError(f"no code in {said_in(told)!r}")
    actor.turn()
    await actor.say(found[1], see.LINKED_HERE)
    await actor.sees(see.LINKED_THERE)
    actor.linked = True
