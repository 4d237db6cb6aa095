"""Scenes of the evening: the big screen, check-in, the neighbour's help, closing and confirming the list."""

import re
import ssl

import httpx

from simulator.month import labels as see
from simulator.month.acts import Actor, count_of
from simulator.month.cast import Evening
from simulator.month.phones import said_in
from simulator.month.scanning import link_in

_DIGITS = 6
_TYPED = ("{code}", "điểm danh {code}", "diem danh {code}", "co mat {code}")


class Screen:
    """The page on the wall of the room, at the address the secretary was told."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # spares reading certificates nobody needs here
        self._http = httpx.AsyncClient(timeout=20, trust_env=False, verify=context)

    async def code(self) -> str:
        """The six digits shown now."""
        numbers = (await self._http.get(f"{self._address}/now")).raise_for_status().json()
        return str(numbers["code"])

    async def link(self) -> str:
        """What the QR picture on the page says."""
        return link_in((await self._http.get(f"{self._address}/qr.svg")).raise_for_status().text)

    async def close(self) -> None:
        await self._http.aclose()


async def open_checkin(secretary: Actor) -> Screen:
    """'mở điểm danh': the address of the page is in the answer."""
    told = await secretary.say(see.OPEN_CHECKIN, see.OPENED)
    found = re.search(see.SCREEN, said_in(told))
    if found is None:
        raise ValueError(f"no address of the screen in {said_in(told)!r}")
    return Screen(found[0])


async def check_in(actor: Actor, screen: Screen) -> None:
    """Type the code of the wall or scan it; presence goes into the bookkeeping."""
    way = actor.part.evening
    late = way is Evening.COMES_LATE
    sight = see.LATE if late else see.PRESENT
    if actor.part.twice:
        sight = f"{sight}|{see.ALREADY}"
    if way is Evening.WRONG_FIRST:
        await actor.say(_wrong(await screen.code()), see.WRONG_CODE)
    if way is Evening.SCANS and actor.account.has_links:
        await actor.scan(await screen.link(), sight)
    elif actor.part.types or way is not Evening.TYPES or actor.phone.with_choice(see.HERE) is None:
        typed = _TYPED[actor.player.id % len(_TYPED)]
        await actor.say(typed.format(code=await screen.code()), sight)
    else:
        await actor.choose(see.HERE, see.ASK_CODE)
        await actor.say(await screen.code(), sight)
    actor.stage.ledger.presence[actor.player.id] = "late" if late else "present"


def _wrong(code: str) -> str:
    """Another code than the one shown: one digit off."""
    return code[:-1] + str((int(code[-1]) + 5) % 10)


async def help_neighbour(actor: Actor, neighbour: Actor) -> None:
    """'điểm danh hộ' for somebody in the room; the neighbour hears who did it."""
    await actor.say(f"điểm danh hộ {neighbour.player.name}", see.HELPED)
    actor.stage.ledger.presence[neighbour.player.id] = "present"
    await neighbour.sees(see.YOU_WERE_HELPED)


async def close_and_confirm(secretary: Actor, expected: int) -> None:
    """Close, say the number of heads, confirm; the number told must be the one of the bookkeeping."""
    await secretary.say(see.CLOSE_CHECKIN, see.CLOSED)
    await secretary.choose(see.RIGHT_COUNT, see.SAME)
    told = await secretary.choose(see.CONFIRM, see.CONFIRMED)
    found = count_of(told, see.CONFIRMED)[0]
    branch = secretary.player.branch
    secretary.stage.ledger.expect(f"present, as the secretary of {branch} is told", expected, found)
