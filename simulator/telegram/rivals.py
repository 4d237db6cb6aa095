"""Somebody else with the bot's token: a second poller, a webhook set from elsewhere (reliability.md A7)."""

import asyncio
from collections.abc import Callable, Coroutine

from simulator.faults import Fault
from simulator.models import Bot, Webhook
from simulator.telegram.arguments import Arguments
from simulator.telegram.errors import CLOSED_BY_WEBHOOK, Refusal
from simulator.telegram.platform import Telegram
from simulator.telegram.polling import MAX_TIMEOUT

DEAD_PORT = "http://127.0.0.1:9/"  # "discard": nobody listens there

Rival = Callable[[Telegram, Fault], Coroutine[None, None, None]]


def _bots(telegram: Telegram, fault: Fault) -> list[Bot]:
    return [bot for bot in telegram.world.bots.values() if fault.aim.covers(bot.username)]


async def second_poller(telegram: Telegram, fault: Fault) -> None:
    """Poll like a second copy of the program; thrown out, it comes back after `every` seconds."""
    every, steal = float(fault.settings.get("every", 1)), fault.settings.get("steal") is True
    async with asyncio.TaskGroup() as group:
        for bot in _bots(telegram, fault):
            group.create_task(_poll(telegram, fault, bot, every, steal=steal))


async def _poll(telegram: Telegram, fault: Fault, bot: Bot, every: float, *, steal: bool) -> None:
    offset = 0
    while True:
        try:
            given = {"timeout": MAX_TIMEOUT, "offset": offset}
            batch = await telegram.pollers[bot.username].get(Arguments(given))
            offset = batch[-1].id + 1 if steal and batch else offset
        except Refusal:
            fault.struck += 1
        await asyncio.sleep(every)


async def foreign_webhook(telegram: Telegram, fault: Fault) -> None:
    """Somebody sets a webhook: polls end with 409, updates go astray, until the fault or the bot ends it."""
    url = str(fault.settings.get("url") or DEAD_PORT)
    before = {bot.username: bot.webhook for bot in _bots(telegram, fault)}
    for username in before:
        _set(telegram, telegram.world.bots[username], Webhook(url))
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        for username, webhook in before.items():
            if telegram.world.bots[username].webhook.url == url:
                _set(telegram, telegram.world.bots[username], webhook)


def _set(telegram: Telegram, bot: Bot, webhook: Webhook) -> None:
    bot.webhook = webhook
    telegram.world.keep_bot(bot)
    if webhook.url:
        telegram.pollers[bot.username].end(CLOSED_BY_WEBHOOK)
    telegram.deliverers[bot.username].restart()


RIVALS: dict[str, Rival] = {"second_poller": second_poller, "webhook_set": foreign_webhook}
