"""The platform's own flood limits, off by default.

30 messages a second a bot, 1 a second a chat, 20 a minute a group (a chat with a negative id).
"""

import math
from dataclasses import dataclass, field

PER_BOT = 30.0  # messages a second, telegram.md A2
PER_CHAT = 1.0
PER_GROUP = 20 / 60
BOT_BURST = 30.0
CHAT_BURST = 5.0  # "short bursts pass"
GROUP_BURST = 20.0


@dataclass
class _Bucket:
    tokens: float
    at: float

    def wait(self, now: float, rate: float, burst: float) -> float:
        """Seconds until a message may pass; 0 takes a token."""
        self.tokens = min(burst, self.tokens + max(0.0, now - self.at) * rate)
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / rate


@dataclass
class Floods:
    """Token buckets by bot and by chat."""

    on: bool = False
    _bots: dict[str, _Bucket] = field(default_factory=dict)
    _chats: dict[tuple[str, int], _Bucket] = field(default_factory=dict)

    def retry_after(self, bot: str, person: int, now: float) -> int:
        """Whole seconds this bot must wait before it writes into this chat; 0 when it may."""
        if not self.on:
            return 0
        rate, burst = (PER_CHAT, CHAT_BURST) if person > 0 else (PER_GROUP, GROUP_BURST)
        wait = self._chats.setdefault((bot, person), _Bucket(burst, now)).wait(now, rate, burst)
        if not wait:
            wait = self._bots.setdefault(bot, _Bucket(BOT_BURST, now)).wait(now, PER_BOT, BOT_BURST)
        return math.ceil(wait)
