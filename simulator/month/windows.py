"""Whom an Official Account may write to: those who wrote to it in the last seven days (zalo.md 3.5)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from simulator.month.cast import Player

LAST = timedelta(days=7)


class Windows:
    """When each player wrote last, as the players themselves remember it. Other platforms have no windows."""

    def __init__(self, players: Iterable[Player]) -> None:
        self._bound = {player.id for player in players if player.is_on_oa_only}
        self._spoke: dict[int, list[datetime]] = {}
        self.now: datetime | None = None  # the story's clock, as of the last scene

    def spoke(self, person: int) -> None:
        """This player has written just now."""
        if self.now is not None:
            self._spoke.setdefault(person, []).append(self.now)

    def closed(self, person: int, at: datetime | None = None) -> bool:
        """Whether nothing reaches this player at a moment (now)."""
        moment = at or self.now
        if person not in self._bound or moment is None:
            return False
        before = [spoke for spoke in self._spoke.get(person, ()) if spoke <= moment]
        return not before or moment - max(before) > LAST
