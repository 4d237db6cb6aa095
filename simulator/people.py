"""Adding and changing the people of the simulated world."""

from typing import Any

from simulator.errors import Refused
from simulator.models import Bot, Person
from simulator.world import SKINS, World

_TEXTS = ("name", "role", "skin", "language", "note")


def change(person: Person, wish: dict[str, Any], bots: list[Bot]) -> None:
    """Take over the named fields. `started` true means: has pressed Start everywhere, without an update."""
    for name in _TEXTS:
        if name in wish:
            if not isinstance(wish[name], str):
                raise Refused(f"{name} must be a text")
            setattr(person, name, wish[name])
    if person.skin not in SKINS:
        raise Refused(f"skin is one of {', '.join(SKINS)}")
    if not person.name.strip():
        raise Refused("a person needs a name")
    if "shown" in wish:
        person.shown = bool(wish["shown"])
    if wish.get("started") is True:
        person.started |= {bot.username for bot in bots}


def add(world: World, wish: dict[str, Any]) -> Person:
    """A new person, or the known one when the id is known: then only named fields change."""
    number = wish["id"] if "id" in wish else world.next_person_id()
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**52:
        raise Refused("id must be a positive whole number below 2^52")
    known = world.people.get(number)
    person = known or Person(number, "")
    change(person, wish, list(world.bots.values()))
    world.keep_person(person)
    return person
