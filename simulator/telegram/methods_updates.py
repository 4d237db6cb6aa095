"""Methods about updates other than getUpdates itself: where they shall go."""

import re
import time
from typing import Any
from urllib.parse import urlsplit

from simulator.loopback import is_loopback
from simulator.models import Webhook
from simulator.telegram.call import Call
from simulator.telegram.errors import CLOSED_BY_WEBHOOK, bad, too_many
from simulator.telegram.objects import webhook_info

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PORTS = {80, 88, 443, 8443}
MAX_CONNECTIONS = 40


def _check_url(url: str) -> None:
    """HTTPS on four ports, as the platform wants it; plain HTTP and any port on this machine only."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise bad("bad webhook: invalid URL") from None
    if is_loopback(parts.hostname or ""):
        return
    if parts.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if (port or 443) not in _PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    raise bad("bad webhook: Failed to resolve host: the simulator calls nobody but this machine")


def set_webhook(call: Call) -> Any:
    url = call.args.text("url").strip()
    if not url:
        return delete_webhook(call)
    _check_url(url)
    secret = call.args.text("secret_token")
    if secret and not _SECRET.fullmatch(secret):
        raise bad("secret token contains unallowed characters")
    connections = min(max(call.args.number("max_connections", MAX_CONNECTIONS), 1), 100)
    bot, hook = call.bot, call.bot.webhook
    call.telegram.queues[bot.username].allow(call.args.strings("allowed_updates"))
    _drop_if_asked(call)
    if (hook.url, hook.secret, hook.max_connections) == (url, secret, connections):
        return True, "Webhook is already set"
    _once_a_second(call)
    bot.webhook = Webhook(url, secret, connections)
    call.world.keep_bot(bot)
    call.telegram.pollers[bot.username].end(CLOSED_BY_WEBHOOK)
    call.telegram.deliverers[bot.username].restart()
    return True, "Webhook was set"


def _once_a_second(call: Call) -> None:
    now = time.monotonic()
    last = call.telegram.webhook_set_at.get(call.bot.username)
    if last is not None and now - last < 1.0 * call.world.pause_scale:
        raise too_many(1)
    call.telegram.webhook_set_at[call.bot.username] = now


def _drop_if_asked(call: Call) -> None:
    if call.args.flag("drop_pending_updates"):
        call.telegram.queues[call.bot.username].clear()


def delete_webhook(call: Call) -> Any:
    _drop_if_asked(call)
    if not call.bot.webhook.url:
        return True, "Webhook is already deleted"
    call.bot.webhook = Webhook()
    call.world.keep_bot(call.bot)
    call.telegram.deliverers[call.bot.username].restart()
    return True, "Webhook was deleted"


def get_webhook_info(call: Call) -> Any:
    queue = call.telegram.queues[call.bot.username]
    queue.expire()
    return webhook_info(call.bot, len(queue.items))
