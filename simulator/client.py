"""What test scripts do with a running simulator: people's acts, the clock, and waiting for messages.

Needs httpx; the simulator itself does not.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from simulator.client_levers import Levers

Json = dict[str, Any]
Predicate = Callable[[Json], bool]


class SimRefused(Exception):
    """The simulator answered 4xx; the text is its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status = status


@dataclass(frozen=True)
class File:
    """Something to send: name, bytes, kind (document, photo, voice, sticker), caption."""

    name: str
    data: bytes
    kind: str = "document"
    caption: str = ""


def _anything(_message: Json) -> bool:
    return True


class SimClient(Levers):
    """The people door. `bot` may be left out everywhere while there is one bot.

    Messages are the dictionaries of the people door: id, from, text, entities, buttons, file …
    """

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"X-Sim-Key": key},
            timeout=30,
            trust_env=False,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # spares reading certificates nobody needs here
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: Any) -> Json:
        return _answer(await self._http.get(f"/sim/{path}", params=_given(query)))

    async def post(self, path: str, **values: Any) -> Json:
        return _answer(await self._http.post(f"/sim/{path}", json=_given(values)))

    async def state(self, *, people: bool = True) -> Json:
        """With ten thousand people this is long: `people=False` leaves them out."""
        return await self.get("state", people=int(people))

    async def add_person(self, name: str, **fields: Any) -> int:
        """The person's id. Fields: id, role, bot, large, language, shown; started=True: knows the bots."""
        return int((await self.post("people", name=name, **fields))["id"])

    async def add_people(self, people: list[Json]) -> list[int]:
        """Many at once; fields as for `add_person`, `name` among them."""
        return [int(person["id"]) for person in (await self.post("people", people=people))["people"]]

    async def add_crowd(self, count: int, **fields: Any) -> range:
        """`count` people who pressed Start long ago, not shown on the page; the range of their ids.

        Fields: bot (whose Start; all bots by default), name, role, language, first_id.
        """
        made = await self.post("people/crowd", count=count, **fields)
        return range(int(made["first"]), int(made["last"]) + 1)

    async def received(self, text: str, *, exact: bool = False, bot: str | None = None) -> dict[int, int]:
        """How many of the bot's messages each person has that hold `text` (or are it); nobody with none."""
        found = await self.get("received", text=text, exact=int(exact), bot=bot)
        return {int(person): int(count) for person, count in found.items()}

    async def change_person(self, person: int, **fields: Any) -> Json:
        return _answer(await self._http.patch(f"/sim/people/{person}", json=fields))

    async def add_bot(self, token: str, username: str, title: str = "", platform: str = "telegram") -> Json:
        """`platform`: telegram, zalo_bot, or zalo_oa with a token as simulator/models.py Bot has it."""
        title = title or username
        return await self.post("bots", token=token, username=username, title=title, platform=platform)

    async def zalo(
        self, bot: str, webhook: str | None = None, *, check: bool = True, **switches: Any
    ) -> Json:
        """Turn switches of a Zalo account (simulator/zalo/switches.py); answers them all, and its figures.

        `webhook`: where an Official Account's events go, as its owner sets it on Zalo's page, which looks
        whether the address answers 200 (unless `check` is False).
        """
        return await self.post("zalo", bot=bot, webhook=webhook, check=check, switches=switches)

    async def zalo_met(self, bot: str, people: list[int]) -> dict[int, str]:
        """These people have written to the account before, without an update now; their ids there."""
        ids = (await self.post("zalo/met", bot=bot, people=people))["ids"]
        return {int(person): str(chat) for person, chat in ids.items()}

    async def zalo_group(self, bot: str, title: str) -> int:
        """A new group with this bot in it; its number serves as `person` of `messages` and `chat`."""
        return int((await self.post("zalo/group", bot=bot, title=title))["id"])

    async def say_in_group(
        self, person: int, group: int, text: str, bot: str, *, mention: bool = True
    ) -> int:
        values = {"person": person, "group": group, "bot": bot, "text": text, "mention": mention}
        return int((await self.post("zalo/group/say", **values))["message_id"])

    async def start(self, person: int, payload: str = "", bot: str | None = None) -> int:
        return int((await self.post("start", person=person, bot=bot, payload=payload))["message_id"])

    async def say(self, person: int, text: str, bot: str | None = None) -> int:
        return int((await self.post("say", person=person, bot=bot, text=text))["message_id"])

    async def scan(self, person: int, link: str) -> int:
        return int((await self.post("scan", person=person, link=link))["message_id"])

    async def tap(
        self,
        person: int,
        label: str | None = None,
        *,
        message_id: int | None = None,
        at: tuple[int, int] | None = None,
        data: str | None = None,
        bot: str | None = None,
    ) -> Json:
        """Press by label (of the newest message that has it, or of one message), by place, or forge `data`.

        Answers {"callback_id"} or {"url"}.
        """
        row, column = at or (None, None)
        where = {"message_id": message_id, "row": row, "column": column}
        return await self.post("tap", person=person, bot=bot, label=label, data=data, **where)

    async def edit(self, person: int, message_id: int, text: str, bot: str | None = None) -> None:
        await self.post("edit", person=person, bot=bot, message_id=message_id, text=text)

    async def block(self, person: int, *, blocked: bool = True, bot: str | None = None) -> None:
        await self.post("block", person=person, bot=bot, blocked=blocked)

    async def send_file(self, person: int, file: File, bot: str | None = None) -> int:
        values = _given({"person": str(person), "bot": bot, "kind": file.kind, "caption": file.caption})
        parts = {"file": (file.name, file.data)}
        return int(_answer(await self._http.post("/sim/file", data=values, files=parts))["message_id"])

    async def send_location(
        self, person: int, latitude: float, longitude: float, bot: str | None = None
    ) -> int:
        where = {"latitude": str(latitude), "longitude": str(longitude)}
        values = _given({"person": str(person), "bot": bot, "kind": "location", **where})
        return int(_answer(await self._http.post("/sim/file", data=values, files={}))["message_id"])

    async def file(self, file_id: str) -> bytes:
        answer = await self._http.get(f"/sim/files/{file_id}")
        if answer.is_error:
            _answer(answer)
        return answer.content

    async def chat(self, person: int, bot: str | None = None, limit: int = 200) -> Json:
        """{"messages", "keyboard", "menu"}; looking so leaves messages unread."""
        return await self.get(f"chats/{person}", bot=bot, limit=limit, peek=1)

    async def messages(self, person: int, bot: str | None = None) -> list[Json]:
        """What the bot has said to this person, oldest first."""
        chat = await self.chat(person, bot)
        return [message for message in chat["messages"] if message["from"] == "bot"]

    async def read(self, person: int, bot: str | None = None) -> None:
        await self.post("read", person=person, bot=bot)

    async def clock(self) -> Json:
        state = await self.get("state", people=0)
        return {"now": state["now"], "offset": state["offset"], "follower": state["follower"]}

    async def clock_to(self, moment: str) -> Json:
        """Set the simulated time to an ISO 8601 moment, forward or back."""
        return await self.post("clock", to=moment)

    async def advance(self, seconds: float) -> Json:
        return await self.post("clock", advance=seconds)

    async def to_next_due(self) -> Json:
        """Go to the moment the bot said is due next; SimRefused 409 when it said nothing."""
        return await self.post("clock", to_next_due=True)

    async def raw(self, update: Json | str, bot: str | None = None) -> int:
        """Queue any update, even a malformed one; a text goes out as it stands."""
        name = "raw" if isinstance(update, str) else "update"
        return int((await self.post("raw", bot=bot, **{name: update}))["update_id"])

    async def delete(self, path: str) -> Json:
        return _answer(await self._http.delete(f"/sim/{path}"))

    async def events(self, since: int = -1) -> AsyncGenerator[Json]:
        """Events after `since`; -1 means from now on. Endless: break out of it."""
        async with self._http.stream("GET", "/sim/events", params={"since": since}, timeout=None) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])

    async def wait_for(self, wanted: Predicate, timeout: float = 10, since: int = -1) -> Json:  # noqa: ASYNC109
        """The first event that is wanted. Raises TimeoutError."""
        async with asyncio.timeout(timeout), aclosing(self.events(since)) as events:
            async for event in events:
                if wanted(event):
                    return event
        raise TimeoutError("the simulator ended its stream")

    async def wait_for_message(
        self,
        person: int,
        wanted: Predicate = _anything,
        timeout: float = 10,  # noqa: ASYNC109 - said in the brief of every script
        *,
        after: int = 0,
        bot: str | None = None,
    ) -> Json:
        """A wanted message of the bot, new or edited, with an id above `after`: the newest there is,
        else the next to come. Raises TimeoutError with what the person sees instead."""

        def fits(message: Json) -> bool:
            return message["from"] == "bot" and message["id"] > after and wanted(message)

        def arrived(event: Json) -> bool:
            mine = event["type"] in {"message", "edited"} and event["person"] == person
            return mine and bot in (None, event["bot"]) and fits(event["message"])

        since = (await self.get("state", people=0))["last_event"]
        seen = await self.messages(person, bot)
        for message in reversed(seen):
            if fits(message):
                return message
        try:
            found: Json = (await self.wait_for(arrived, timeout, since))["message"]
        except TimeoutError:
            texts = [
                message["text"] or message["caption"] for message in (await self.messages(person, bot))[-3:]
            ]
            raise TimeoutError(f"no such message for {person} in {timeout} s; last were {texts}") from None
        return found


def _given(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}


def _answer(answer: httpx.Response) -> Json:
    if answer.is_error:
        try:
            sentence = str(answer.json()["error"])
        except (ValueError, KeyError):
            sentence = answer.text[:200]
        raise SimRefused(answer.status_code, sentence)
    value: Json = answer.json()
    return value
