"""What many share is done in the transaction that keeps the answer; marks of replaced answers go along."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Context, Home
from bot.dialogue import Dialogue
from bot.language import Said, Say
from bot.router import Answer, Audience, Deed, Feature, Router, route
from bot.settings import Settings
from bot.worker import Worker
from db.errors import Refused
from db.inbox import InboxRow, InboxState
from db.installation import InstallationRow, remember
from db.places import Place
from db.store import BatchingStore
from locales.text import as_text
from members.join_codes import PLAYED_WORK, CodeKey
from tests.support.paper import PaperChannel, StillClock, arrival
from tests.support.talk import TestLinks


def note_all(session: Session, texts: Sequence[str]) -> list[str | Refused]:
    for text in texts:
        if text == "hỏng":
            raise RuntimeError("a fault of ours")
        remember(session, text, text)
    return [Refused("quiz.closed") if text == "muộn" else text for text in texts]


async def note(said: Said, ctx: Context) -> Answer:
    return Deed(note_all, said.text, lambda text: Say(as_text(f"đã ghi {text}")))


FEATURE = Feature("test", patterns=(route(r"(?s).+", note, Audience.ANYONE),))


class Replacing(PaperChannel):
    """Whose answers all replace a message."""

    def only_replaces(self, said: Said, says: Sequence[Say]) -> bool:
        return True


@dataclass
class Scene:
    store: BatchingStore
    channel: PaperChannel
    worker: Worker

    async def says(self, *texts: str) -> list[str]:
        """What different people are told."""
        self.channel.sent.clear()
        arrivals = [arrival(number, f"{number}", text) for number, text in enumerate(texts)]
        await self.worker.take_in("telegram", arrivals)
        await self.worker.finish()
        told = dict(self.channel.sent)
        return [told[f"{number}"] for number in range(len(texts))]

    async def states(self) -> list[InboxState]:
        return await self.store.read(lambda s: list(s.scalars(select(InboxRow.state).order_by(InboxRow.id))))

    async def noted(self) -> list[str]:
        return await self.store.read(lambda s: sorted(s.scalars(select(InstallationRow.value))))


@pytest.fixture
async def scene(place: Place) -> AsyncIterator[Scene]:
    store, channel = place.store(), Replacing()
    home = Home(store, Settings(), TestLinks(), CodeKey(b"pepper", PLAYED_WORK))
    dialogue = Dialogue(home, Router([FEATURE]), {})
    yield Scene(store, channel, Worker(store, StillClock(), dialogue, {"telegram": channel}))
    await store.close()


async def test_the_deed_and_its_answer_are_one_transaction(scene: Scene) -> None:
    await scene.says("trước")  # a first contact is noted, once
    transactions: list[int] = []
    scene.store.committed = lambda use_cases, _seconds: transactions.append(use_cases)
    await scene.worker.take_in("telegram", [arrival(7, "0", "sau")])
    await scene.worker.finish()
    assert await scene.noted() == ["sau", "trước"]
    assert transactions == [1, 1, 1]  # taken in, done and answered, marked


async def test_a_refusal_and_a_fault_leave_the_others_alone(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    one, late, broken, other = await scene.says("một", "muộn", "hỏng", "hai")
    assert (one, other) == ("đã ghi một", "đã ghi hai")
    assert "muộn" not in late
    found = re.search(r"mã (\w{6})", broken)
    assert found and found[1] in caplog.text
    assert await scene.noted() == ["hai", "muộn", "một"]
    assert await scene.states() == [InboxState.DONE] * 4


async def test_marks_go_along_with_what_is_stored_next(scene: Scene) -> None:
    along = [scene.store.write_along(note_all, value) for value in ("một", "hai")]
    await scene.store.write_each(note_all, "trước")
    assert all(one.done() for one in along)
    assert await scene.noted() == ["hai", "một", "trước"]


async def test_what_goes_along_with_nothing_is_stored_all_the_same(scene: Scene) -> None:
    await scene.store.write_along(note_all, "một")
    assert await scene.noted() == ["một"]


async def test_who_goes_along_hears_when_one_of_them_fails(scene: Scene) -> None:
    well, broken = (scene.store.write_along(note_all, value) for value in ("một", "hỏng"))
    with pytest.raises(RuntimeError):
        await broken
    assert isinstance(well.exception(), RuntimeError)
    assert await scene.noted() == ["một"]
