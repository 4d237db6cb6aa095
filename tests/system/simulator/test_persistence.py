"""A second start continues where the first one was."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bench import warm
from simulator.client import File, SimClient
from simulator.process import SimulatorProcess
from tests.system.simulator.api import Api, receiving
from tests.system.simulator.conftest import png

KEYS = {"inline_keyboard": [[{"text": "Có", "callback_data": "y"}]]}


def bot_of(process: SimulatorProcess) -> Api:
    return Api(process.url, process.token, process.username)


async def test_everything_is_there_again(tmp_path: Path) -> None:
    """People, chats, messages, files, waiting updates, taps and the clock survive an orderly end."""
    with SimulatorProcess(data=tmp_path, start_at="2026-11-25T01:00:00Z", launch=warm.simulator) as process:
        async with SimClient(process.url, process.key) as sim, bot_of(process) as api:
            person = await sim.add_person("An", role="đảng viên")
            await sim.start(person)
            await sim.send_file(person, File("a.png", png(3, 3), "photo"))
            await api.call("sendMessage", chat_id=person, text="?", reply_markup=KEYS)
            await api.call(
                "sendMessage", chat_id=person, text="!", reply_markup={"keyboard": [[{"text": "A"}]]}
            )
            await api.call("setMyCommands", commands=[{"command": "a", "description": "b"}])
            tap = await sim.tap(person, "Có")
            await sim.advance(10)
            updates = await api.updates()
            before, chat = await sim.state(), await sim.chat(person)
        assert process.stop() == 0
        process.start()
        async with SimClient(process.url, process.key) as sim, bot_of(process) as api:
            after = await sim.state()
            assert (after["people"], after["offset"]) == (before["people"], before["offset"])
            assert after["now"].startswith("2026-11-25T01:0")
            assert await sim.chat(person) == chat
            assert await sim.file(chat["messages"][1]["file"]["file_id"]) == png(3, 3)
            assert await api.updates() == updates
            assert await api.call("answerCallbackQuery", callback_query_id=tap["callback_id"]) is True
            assert await sim.say(person, "mới") == chat["messages"][-1]["id"] + 1


async def test_confirmed_updates_stay_away(tmp_path: Path) -> None:
    """What was confirmed does not come back; numbers go on."""
    with SimulatorProcess(data=tmp_path, launch=warm.simulator) as process:
        async with SimClient(process.url, process.key) as sim, bot_of(process) as api:
            person = await sim.add_person("An", started=True)
            await sim.say(person, "a")
            [first] = await api.fresh()
            process.stop()
            process.start()
            assert await api.updates() == []
            await sim.say(person, "b")
            assert (await api.updates())[0]["update_id"] == first["update_id"] + 1


async def test_webhooks_go_on(tmp_path: Path) -> None:
    """A webhook and what waits for it survive."""
    with SimulatorProcess(data=tmp_path, launch=warm.simulator) as process:
        async with (
            SimClient(process.url, process.key) as sim,
            receiving() as receiver,
            bot_of(process) as api,
        ):
            person = await sim.add_person("An", started=True)
            receiver.answer = lambda _: (500, {}, b"")
            await api.call("setWebhook", url=receiver.url, secret_token="s")
            await sim.say(person, "a")
            await receiver.wait(1)
            process.stop()
            receiver.answer = lambda _: (200, {}, b"")
            seen = len(receiver.got)
            process.start()
            assert (await receiver.wait(seen + 1))[-1]["message"]["text"] == "a"
            assert receiver.got[-1][0]["x-telegram-bot-api-secret-token"] == "s"


async def test_a_kill_leaves_a_whole_file(tmp_path: Path) -> None:
    """A killed simulator starts again; what was written a moment before is there."""
    with SimulatorProcess(data=tmp_path, launch=warm.simulator) as process:
        async with SimClient(process.url, process.key) as sim:
            person = await sim.add_person("An", started=True)
            await sim.say(person, "a")
            await _written(tmp_path)
            process.kill()
            process.start()
            assert [m["text"] for m in (await sim.chat(person))["messages"]] == ["a"]


async def _written(folder: Path) -> None:
    """Until the write-behind has put the first message into the file."""
    with sqlite3.connect(folder / "simulator.sqlite3") as db:
        while not db.execute("SELECT 1 FROM row WHERE kind = 'post'").fetchall():
            await asyncio.sleep(0.01)
    db.close()


def test_people_file_and_wrong_options(tmp_path: Path) -> None:
    """--people adds people; a bot that is none ends the start with a sentence."""
    people = tmp_path / "people.json"
    people.write_text(
        '[{"id": 5, "name": "Hạnh", "role": "bí thư", "large": true, "started": true}]', "utf-8"
    )
    with SimulatorProcess(
        data=tmp_path / "a", arguments=["--people", str(people)], launch=warm.simulator
    ) as process:
        assert process.stop() == 0
    with pytest.raises(RuntimeError, match="did not start"):
        SimulatorProcess(data=tmp_path / "b", arguments=["--bot", "nonsense"]).start()
