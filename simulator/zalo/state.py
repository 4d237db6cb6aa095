"""What the simulator remembers of a Zalo account beside its chats. Moments are Unix seconds (float)."""

import msgspec

from simulator.zalo.switches import BotSwitches, OaSwitches


class BotState(msgspec.Struct, kw_only=True):
    """A bot of the Bot Platform. People by their numbers; `month` is YYYY-MM in Viet Nam."""

    username: str
    switches: BotSwitches = msgspec.field(default_factory=BotSwitches)
    people: list[int] = msgspec.field(default_factory=list)
    turned_away: list[int] = msgspec.field(default_factory=list)
    month: str = ""
    sent: int = 0
    received: int = 0
    webhook_at: float = 0.0
    probe_day: str = ""
    probes: int = 0
    photos: dict[str, int] = msgspec.field(default_factory=dict)
    lost: int = 0


class OaState(msgspec.Struct, kw_only=True):
    """An Official Account. `access` holds tokens and when they end; `uploads` ids and when they were made."""

    username: str
    switches: OaSwitches = msgspec.field(default_factory=OaSwitches)
    refresh: str = ""
    refresh_made: float = 0.0
    access: dict[str, float] = msgspec.field(default_factory=dict)
    used: list[str] = msgspec.field(default_factory=list)
    followers: list[int] = msgspec.field(default_factory=list)
    left: list[int] = msgspec.field(default_factory=list)
    interactions: dict[int, float] = msgspec.field(default_factory=dict)
    uploads: dict[str, float] = msgspec.field(default_factory=dict)
    charged: int = 0
    templates: int = 0
    sent: int = 0
    lost: int = 0
