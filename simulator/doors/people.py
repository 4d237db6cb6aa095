"""People, chats and acts of the people door: `/sim/people`, `/sim/chats`, `/sim/say` and their like."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from simulator import people
from simulator.camera import link_in_picture
from simulator.doors.reading import flag, json_body, number, query_number, text, whole
from simulator.errors import Refused
from simulator.models import Bot, Person, Post
from simulator.telegram.acts import Acts
from simulator.telegram.methods_bot import menu_for
from simulator.telegram.platform import Telegram
from simulator.views import post_view
from simulator.world import World
from simulator.zalo.acts import ZaloActs
from simulator.zalo.platform import Zalo

_MAX_UPLOAD = 60 * 1024 * 1024
_CHAT_LIMIT = 200

Json = dict[str, Any]


class People:
    """Each method answers one route with a JSON object."""

    def __init__(self, telegram: Telegram, zalo: Zalo) -> None:
        self._world: World = telegram.world
        self._telegram = Acts(telegram)
        self._zalo = ZaloActs(zalo)

    def _hand(self, bot: Bot) -> Acts | ZaloActs:
        return self._telegram if bot.platform == "telegram" else self._zalo

    def _scan(self, person: Person, link: str) -> int:
        opened = self._zalo.scan(person, link)
        return self._telegram.scan(person, link) if opened is None else opened

    def _who(self, values: Json) -> tuple[Person, Bot]:
        return self._world.person(values.get("person")), self._world.bot(values.get("bot"))

    async def add(self, request: Request) -> Json:
        """One person, or many at once as {"people": […]}."""
        values = await json_body(request)
        if not isinstance(values.get("people"), list):
            return self._world.person_view(people.add(self._world, values))
        if not all(isinstance(wish, dict) for wish in values["people"]):
            raise Refused("people must be a list of objects")
        added = [people.add(self._world, wish) for wish in values["people"]]
        return {"people": [self._world.person_view(person) for person in added]}

    async def add_crowd(self, request: Request) -> Json:
        """{"count", "bot"?, "name"?, "role"?, "language"?, "first_id"?}: started people, off the page."""
        values = await json_body(request)
        bots = {self._world.bot(values["bot"]).username} if values.get("bot") else set(self._world.bots)
        numbers = people.add_crowd(self._world, values, bots)
        return {"first": numbers[0], "last": numbers[-1], "count": len(numbers)}

    async def received(self, request: Request) -> Json:
        """{person: count} of the bot's messages that hold `text`; exact=1: that are it."""
        query = request.query_params
        bot, exact = self._world.bot(query.get("bot")), query.get("exact") == "1"
        counts = self._world.received(bot.username, query.get("text", ""), exact=exact)
        return {str(person): count for person, count in counts.items()}

    async def change(self, request: Request) -> Json:
        person = self._world.person(request.path_params["person"])
        people.change(person, await json_body(request), list(self._world.bots.values()))
        self._world.keep_person(person)
        return self._world.person_view(person)

    async def chat(self, request: Request) -> Json:
        """Looking at a chat reads it, unless `peek=1`."""
        person = self._world.person(request.path_params["person"])
        bot = self._world.bot(request.query_params.get("bot"))
        chat = self._world.chat(bot.username, person.id)
        if request.query_params.get("peek") != "1":
            self._world.mark_read(chat)
        limit = query_number(request, "limit", _CHAT_LIMIT)
        posts = sorted(chat.posts.values(), key=lambda post: post.id)
        return {
            "messages": [post_view(post) for post in posts[-limit:]] if limit > 0 else [],
            "keyboard": chat.keyboard,
            "menu": menu_for(bot.commands, person.id, person.language),
        }

    async def read(self, request: Request) -> Json:
        person, bot = self._who(await json_body(request))
        self._world.mark_read(self._world.chat(bot.username, person.id))
        return {}

    async def say(self, request: Request) -> Json:
        values = await json_body(request)
        person, bot = self._who(values)
        numbers = self._hand(bot).say(person, bot, text(values, "text"))
        return {"message_id": numbers[0], "message_ids": numbers}

    async def start(self, request: Request) -> Json:
        values = await json_body(request)
        person, bot = self._who(values)
        return {"message_id": self._hand(bot).start(person, bot, text(values, "payload", ""))}

    async def scan(self, request: Request) -> Json:
        values = await json_body(request)
        person = self._world.person(values.get("person"))
        return {"message_id": self._scan(person, text(values, "link"))}

    async def tap(self, request: Request) -> Json:
        values = await json_body(request)
        person, bot = self._who(values)
        hand = self._hand(bot)
        if "data" in values:
            return hand.forge(person, bot, whole(values, "message_id"), text(values, "data"))
        if "label" in values:
            label = text(values, "label")
            post = self._post(values) if "message_id" in values else hand.newest_with(person, bot, label)
            return hand.tap_label(person, bot, post, label)
        return hand.tap(person, bot, self._post(values), whole(values, "row"), whole(values, "column"))

    def _post(self, values: Json) -> Post:
        person, bot = self._who(values)
        post = self._world.find(bot.username, person.id, whole(values, "message_id"))
        if post is None:
            raise Refused("there is no such message", 404)
        return post

    async def block(self, request: Request) -> Json:
        values = await json_body(request)
        person, bot = self._who(values)
        self._hand(bot).block(person, bot, blocked=flag(values, "blocked"))
        return {}

    async def edit(self, request: Request) -> Json:
        values = await json_body(request)
        person, bot = self._who(values)
        self._hand(bot).edit(person, bot, whole(values, "message_id"), text(values, "text"))
        return {}

    async def file(self, request: Request) -> Json:
        """multipart: person, bot, kind, file, caption; a location has latitude and longitude instead."""
        if int(request.headers.get("content-length") or 0) > _MAX_UPLOAD:
            raise Refused("the file is too big", 413)
        async with request.form(max_files=1, max_fields=20) as form:
            values = {name: value for name, value in form.multi_items() if isinstance(value, str)}
            upload = form.get("file")
            person, bot = self._who({**values, "person": int(number(values, "person"))})
            if values.get("kind") == "location":
                place = number(values, "latitude"), number(values, "longitude")
                return {"message_id": self._hand(bot).place(person, bot, *place)}
            if upload is None or isinstance(upload, str):
                raise Refused("there is no file")
            data, name, mime = await upload.read(), upload.filename or "", upload.content_type or ""
        kind, caption = text(values, "kind", "document"), text(values, "caption", "")
        return {"message_id": self._hand(bot).file(person, bot, kind, name, data, caption, mime)}

    async def link_in(self, request: Request) -> Json:
        """{"link"}: what a camera reads in a picture of a chat."""
        file = self._world.files.get(request.path_params["file_id"])
        if file is None:
            raise Refused("there is no such file", 404)
        return {"link": link_in_picture(self._world.files.read(file))}

    async def bytes_of(self, request: Request) -> Response:
        file = self._world.files.get(request.path_params["file_id"])
        if file is None:
            raise Refused("there is no such file", 404)
        shown = file.kind in {"photo", "sticker"} and bool(file.width)
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Disposition": "inline" if shown else "attachment",
        }
        kind = file.mime if shown else "application/octet-stream"
        return Response(self._world.files.read(file), 200, headers, kind)
