"""Backup, quarantine and fates at the command line, without a running process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot import keeping
from bot.dialogue import Dialogue, Fetch
from bot.groundwork import open_store
from bot.language import Said, Say
from bot.settings import Database, Settings
from bot.worker import Worker
from db import inbox, outbox
from db.engine import FolderLock
from db.errors import StartRefused
from db.fates import Fate, write_down
from db.inbox import Arrival
from db.outbox import OutboxState, Priority
from db.places import place_of
from db.store import Store
from locales.text import as_text
from tests.support.paper import NOW, PaperChannel, StillClock, arrival

SECRET = "chuyện riêng của tôi"
RAW = (
    '{"update_id":7,"message":{"message_id":"seven","from":{"id":5,"first_name":"Lan","language_code":"vi"},'
    f'"text":"{SECRET}"}},"data":"ck:1"}}'
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database=Database(url=f"sqlite:///{tmp_path / 'mungba.db'}"))


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    store = await asyncio.to_thread(open_store, place_of(settings.database.url))
    await store.write(inbox.store_arrivals, "telegram", [Arrival("7", "5", RAW), arrival(8, "9", "hay")], NOW)
    await store.write(inbox.set_aside, 1, "not understood: message_id", NOW)
    yield store
    await store.close()


class Echo(Dialogue):
    """Says what it heard."""

    def __init__(self) -> None:
        """Needs nothing."""

    async def answer(self, said: Said, fetch: Fetch | None = None) -> list[Say]:
        return [Say(as_text(f"nghe: {said.text}"))]


async def test_the_list_names_reasons_and_no_words(settings: Settings, store: Store) -> None:
    (line,) = keeping.list_aside(settings)
    assert line == "1  telegram  03/12/2026 10:00  not understood: message_id"


async def test_words_are_struck_out_unless_asked_for(settings: Settings, store: Store) -> None:
    shown = "\n".join(keeping.show_aside(settings, 1, with_text=False))
    assert SECRET not in shown
    assert "Lan" not in shown
    assert f'"text": "{keeping.STRUCK_OUT} ({len(SECRET)})"' in shown
    assert '"update_id": 7' in shown
    assert '"data": "ck:1"' in shown
    assert SECRET in "\n".join(keeping.show_aside(settings, 1, with_text=True))


async def test_what_is_no_json_shows_nothing_of_itself(settings: Settings, store: Store) -> None:
    await store.write(inbox.store_arrivals, "telegram", [Arrival("x", "5", f"{{{SECRET}")], NOW)
    shown = "\n".join(keeping.show_aside(settings, 3, with_text=False))
    assert SECRET not in shown
    assert "no JSON" in shown


async def test_a_running_worker_takes_a_replay_up_once(settings: Settings, store: Store) -> None:
    await store.write(inbox.set_aside, 2, "restored", NOW)
    channel = PaperChannel()
    worker = Worker(store, StillClock(), Echo(), {"telegram": channel})
    await worker.take_put_back()
    await worker.finish()
    assert channel.sent == []
    assert "1 put back" in keeping.replay(settings, [2], everything=False)[0]
    await worker.take_put_back()
    await worker.take_put_back()
    await worker.finish()
    assert channel.sent == [("9", "nghe: hay")]
    assert len(keeping.list_aside(settings)) == 1


async def test_a_stored_answer_is_only_sent(store: Store, settings: Settings) -> None:
    await store.write(inbox.keep_answers, {2: "[]"})
    await store.write(inbox.set_aside, 2, "restored", NOW)
    keeping.replay(settings, [], everything=True)
    first, second = await store.write(inbox.take_put_back, ["telegram"])
    assert (first.answer, second.answer, second.attempts) == (None, "[]", 0)
    assert [row.id for row in await store.read(inbox.unfinished)] == [1, 2]
    assert await store.write(inbox.take_put_back, ["telegram"]) == []


async def test_another_channel_s_replay_waits(store: Store, settings: Settings) -> None:
    keeping.replay(settings, [1], everything=False)
    assert await store.write(inbox.take_put_back, ["zalo"]) == []
    assert await store.read(inbox.has_put_back)


async def test_what_is_not_aside_cannot_be_replayed(store: Store, settings: Settings) -> None:
    for wrong in (2, 99):
        with pytest.raises(StartRefused, match=f"set aside update called {wrong}"):
            keeping.replay(settings, [wrong], everything=False)
    with pytest.raises(StartRefused, match="--all"):
        keeping.replay(settings, [], everything=False)
    with pytest.raises(StartRefused, match="--all"):
        keeping.replay(settings, [1], everything=True)


async def test_fates_are_counted_and_unsure_ones_named(store: Store, settings: Settings) -> None:
    for number, state in enumerate((OutboxState.SENT, OutboxState.UNKNOWN, OutboxState.UNKNOWN)):
        await store.write(queue, f"k{number}")
        await store.write(write_down, [Fate(number + 1, state, NOW, "restored")])
    listed = keeping.list_fates(settings)
    assert listed[:2] == ["sent        1", "unknown     2"]
    assert listed[3:] == [f"  k{n}  chat 5  n.n  03/12/2026 10:00  restored" for n in (1, 2)]
    assert keeping.send_again(settings, ["k1"], everything=False) == ["1 queued once more"]
    assert keeping.list_fates(settings)[:3] == ["queued      1", "sent        1", "unknown     1"]
    with pytest.raises(StartRefused, match="unknown message called k0"):
        keeping.send_again(settings, ["k0"], everything=False)
    assert keeping.send_again(settings, [], everything=True) == ["1 queued once more"]


def queue(session: Session, key: str) -> None:
    outbox.enqueue(
        session, key=key, channel="telegram", chat="5", member_id=None, notice="n.n", args={},
        priority=Priority.PERSONAL, now=NOW,
    )  # fmt: skip


async def test_a_backup_can_be_restored_by_the_commands(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    await store.write(queue, "k")
    said = keeping.back_up(settings, tmp_path / "one.backup")
    assert "checked" in said[0]
    with pytest.raises(StartRefused, match="--replace"):
        keeping.restore(settings, tmp_path / "one.backup", replace=False)
    await store.close()
    said = keeping.restore(settings, tmp_path / "one.backup", replace=True)
    assert "kept as" in said[1]
    assert "outbox send-again" in said[2]
    assert "inbox replay" in said[3]


async def test_a_restore_waits_for_nobody_who_uses_the_folder(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    keeping.back_up(settings, tmp_path / "one.backup")
    lock = FolderLock(tmp_path)
    with pytest.raises(StartRefused, match="already in use by process"):
        keeping.restore(settings, tmp_path / "one.backup", replace=True)
    keeping.back_up(settings, tmp_path / "two.backup")  # a backup runs beside it
    lock.release()


def test_a_server_is_backed_up_with_its_own_tools(tmp_path: Path) -> None:
    server = Settings(database=Database(url="postgresql+psycopg://mungba:secret@db/mungba"))
    with pytest.raises(StartRefused, match="pg_dump") as told:
        keeping.back_up(server, tmp_path / "copy.db")
    assert "secret" not in str(told.value)
    with pytest.raises(StartRefused, match="pg_restore"):
        keeping.restore(server, tmp_path / "copy.db", replace=False)
