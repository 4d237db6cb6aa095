"""Whether people on a channel account can open our pages, and where a page stands in for buttons."""

from __future__ import annotations

from bot.loopback import is_loopback, is_out_of_reach
from bot.settings import ChannelAccount, Settings

WITHOUT_BUTTONS = frozenset({"zalo_bot"})
WITHOUT_FILES = frozenset({"zalo_bot"})  # a document arrives as "unsupported", never with content

WITH_SHARED_IDS = frozenset({"telegram"})  # a person has the same id at every bot of the platform


def opens_pages(settings: Settings, account: ChannelAccount) -> bool:
    """On a real platform only over https at an address of the internet: a link is a key."""
    if is_loopback(account.api_base):
        return True
    address = settings.web.public_url
    return address.startswith("https://") and not is_out_of_reach(address)


def can_open_pages(settings: Settings, channel: str) -> bool:
    """The same by the account's name; an account that is not configured opens none."""
    account = _account(settings, channel)
    return account is not None and opens_pages(settings, account)


def has_buttons(settings: Settings, channel: str) -> bool:
    """Whether choices can be pressed on this account; else they are read in a list, and typed."""
    account = _account(settings, channel)
    return account is None or account.kind not in WITHOUT_BUTTONS


def wants_pages(settings: Settings, channel: str) -> bool:
    """Whether a message on this account should carry the link of its page: there are no buttons."""
    account = _account(settings, channel)
    return account is not None and account.kind in WITHOUT_BUTTONS and opens_pages(settings, account)


def knows_people(settings: Settings, channel: str) -> bool:
    """Whether who writes here is known from the other bots of the platform."""
    account = _account(settings, channel)
    return account is not None and account.kind in WITH_SHARED_IDS


def arrives_without_files(settings: Settings, channel: str) -> bool:
    """Whether a file sent here reaches us without its content."""
    account = _account(settings, channel)
    return account is not None and account.kind in WITHOUT_FILES


def _account(settings: Settings, channel: str) -> ChannelAccount | None:
    return next((account for account in settings.channels if account.name == channel), None)
