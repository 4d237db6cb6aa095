"""Methods in process: what needs a long pause or a look inside to be seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.floods import Floods
from simulator.models import Person
from simulator.store import Store
from simulator.telegram.arguments import Arguments
from simulator.telegram.call import Call
from simulator.telegram.errors import Refusal
from simulator.telegram.methods import METHODS
from simulator.telegram.platform import Telegram
from simulator.world import World

HOOK = "http://127.0.0.1:9/hook"


@pytest.fixture
def telegram(tmp_path: Path) -> Iterator[Telegram]:
    """One bot, one person; the platform's pauses are a thousand times as long."""
    store = Store(tmp_path)
    world = World(store, pause_scale=1000)
    world.add_bot("1:abc", "bot", "Bot")
    world.keep_person(Person(7, "An", started={"bot"}))
    yield Telegram(world, Floods())
    store.close()


def call(telegram: Telegram, method: str, **values: object) -> object:
    bot = telegram.world.bots["bot"]
    return METHODS[method.lower()](Call(telegram, bot, Arguments(values)))


def test_set_webhook_once_a_second(telegram: Telegram) -> None:
    """A5: setWebhook at most once a second, 429 otherwise; nothing changed does not count."""
    assert call(telegram, "setWebhook", url=HOOK) == (True, "Webhook was set")
    assert call(telegram, "setWebhook", url=HOOK) == (True, "Webhook is already set")
    with pytest.raises(Refusal) as refused:
        call(telegram, "setWebhook", url=HOOK + "2")
    assert (refused.value.code, refused.value.retry_after) == (429, 1)
    assert telegram.world.bots["bot"].webhook.url == HOOK


def test_empty_url_removes_the_webhook(telegram: Telegram) -> None:
    """setWebhook: use an empty string to remove webhook integration."""
    call(telegram, "setWebhook", url=HOOK)
    assert call(telegram, "setWebhook", url="") == (True, "Webhook was deleted")
    assert call(telegram, "deleteWebhook") == (True, "Webhook is already deleted")


@pytest.mark.parametrize(("wanted", "used"), [(0, 1), (7, 7), (1000, 100), ("", 40)])
def test_max_connections_stay_in_their_limits(telegram: Telegram, wanted: object, used: int) -> None:
    """A5: max_connections 1-100, default 40."""
    call(telegram, "setWebhook", url=HOOK, max_connections=wanted)
    assert telegram.world.bots["bot"].webhook.max_connections == used


def test_old_taps_are_forgotten(telegram: Telegram) -> None:
    """Taps that nobody can answer any more do not pile up."""
    bot, person = telegram.world.bots["bot"], telegram.world.people[7]
    for _ in range(3):
        telegram.new_tap(bot, person, 1)
    telegram.world.clock.move(1000)
    telegram.new_tap(bot, person, 1)
    assert len(telegram.taps) == 1


def test_numbers_in_callback_data_are_taken_as_text(telegram: Telegram) -> None:
    """A8: numbers and texts are the same to the real server."""
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": 5}]]}
    sent = call(telegram, "sendMessage", chat_id="7", text="a", reply_markup=markup)
    assert isinstance(sent, dict)
    assert sent["reply_markup"] == {"inline_keyboard": [[{"text": "x", "callback_data": "5"}]]}
