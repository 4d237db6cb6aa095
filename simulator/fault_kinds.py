"""The kinds of faults. A new one is one reader here and one line in `KINDS`."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from simulator import damage
from simulator.damage import Damage
from simulator.errors import Refused
from simulator.loopback import leads_to_this_machine
from simulator.wishes import Json, amount, choice, flag, seconds_between, whole

Draw = Callable[[Random], Damage]

_SERVER = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_SUPERGROUP = -1_000_000_000_000  # supergroups' ids lie below


@dataclass(frozen=True)
class Kind:
    """`read` checks a wish and gives what draws one damage; `lasting` kinds end only when told to."""

    read: Callable[[Json], Draw]
    reach: str = "sends"
    lasting: bool = False
    seconds: float | None = None  # when the wish names no limit


def _always(one: Damage) -> Draw:
    return lambda _random: one


def _refusing(code: int, description: str) -> Callable[[Json], Draw]:
    return lambda _wish: _always(Damage(code, description))


def _429(wish: Json) -> Draw:
    """`retry_after`: seconds, or [least, most]."""
    least, most = seconds_between(wish, "retry_after", 3)

    def draw(random: Random) -> Damage:
        after = random.randint(least, most)
        return Damage(429, f"Too Many Requests: retry after {after}", after)

    return draw


def _5xx(_wish: Json) -> Draw:
    def draw(random: Random) -> Damage:
        code = random.choice(list(_SERVER))
        return Damage(code, _SERVER[code])

    return draw


def _migrated(wish: Json) -> Draw:
    to = whole(wish, "to", _SUPERGROUP - 1)
    sentence = "Bad Request: group chat was upgraded to a supergroup chat"
    return _always(Damage(400, sentence, migrate_to=to))


def _lost(wish: Json) -> Draw:
    """Carried out, but no answer comes: `how` is close or hold (for `hold` seconds, 0: for ever)."""
    how = choice(wish, "how", (damage.CLOSE, damage.HOLD))
    return _always(Damage(wire=how, accepted=True, amount=amount(wish, "hold", 0)))


def _half_open(wish: Json) -> Draw:
    """The call goes nowhere and no answer comes; closed after `hold` seconds, 0: never."""
    return _always(Damage(wire=damage.HOLD, amount=amount(wish, "hold", 0)))


def _spoilt(wire: str, *, accepted: bool, setting: str = "", default: float = 0) -> Callable[[Json], Draw]:
    def read(wish: Json) -> Draw:
        value = float(whole(wish, setting, int(default))) if setting else 0.0
        return _always(Damage(wire=wire, accepted=flag(wish, "accepted", default=accepted), amount=value))

    return read


def _slow(wish: Json) -> Draw:
    rate = amount(wish, "bytes_per_second", 1)
    if not rate:
        raise Refused("bytes_per_second must be above zero; half_open answers nothing at all")
    accepted = flag(wish, "accepted", default=True)
    return _always(Damage(wire=damage.SLOW, accepted=accepted, amount=rate))


def _offline(_wish: Json) -> Draw:
    return _always(Damage(wire=damage.CLOSE, silent=True))


def _duplicates(wish: Json) -> Draw:
    """`times`: each update is delivered so often, however soon the bot confirms it."""
    if whole(wish, "times", 2) < 1:
        raise Refused("times must be 1 or more")
    return _always(Damage())


def _disorder(wish: Json) -> Draw:
    """`window`: updates shuffled together; `spread`: webhooks wait up to so many real seconds."""
    if whole(wish, "window", 200) < 1:
        raise Refused("window must be 1 or more")
    amount(wish, "spread", 0.2)
    return _always(Damage())


def _second_poller(wish: Json) -> Draw:
    """`every`: real seconds the other poller waits after it was thrown out; `steal`: it confirms, too."""
    amount(wish, "every", 1)
    flag(wish, "steal", default=False)
    return _always(Damage())


def _webhook_set(wish: Json) -> Draw:
    """`url`: where somebody else sends this bot's updates, a dead port of this machine by default."""
    url = wish.get("url", "")
    if not isinstance(url, str) or (url and not leads_to_this_machine(url)):
        raise Refused("url must be an address of this machine")
    return _always(Damage())


KINDS: dict[str, Kind] = {
    "429": Kind(_429),
    **{str(code): Kind(_refusing(code, text)) for code, text in _SERVER.items()},
    "5xx": Kind(_5xx),
    "accepted_lost": Kind(_lost),
    "half_open": Kind(_half_open),
    "reset": Kind(_spoilt(damage.RESET, accepted=True)),
    "truncated": Kind(_spoilt(damage.TRUNCATED, accepted=True)),
    "html": Kind(_spoilt(damage.HTML, accepted=False, setting="status", default=502)),
    "wrong_length": Kind(_spoilt(damage.LENGTH, accepted=True, setting="by", default=100)),
    "slow": Kind(_slow),
    "blocked": Kind(_refusing(403, "Forbidden: bot was blocked by the user")),
    "deactivated": Kind(_refusing(403, "Forbidden: user is deactivated")),
    "not_found": Kind(_refusing(400, "Bad Request: chat not found")),
    "migrated": Kind(_migrated),
    "entities": Kind(
        _refusing(
            400, "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 0"
        ),
        reach="marked",
    ),
    "401": Kind(_refusing(401, "Unauthorized"), reach="all", lasting=True),
    "offline": Kind(_offline, reach="all", seconds=10),
    "second_poller": Kind(_second_poller, reach="none", lasting=True),
    "webhook_set": Kind(_webhook_set, reach="none", lasting=True),
    "duplicates": Kind(_duplicates, reach="none", lasting=True),
    "disorder": Kind(_disorder, reach="none", lasting=True),
}
ALIASES = {"403": "blocked", "400": "not_found", "409": "second_poller", "chat_not_found": "not_found"}


def kind_of(wish: Json) -> str:
    """The kind's own name. Raises Refused."""
    named = str(wish.get("kind", ""))
    kind = ALIASES.get(named, named)
    if kind not in KINDS:
        raise Refused(f"unknown fault: {named[:40]!r}; known are none, flood, {', '.join(KINDS)}")
    return kind
