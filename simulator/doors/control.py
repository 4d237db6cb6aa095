"""The simulator's own levers: state, clock, journal, faults, events, updates put in by hand."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from simulator.clock import iso, moment_of
from simulator.doors.reading import json_body, number, query_number, text
from simulator.errors import Refused
from simulator.fault_panel import PANEL
from simulator.models import Bot
from simulator.programme import Programme
from simulator.telegram.door import Door
from simulator.telegram.platform import Telegram
from simulator.zalo.acts import ZaloActs
from simulator.zalo.platform import Zalo, platform_of

_JOURNAL_PAGE = 500
_MAX_PAGE = 100_000
_TOKEN_HINT = 4

Json = dict[str, Any]


class Control:
    def __init__(self, telegram: Telegram, door: Door, zalo: Zalo) -> None:
        self._telegram = telegram
        self._zalo = zalo
        self._door = door
        self._world = telegram.world
        self._programme = Programme(telegram)

    async def state(self, request: Request) -> Json:
        """Everything but the chats; people=0 leaves out the people, who may be ten thousand."""
        world = self._world
        people = [] if request.query_params.get("people") == "0" else world.people.values()
        return {
            **world.clock_view(),
            "follower": world.clock.follower.view(),
            "bots": [self._bot_view(bot) for bot in world.bots.values()],
            "people": [world.person_view(person) for person in people],
            "last_event": world.events.last,
            "faults": self._programme.view(),
        }

    def _bot_view(self, bot: Bot) -> Json:
        mode, pending = self._zalo.standing(bot) or self._standing(bot)
        return {
            "username": bot.username,
            "platform": bot.platform,
            "title": bot.title,
            "token_hint": f"{bot.id}:…{bot.token[-_TOKEN_HINT:]}",
            "mode": mode,
            "pending": pending,
        }

    def _standing(self, bot: Bot) -> tuple[str, int]:
        queue = self._telegram.queues[bot.username]
        queue.expire()
        return self._telegram.mode(bot), len(queue.items)

    async def add_bot(self, request: Request) -> Json:
        """{"token", "username", "title"?, "platform"?}: one more bot, as the platforms themselves make them.

        `platform` is telegram, zalo_bot or zalo_oa; an Official Account's token as models.Bot has it.
        """
        values = await json_body(request)
        token, username = text(values, "token"), text(values, "username")
        title, platform = text(values, "title", username), text(values, "platform", "telegram")
        bot = self._world.add_bot(token, username, title, platform_of(platform, token))
        self._telegram.join(bot)
        self._zalo.join(bot)
        self._door.serve_webhook(bot.username)
        return self._bot_view(bot)

    async def follow_clock(self, request: Request) -> Json:
        """What the program that follows the clock asks; it may tell how far it has got."""
        query = request.query_params
        if query:
            applied = number(dict(query), "applied") if query.get("applied") else None
            due = moment_of(query["next_due"].replace(" ", "+")) if query.get("next_due") else None
            backlog = query_number(request, "backlog", 0) if query.get("backlog") else None
            before = self._world.clock.follower.next_due
            self._world.clock.follower.told(applied, due, backlog)
            if due != before:
                self._world.events.tell("clock", **self._world.clock_view())
        return {"offset": self._world.clock.offset}

    async def set_clock(self, request: Request) -> Json:
        values = await json_body(request)
        clock = self._world.clock
        if "offset" in values:
            clock.move(number(values, "offset"))
        elif "advance" in values:
            clock.move(clock.offset + number(values, "advance"))
        elif "to" in values:
            clock.move_to(moment_of(text(values, "to")))
        elif values.get("to_next_due") is True:
            self._to_next_due()
        else:
            raise Refused("say offset, advance, to or to_next_due")
        self._world.moved_clock()
        return {"now": iso(clock.now()), "offset": clock.offset}

    def _to_next_due(self) -> None:
        clock = self._world.clock
        due = clock.follower.next_due
        if due is None:
            raise Refused("the bot has not said when something is due next", 409)
        if due > clock.now():
            clock.move_to(due)

    async def journal(self, request: Request) -> Json:
        since = query_number(request, "since", 0)
        limit = query_number(request, "limit", _JOURNAL_PAGE, _MAX_PAGE)
        journal = self._world.journal
        return {"first": journal.first, "last": journal.last, "calls": journal.since(since, limit)}

    async def counters(self, _request: Request) -> Json:
        return self._world.journal.counters()

    async def fault(self, request: Request) -> Json:
        """Begin one fault, or end some; {"kind": "flood", "on": bool} switches the natural limits."""
        self._programme.wish(await json_body(request))
        return self._programme.view()

    async def end_fault(self, request: Request) -> Json:
        name = request.path_params["name"]
        if not self._world.faults.drop(name):
            raise Refused(f"there is no fault {name[:40]!r}", 404)
        return self._programme.view()

    async def faults(self, _request: Request) -> Json:
        """What is active, and what the page offers: [{"id", "vi", "en", "wish"}]."""
        return {**self._programme.view(), "panel": PANEL}

    async def schedule(self, request: Request) -> Json:
        """A script of faults in place of the one before; an empty one just ends that."""
        return self._programme.run_script(await json_body(request))

    async def verdict(self, _request: Request) -> Json:
        return self._world.verdict.view()

    async def reset_verdict(self, _request: Request) -> Json:
        self._world.verdict.reset(self._world.clock.now())
        return self._world.verdict.view()

    async def raw(self, request: Request) -> Json:
        values = await json_body(request)
        update = values.get("update", values.get("raw"))
        if not isinstance(update, dict | str):
            raise Refused("say update (an object) or raw (a text)")
        bot = self._world.bot(values.get("bot"))
        if bot.platform != "telegram":
            return {"update_id": ZaloActs(self._zalo).hand(bot).raw(update)}
        return {"update_id": self._telegram.queues[bot.username].add_raw(update)}

    async def events(self, request: Request) -> Response:
        """Server-sent events; since=-1 means from now on."""
        since = query_number(request, "since", 0)
        last = request.headers.get("last-event-id", "")
        since = int(last) if last.isdecimal() else since
        stream = self._world.events.stream(self._world.events.last if since < 0 else since)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return StreamingResponse(stream, 200, headers, "text/event-stream")
