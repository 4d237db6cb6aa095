"""`/sim/zalo`: switches and figures of Zalo accounts, groups; and the files that people sent there."""

from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from simulator.doors.reading import flag, json_body, text
from simulator.errors import Refused
from simulator.zalo.bot_acts import BotActs
from simulator.zalo.platform import Account, Zalo

Json = dict[str, Any]


class ZaloLevers:
    """Each method answers one route."""

    def __init__(self, zalo: Zalo) -> None:
        self._zalo = zalo
        self._world = zalo.world

    def _account(self, name: str | None) -> Account:
        return self._zalo.account(self._world.bot(name))

    async def view(self, request: Request) -> Json:
        """?bot=NAME: {"switches", …} as they stand."""
        return self._account(request.query_params.get("bot")).view()

    async def change(self, request: Request) -> Json:
        """{"bot", "switches"?: {…}, "webhook"?, "check"?}.

        `webhook` is where an Official Account's events go, "" for nowhere; `check` false leaves out Zalo's
        look at the address.
        """
        values = await json_body(request)
        account = self._account(values.get("bot"))
        wish = values.get("switches", {})
        if not isinstance(wish, dict):
            raise Refused("switches must be an object")
        account.turn(wish)
        if "webhook" in values:
            await account.point_to(text(values, "webhook"), check=values.get("check") is not False)
        return account.view()

    async def meet(self, request: Request) -> Json:
        """{"bot", "people": [numbers]}: they have written before. {"ids": {number: id of the chat}}."""
        values = await json_body(request)
        account = self._account(values.get("bot"))
        numbers = values.get("people")
        if not isinstance(numbers, list):
            raise Refused("people must be a list of numbers")
        people = [self._world.person(number) for number in numbers]
        for person in people:
            person.started.add(account.bot.username)
            self._world.keep_person(person)
        return {"ids": {str(person.id): account.meet(person) for person in people}}

    def _bot_acts(self, values: Json) -> BotActs:
        bot = self._world.bot(values.get("bot"))
        if bot.username not in self._zalo.bots:
            raise Refused("groups are of the Bot Platform only")
        return BotActs(self._zalo.bots[bot.username])

    async def group(self, request: Request) -> Json:
        """{"bot", "title"}: a new group with the bot in it; its id serves as `person` of /sim/chats."""
        values = await json_body(request)
        return self._world.person_view(self._bot_acts(values).group(text(values, "title")))

    async def say_in_group(self, request: Request) -> Json:
        """{"bot", "group", "person", "text", "mention": bool}."""
        values = await json_body(request)
        group, person = self._world.person(values.get("group")), self._world.person(values.get("person"))
        mention = flag(values, "mention")
        acts = self._bot_acts(values)
        return {"message_id": acts.say_in_group(person, group, text(values, "text"), mention=mention)}

    async def file(self, request: Request) -> Response:
        """A public address, as those of Zalo's own servers."""
        file = self._world.files.get(request.path_params["file_id"])
        if file is None or file.owner not in self._world.bots:
            return PlainTextResponse("Not Found\n", 404)
        return Response(self._world.files.read(file), media_type="application/octet-stream")
