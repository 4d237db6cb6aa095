"""Addresses as an installation would make them."""

from __future__ import annotations


class Links:
    """See `bot.context.Links`."""

    def start(self, channel: str, payload: str) -> str:
        """A deep link."""
        return f"https://t.me/x?start={payload}"

    def name(self, channel: str) -> str:
        """See `bot.context.Links.name`."""
        return f"Bot {channel}"

    def web(self, path: str) -> str:
        """A page of ours."""
        return f"http://127.0.0.1{path}"
