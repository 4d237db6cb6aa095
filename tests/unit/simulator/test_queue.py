"""The queue of updates: offsets, expiry with a moved clock, hasty polls."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.models import Bot, Pending
from simulator.store import Store
from simulator.telegram.arguments import Arguments
from simulator.telegram.polling import Poller
from simulator.telegram.updates import LIFE, TAP_LIFE, Queue
from simulator.world import World

HOUR = 3600.0


def make_queue(store: Store, pause_scale: float = 0.0) -> Queue:
    world = World(store, pause_scale)
    return Queue(world, world.add_bot("1:abc", "bot", "Bot"), [])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


@pytest.fixture
def queue(store: Store) -> Queue:
    return make_queue(store)


def add(queue: Queue, *texts: str, kind: str = "message") -> None:
    for text in texts:
        queue.add(kind, "chat:1", {"text": text})


def texts(updates: list[Pending]) -> list[str]:
    found = [msgspec.json.decode(update.body) for update in updates]
    return [next(v["text"] for k, v in update.items() if k != "update_id") for update in found]


LIVES = [("message", LIFE), ("edited_message", LIFE), ("my_chat_member", LIFE), ("callback_query", TAP_LIFE)]


@pytest.mark.parametrize(("kind", "life"), LIVES)
def test_lives(queue: Queue, kind: str, life: float) -> None:
    """Taps live 150 s, everything else 24 h, on the simulated clock."""
    add(queue, "a", kind=kind)
    clock = queue._world.clock
    clock.move(life - 5)
    queue.expire()
    assert texts(queue.first(100)) == ["a"]
    clock.move(life + 5)
    queue.expire()
    assert queue.first(100) == []
    assert queue._world.journal.totals["updates_expired"] == 1


@pytest.mark.parametrize(
    ("kind", "queued"), [("message", True), ("chat_member", False), ("message_reaction", False)]
)
def test_default_kinds(queue: Queue, kind: str, queued: bool) -> None:
    """All but chat_member, message_reaction and message_reaction_count."""
    add(queue, "a", kind=kind)
    assert bool(queue.items) is queued


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 4)),
        st.tuples(st.just("confirm"), st.integers(-3, 12)),
        st.tuples(st.just("last"), st.integers(1, 5)),
    ),
    max_size=30,
)


@given(plan=steps)
def test_queue_is_a_list_with_a_cut(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[str, int]]
) -> None:
    """Whatever is added, confirmed and looked at: the queue is the list of what was not cut off."""
    store = Store(tmp_path_factory.mktemp("queue"))
    queue, model, last = make_queue(store), list[int](), 0
    for act, number in plan:
        if act == "add":
            add(queue, *"x" * number)
            model += range(last + 1, last + number + 1)
            last += number
        elif act == "confirm":
            queue.confirm_below(number)
            model = [n for n in model if n >= number]
        elif act == "last":
            queue.keep_last(number)
            model = model[-number:]
        assert [u.id for u in queue.first(3)] == model[:3]
        assert list(queue.items) == model
    store.close()


def test_batches_stay_below_four_megabytes(queue: Queue) -> None:
    """getUpdates returns about 4 MB at most, but always one."""
    add(queue, *["x" * 1_500_000] * 4, "y" * 5_000_000)
    assert len(queue.first(100)) == 2
    queue.keep_last(1)
    assert len(queue.first(100)) == 1


def test_numbers_put_in_by_hand(queue: Queue) -> None:
    """A higher update_id moves the numbers on; a lower one does not."""
    assert queue.add_raw({"update_id": 500, "message": {}}) == 500
    assert queue.add_raw({"update_id": 3, "message": {}}) == 501
    add(queue, "a")
    assert list(queue.items) == [500, 501, 502]
    queue.first(100)
    for update in list(queue.items.values()):
        queue.delivered(update)
    queue.confirm_below(501)
    assert list(queue.items) == [502]


async def poll(poller: Poller, **values: Any) -> list[str]:
    return texts(await poller.get(Arguments(values)))


async def test_hasty_polls(store: Store) -> None:
    """The same offset again within half a second: one update at a time; another offset: all of them."""
    queue = make_queue(store, pause_scale=1000)
    poller = Poller(queue._world, queue)
    add(queue, "a", "b", "c")
    assert await poll(poller) == ["a", "b", "c"]
    assert await poll(poller) == ["a"]
    assert await poll(poller, offset=2) == ["b", "c"]
    assert await poll(poller, offset=2) == ["b"]


async def test_patient_polls(queue: Queue) -> None:
    """Without haste (no pauses here) the same comes again whole."""
    poller = Poller(queue._world, queue)
    add(queue, "a", "b")
    assert await poll(poller) == await poll(poller) == ["a", "b"]


def test_waiting_updates_are_stored(tmp_path: Path) -> None:
    """A second start finds what was not confirmed."""
    store = Store(tmp_path)
    queue = make_queue(store)
    add(queue, "a", "b")
    queue.confirm_below(2)
    store.close()
    store = Store(tmp_path)
    [waiting] = store.rows("update", Pending)
    [bot] = store.rows("bot", Bot)
    assert (texts([waiting]), bot.last_update_id) == (["b"], 2)
    store.close()
