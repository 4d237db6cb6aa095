"""The bots of a walk: how the simulator makes them, how the bot's settings name them, who writes to which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.models import Platform
from simulator.month.accounts import Account
from simulator.options import DEFAULT_BOT, bot_of
from simulator.process import SimulatorProcess

CHANNELS = ("telegram", "zalo_bot", "zalo_oa")
PER_SECOND = 300  # the simulator has no limit of its own; this keeps 600 people's month short
_SECRET = "SIMULATOR-ONLY-OPENS-NO-REAL-DOOR"  # noqa: S105 - opens the simulator only
_OA_SECRETS = {"APP_ID": "360001", "APP_SECRET": "app-secret", "OA_SECRET": "oa-secret"}
_OA_NUMBER, _OA_REFRESH = "579001", "refresh-0"
_DOORS: dict[Platform, str] = {"telegram": "", "zalo_bot": "/zalo-bot", "zalo_oa": "/zalo-oa"}


@dataclass(frozen=True)
class Installed:
    """A channel account: `name` in the bot's settings, `token` as the simulator wants it."""

    account: Account
    name: str
    token: str

    @property
    def at_simulator(self) -> str:
        """As an option of the simulator: TOKEN:USERNAME:TITLE."""
        return f"{self.token}:{self.account.bot}:Bot Mùng Ba"

    def settings(self, simulator: str) -> dict[str, Any]:
        """The entry under `channels:`. Zalo bots are pushed to: polled they hand over one update a second."""
        platform = self.account.platform
        mode = "webhook" if platform == "zalo_bot" else "polling"
        address = {"api_base": simulator + _DOORS[platform], "mode": mode}
        return {"name": self.name, "kind": platform, "per_second": PER_SECOND, **address}

    @property
    def secrets(self) -> dict[str, str]:
        """What the bot finds in its environment."""
        found = {"TOKEN": self.token}
        if self.account.platform == "zalo_oa":
            found = {**_OA_SECRETS, "REFRESH_TOKEN": _OA_REFRESH}
        return {f"MUNGBA_{self.name.upper()}_{what}": value for what, value in found.items()}


def installed(channel: str) -> list[Installed]:
    """The bots of a walk on this channel."""
    return [_of_platform(platform) for platform in _PLATFORMS[channel]]


_PLATFORMS: dict[str, tuple[Platform, ...]] = {
    "telegram": ("telegram",),
    "zalo_bot": ("zalo_bot",),
    "zalo_oa": ("zalo_oa",),
}


def _of_platform(platform: Platform) -> Installed:
    if platform == "telegram":
        bot = bot_of(DEFAULT_BOT)
        return Installed(Account("telegram", bot.username), "telegram", bot.token)
    if platform == "zalo_oa":
        token = ":".join((_OA_NUMBER, *_OA_SECRETS.values(), _OA_REFRESH))
        return Installed(Account("zalo_oa", "mung_ba_oa"), "zalo_oa", token)
    return Installed(Account("zalo_bot", "bot_mung_ba"), "zalo_bot", f"8000000001:{_SECRET}-01")


def simulator_for(bots: Sequence[Installed], **options: Any) -> SimulatorProcess:
    """A simulator with these bots, not yet started."""
    made: dict[Platform, list[str]] = {"telegram": [], "zalo_bot": [], "zalo_oa": []}
    for bot in bots:
        made[bot.account.platform].append(bot.at_simulator)
    return SimulatorProcess(
        bots=made["telegram"], zalo_bots=made["zalo_bot"], zalo_oas=made["zalo_oa"], **options
    )
