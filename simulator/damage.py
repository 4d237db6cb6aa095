"""What a fault does to one call, and what it may aim at."""

from dataclasses import dataclass, field

_PEACEFUL = frozenset({"getupdates", "getme", "setwebhook", "deletewebhook", "getwebhookinfo"})

CLOSE = "close"  # the connection ends without an answer
HOLD = "hold"  # the connection stays open without an answer
RESET = "reset"  # half an answer, then a reset
TRUNCATED = "truncated"  # half the JSON, as a whole answer
HTML = "html"  # a page instead of JSON
LENGTH = "length"  # Content-Length says another number of bytes than come
SLOW = "slow"  # byte by byte
WIRES = frozenset({CLOSE, HOLD, RESET, TRUNCATED, HTML, LENGTH, SLOW})


@dataclass(frozen=True)
class Damage:
    """What a call meets.

    `code` with `description` is a refusal; 0 leaves the answer as it would be. `wire` says how the answer
    is spoilt on its way ("" not at all), and `accepted` whether the call is carried out before that.
    """

    code: int = 0
    description: str = ""
    retry_after: int | None = None
    migrate_to: int | None = None
    wire: str = ""
    accepted: bool = False
    amount: float = 0.0  # of `wire`: bytes a second, bytes too many, HTTP status, seconds held (0: for ever)
    silent: bool = False  # nothing reached the platform: the journal knows nothing either
    fault: str = ""


@dataclass(frozen=True)
class Target:
    """One call as a fault sees it; `method` in lower case, `marked` when it asks for formatting."""

    bot: str
    method: str
    chat: str = ""
    marked: bool = False

    @property
    def peaceful(self) -> bool:
        """About updates and the bot itself, not about people."""
        return self.method in _PEACEFUL


@dataclass(frozen=True)
class Aim:
    """Which calls a fault may strike; an empty set means any, `reach` decides when no method is named.

    `reach`: "sends" (all but getUpdates, getMe and the webhook's methods), "all", "marked" (with
    formatting), "none" (no call: this fault is about updates).
    """

    reach: str = "sends"
    methods: frozenset[str] = field(default_factory=frozenset)
    chats: frozenset[str] = field(default_factory=frozenset)
    bots: frozenset[str] = field(default_factory=frozenset)

    def hits(self, target: Target) -> bool:
        if self.chats and target.chat not in self.chats:
            return False
        if self.bots and target.bot not in self.bots:
            return False
        return self._method(target)

    def _method(self, target: Target) -> bool:
        if self.reach == "none" or (self.reach == "marked" and not target.marked):
            return False
        if self.methods:
            return target.method in self.methods
        return self.reach == "all" or not target.peaceful

    def covers(self, bot: str) -> bool:
        """Whether a fault about updates concerns this bot."""
        return not self.bots or bot in self.bots
