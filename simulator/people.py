"""Adding and changing the people of the simulated world."""

from typing import Any

from simulator.errors import Refused
from simulator.models import Bot, Person
from simulator.world import World

MOST_CROWD = 100_000
_TEXTS = ("name", "role", "language", "note", "bot")


def change(person: Person, wish: dict[str, Any], bots: list[Bot]) -> None:
    """Take over the named fields. `started` true means: has pressed Start everywhere, without an update."""
    for name in _TEXTS:
        if name in wish:
            if not isinstance(wish[name], str):
                raise Refused(f"{name} must be a text")
            setattr(person, name, wish[name])
    if wish.get("bot") and person.bot not in {bot.username for bot in bots}:
        raise Refused(f"there is no bot called {person.bot[:40]!r}")
    if not person.name.strip():
        raise Refused("a person needs a name")
    for name in ("shown", "large"):
        if name in wish:
            setattr(person, name, bool(wish[name]))
    if wish.get("started") is True:
        person.started |= {bot.username for bot in bots}


def add_crowd(world: World, wish: dict[str, Any], bots: set[str]) -> range:
    """`count` people who have pressed Start with these bots, hidden from the page: one event for all."""
    count, name = wish.get("count"), wish.get("name", "Người")
    first = wish.get("first_id", world.next_person_id())
    if not isinstance(count, int) or not 1 <= count <= MOST_CROWD:
        raise Refused(f"count is 1 to {MOST_CROWD}")
    if not isinstance(first, int) or not 0 < first < 2**52 - count:
        raise Refused("first_id must be a positive whole number below 2^52")
    fields: dict[str, Any] = {field: wish[field] for field in ("role", "language") if field in wish}
    numbers = range(first, first + count)
    if any(number in world.people for number in numbers):
        raise Refused("some of these ids belong to somebody", 409)
    for place, number in enumerate(numbers, 1):
        person = Person(number, "", shown=False, started=set(bots))
        change(person, {**fields, "name": f"{name} {place}"}, [])
        world.keep_person(person, tell=False)
    world.events.tell("people", first=first, count=count)
    return numbers


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
