"""The bots of a walk: how the simulator makes them, how the bot's settings name them, who writes to which."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.models import Platform
from simulator.month.accounts import Account
from simulator.month.cast import Player
from simulator.month.roster import Listed
from simulator.options import DEFAULT_BOT, bot_of
from simulator.process import SimulatorProcess

MIXED = "mixed"
CHANNELS = ("telegram", "zalo_bot", "zalo_oa", MIXED)
FREE_PEOPLE = 50  # of a free Zalo bot (zalo.md 2.7)
ON_TWO = 5  # members with two messengers, where there are several
FIRST_PERSON = 5_000_000_001
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
    serves: tuple[str, ...] = ()  # branches; empty: everybody

    @property
    def at_simulator(self) -> str:
        """As an option of the simulator: TOKEN:USERNAME:TITLE."""
        return f"{self.token}:{self.account.bot}:Bot Mùng Ba"

    def settings(self, simulator: str) -> dict[str, Any]:
        """The entry under `channels:`. Zalo bots are pushed to: polled they hand over one update a second."""
        platform = self.account.platform
        mode = "webhook" if platform == "zalo_bot" else "polling"
        address = {"api_base": simulator + _DOORS[platform], "mode": mode}
        serves = {"serves": list(self.serves)} if self.serves else {}
        return {"name": self.name, "kind": platform, "per_second": PER_SECOND, **address, **serves}

    @property
    def secrets(self) -> dict[str, str]:
        """What the bot finds in its environment."""
        found = {"TOKEN": self.token}
        if self.account.platform == "zalo_oa":
            found = {**_OA_SECRETS, "REFRESH_TOKEN": _OA_REFRESH}
        return {f"MUNGBA_{self.name.upper()}_{what}": value for what, value in found.items()}


def installed(channel: str, listed: Sequence[Listed]) -> list[Installed]:
    """The bots of a walk on this channel. More people than a free Zalo bot serves: one bot a branch."""
    if channel == "zalo_bot" and len(listed) > FREE_PEOPLE:
        branches = dict.fromkeys(line.branch for line in listed)
        return [_zalo_bot(f"_{number:02}", (name,)) for number, name in enumerate(branches, start=1)]
    return [_MAKE[platform]() for platform in _MAKE if channel in {platform, MIXED}]


def _telegram() -> Installed:
    bot = bot_of(DEFAULT_BOT)
    return Installed(Account("telegram", bot.username), "telegram", bot.token)


def _zalo_bot(mark: str = "", serves: tuple[str, ...] = ()) -> Installed:
    token = f"80000000{mark.strip('_') or '00'}:{_SECRET}"
    return Installed(Account("zalo_bot", f"bot_mung_ba{mark}"), f"zalo_bot{mark}", token, serves)


def _zalo_oa() -> Installed:
    token = ":".join((_OA_NUMBER, *_OA_SECRETS.values(), _OA_REFRESH))
    return Installed(Account("zalo_oa", "mung_ba_oa"), "zalo_oa", token)


_MAKE: dict[Platform, Callable[[], Installed]] = {
    "telegram": _telegram,
    "zalo_bot": _zalo_bot,
    "zalo_oa": _zalo_oa,
}


def players_of(
    listed: Sequence[Listed], codes: Mapping[tuple[str, str], str], bots: Sequence[Installed]
) -> list[Player]:
    """The people of a list with the slips of paper they were given and the messengers they have."""
    plain = [number for number, line in enumerate(listed) if not line.posts]
    on_two = set(plain[:: max(1, len(plain) // ON_TWO)][:ON_TWO])
    return [
        Player(
            FIRST_PERSON + number,
            line.name,
            line.branch,
            codes[line.branch, line.name],
            line.posts,
            accounts=_accounts(line, number, bots, how_many=2 if number in on_two else 1),
        )
        for number, line in enumerate(listed)
    ]


def _accounts(line: Listed, number: int, bots: Sequence[Installed], how_many: int) -> tuple[Account, ...]:
    """Accounts that serve this branch; where there are several, people are spread over them."""
    serving = [bot.account for bot in bots if not bot.serves or line.branch in bot.serves]
    first = number % len(serving)
    return tuple((serving[first:] + serving[:first])[:how_many])


def simulator_for(bots: Sequence[Installed], **options: Any) -> SimulatorProcess:
    """A simulator with these bots, not yet started."""
    made: dict[Platform, list[str]] = {"telegram": [], "zalo_bot": [], "zalo_oa": []}
    for bot in bots:
        made[bot.account.platform].append(bot.at_simulator)
    return SimulatorProcess(
        bots=made["telegram"], zalo_bots=made["zalo_bot"], zalo_oas=made["zalo_oa"], **options
    )
