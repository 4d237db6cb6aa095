"""What a bot says about itself, and what it may ask about a chat."""

from typing import Any

import pytest

from simulator.client import SimClient
from tests.system.simulator.api import Api

MENU = [{"command": "diem_danh", "description": "Điểm danh"}, {"command": "help", "description": "Trợ giúp"}]


async def test_commands(api: Api, sim: SimClient, person: int) -> None:
    """setMyCommands, getMyCommands, deleteMyCommands; the phone shows the menu."""
    assert await api.call("setMyCommands", commands=MENU) is True
    assert await api.call("getMyCommands") == MENU
    assert (await sim.chat(person, api.username))["menu"] == MENU
    await api.call("deleteMyCommands")
    assert await api.call("getMyCommands") == []


async def test_narrower_scopes_win(api: Api, sim: SimClient, person: int) -> None:
    """Determining list of commands: chat before all private chats before default, own language first."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("mot", {}),
        ("hai", {"language_code": "vi"}),
        ("ba", {"scope": {"type": "all_private_chats"}}),
        ("bon", {"scope": {"type": "chat", "chat_id": person}}),
        ("nam", {"scope": {"type": "chat", "chat_id": person}, "language_code": "vi"}),
    ]
    for name, where in steps:
        await api.call("setMyCommands", commands=[{"command": name, "description": name}], **where)
        assert [c["command"] for c in (await sim.chat(person, api.username))["menu"]] == [name]


COMMANDS = [
    (
        "A3: 100 at most",
        [{"command": f"c{n}", "description": "x"} for n in range(101)],
        "BOT_COMMANDS_TOO_MUCH",
    ),
    ("A3: lower case only", [{"command": "Help", "description": "x"}], "BOT_COMMAND_INVALID"),
    ("A3: no accents", [{"command": "điểm", "description": "x"}], "BOT_COMMAND_INVALID"),
    ("A3: 32 letters", [{"command": "a" * 33, "description": "x"}], "BOT_COMMAND_INVALID"),
    (
        "A3: description 1-256",
        [{"command": "a", "description": "x" * 257}],
        "BOT_COMMAND_DESCRIPTION_INVALID",
    ),
    ("A3: description not empty", [{"command": "a", "description": ""}], "BOT_COMMAND_DESCRIPTION_INVALID"),
]


@pytest.mark.parametrize(("rule", "commands", "refusal"), COMMANDS, ids=[c[0] for c in COMMANDS])
async def test_commands_refused(api: Api, rule: str, commands: list[Any], refusal: str) -> None:
    failed = await api.refused("setMyCommands", commands=commands)
    assert failed.description == f"Bad Request: {refusal}", rule


@pytest.mark.parametrize(
    ("method", "field", "longest"), [("Name", "name", 64), ("Description", "description", 512)]
)
async def test_texts(api: Api, method: str, field: str, longest: int) -> None:
    """setMyName 0-64, setMyDescription 0-512: kept by language, the default one else."""
    await api.call(f"setMy{method}", **{field: "x" * longest})
    await api.call(f"setMy{method}", **{field: "tiếng Việt", "language_code": "vi"})
    assert await api.call(f"getMy{method}") == {field: "x" * longest}
    assert await api.call(f"getMy{method}", language_code="vi") == {field: "tiếng Việt"}
    assert (await api.refused(f"setMy{method}", **{field: "x" * (longest + 1)})).code == 400


async def test_short_description(api: Api) -> None:
    """setMyShortDescription 0-120."""
    await api.call("setMyShortDescription", short_description="Trợ lý")
    assert await api.call("getMyShortDescription") == {"short_description": "Trợ lý"}


async def test_menu_button(api: Api, person: int) -> None:
    """setChatMenuButton: for one chat or for all."""
    await api.call("setChatMenuButton", menu_button={"type": "commands"})
    await api.call("setChatMenuButton", chat_id=person, menu_button={"type": "default"})
    assert await api.call("getChatMenuButton") == {"type": "commands"}
    assert await api.call("getChatMenuButton", chat_id=person) == {"type": "default"}
    assert (await api.refused("setChatMenuButton", menu_button={"type": "sweets"})).code == 400


async def test_get_chat(api: Api, person: int) -> None:
    """getChat: ChatFullInfo; A8: chat not found."""
    chat = await api.call("getChat", chat_id=person)
    assert (chat["id"], chat["type"], chat["first_name"]) == (person, "private", "Nguyễn Văn An")
    assert (await api.refused("getChat", chat_id=1)).description == "Bad Request: chat not found"


async def test_get_chat_member(api: Api, sim: SimClient, person: int) -> None:
    """getChatMember: member, or kicked for a bot that was blocked."""
    bot = int(api.token.partition(":")[0])
    assert (await api.call("getChatMember", chat_id=person, user_id=person))["status"] == "member"
    await sim.block(person, bot=api.username)
    assert (await api.call("getChatMember", chat_id=person, user_id=bot))["status"] == "kicked"
    assert (await api.refused("getChatMember", chat_id=person, user_id=1)).code == 400


@pytest.mark.parametrize("method", ["logOut", "close"])
async def test_trivial(api: Api, method: str) -> None:
    """logOut and close answer True."""
    assert await api.call(method) is True
