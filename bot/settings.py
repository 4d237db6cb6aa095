"""What an installation decides: `config.yaml` and the environment, in one typed model.

Secrets come from the environment alone: `MUNGBA_<CHANNEL NAME>_TOKEN` or `…_TOKEN_FILE` (`SECRETS` says
which a kind of channel needs). Any single setting is overridden by `MUNGBA_<SECTION>__<NAME>`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml
from msgspec.structs import force_setattr

from bot.channels.zalo_bot.limits import FREE_MESSAGES, FREE_PEOPLE
from bot.channels.zalo_bot.limits import PER_SECOND as ZALO_PER_SECOND
from bot.limits import TELEGRAM_PER_SECOND
from bot.loopback import is_loopback
from db.errors import StartRefused
from meetings.reminding import Hours, Quiet
from meetings.timetable import Timetable
from members.bots import Bot

PREFIX = "MUNGBA_"
ChannelKind = Literal["telegram", "zalo_bot", "zalo_oa"]
API_BASES: dict[ChannelKind, str] = {
    "telegram": "https://api.telegram.org",
    "zalo_bot": "https://bot-api.zaloplatforms.com",
    "zalo_oa": "https://openapi.zalo.me",
}
RATES: dict[ChannelKind, int] = {
    "telegram": TELEGRAM_PER_SECOND,
    "zalo_bot": ZALO_PER_SECOND,
    "zalo_oa": ZALO_PER_SECOND,
}
SECRETS: dict[ChannelKind, tuple[str, ...]] = {
    "telegram": ("TOKEN",),
    "zalo_bot": ("TOKEN",),
    "zalo_oa": ("APP_ID", "APP_SECRET", "OA_SECRET", "REFRESH_TOKEN"),
}
A_MONTH: dict[ChannelKind, tuple[int, int]] = {"zalo_bot": (FREE_PEOPLE, FREE_MESSAGES)}
"""People and messages a month of the plan a bot has when it is made; the other kinds have no such limit."""
OF_THE_KIND = -1
Hour = Annotated[int, msgspec.Meta(ge=0, le=23)]
MOST_PORT = 65_535
Port = Annotated[int, msgspec.Meta(ge=1, le=MOST_PORT)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
Rate = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Monthly = Annotated[int, msgspec.Meta(ge=OF_THE_KIND)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class Section(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Base of all sections: an unknown key is an error."""


class Organisation(Section, frozen=True):
    """Who runs this installation."""

    name: str = "Đảng bộ"
    zone: str = "Asia/Ho_Chi_Minh"


class ChannelAccount(Section, frozen=True):
    """One bot on one platform. Several of a kind are normal. What is left out depends on the kind.

    `serves`: names of branches or units above them; empty: everybody. `people`, `messages`: a month, 0: no
    limit. `counts_inbound`: what people write is counted among the messages too.
    """

    name: str
    kind: ChannelKind = "telegram"
    api_base: str = ""
    mode: Literal["polling", "webhook"] = "polling"
    per_second: Rate = 0  # messages; more than the kind's own rate only where the platform allows it
    link: str = ""  # opens the chat with the bot; Zalo shows it where the bot is made
    serves: tuple[str, ...] = ()
    people: Monthly = OF_THE_KIND
    messages: Monthly = OF_THE_KIND
    counts_inbound: bool = False

    def __post_init__(self) -> None:
        """Fill in what the kind decides."""
        force_setattr(self, "api_base", self.api_base or API_BASES[self.kind])
        force_setattr(self, "per_second", self.per_second or RATES[self.kind])
        people, messages = A_MONTH.get(self.kind, (0, 0))
        force_setattr(self, "people", people if self.people == OF_THE_KIND else self.people)
        force_setattr(self, "messages", messages if self.messages == OF_THE_KIND else self.messages)

    @property
    def bot(self) -> Bot:
        """As the rules of the rooms see it."""
        return Bot(self.name, self.kind, self.serves, self.people, self.messages, self.counts_inbound)


class Database(Section, frozen=True):
    """Where everything is kept."""

    url: str = "sqlite:///data/mungba.db"


class Web(Section, frozen=True):
    """Pages opened from a link, the big screen, webhooks. `public_url` is how phones reach it."""

    host: str = "127.0.0.1"
    port: Port = 8080
    public_url: str = "http://127.0.0.1:8080"
    metrics: str = ""  # host:port of a listener for those who watch; empty: none


class Meetings(Section, frozen=True):
    """Check-in window and reminders (domain.md section 9)."""

    checkin_before_minutes: Count = 30
    checkin_after_minutes: Count = 15
    reminder_days: tuple[Count, ...] = (7, 3, 1, 0)
    reminder_hour: Hour = 8
    months_ahead: Positive = 12
    helper_limit: Count = 3


class Quiz(Section, frozen=True):
    """Ranked attempt and leaderboard (domain.md section 9)."""

    minutes: Positive = 10
    questions: Positive = 10
    names_on_leaderboard: Count = 3


class QuietHours(Section, frozen=True):
    """No message but those of a meeting that is on."""

    start: str = "21:00"
    end: str = "06:00"

    @property
    def hours(self) -> tuple[time, time]:
        """Start and end as wall clock times."""
        return time.fromisoformat(self.start), time.fromisoformat(self.end)


class Clock(Section, frozen=True):
    """`follow`: address of a simulator whose movable clock is followed. Empty: the machine's clock."""

    follow: str = ""


class Log(Section, frozen=True):
    """Lines on standard error; `json`: one object a line. Never texts, names or tokens."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    json: bool = False


class Settings(Section, frozen=True):
    """The whole installation."""

    organisation: Organisation = Organisation()
    channels: tuple[ChannelAccount, ...] = ()
    database: Database = Database()
    web: Web = Web()
    meetings: Meetings = Meetings()
    quiz: Quiz = Quiz()
    quiet: QuietHours = QuietHours()
    clock: Clock = Clock()
    log: Log = Log()

    @property
    def played(self) -> bool:
        """Whether everything is played: a clock is followed only beside a simulator on this machine."""
        return bool(self.clock.follow)

    @property
    def bots(self) -> tuple[Bot, ...]:
        """All channel accounts as the rules of the rooms see them."""
        return tuple(account.bot for account in self.channels)

    def rate_of(self, channel: str) -> int:
        """Messages a second that its platform permits; 0 for an account that is not configured."""
        return next((account.per_second for account in self.channels if account.name == channel), 0)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which dates are shown and rules are meant."""
        return ZoneInfo(self.organisation.zone)

    @property
    def timetable(self) -> Timetable:
        """Calendar and reminders as the use cases need them."""
        hours = Hours(send=time(self.meetings.reminder_hour), quiet=Quiet(*self.quiet.hours))
        return Timetable(self.zone, self.meetings.reminder_days, hours, months=self.meetings.months_ahead)


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings, or StartRefused with one plain sentence naming the key and the remedy."""
    raw = _with_overrides(_read_yaml(path), environ)
    try:
        settings = msgspec.convert(raw, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise StartRefused(f"{path}: {_plain(str(error))}") from None
    _check(settings, path)
    return settings


def token_of(account: ChannelAccount, environ: Mapping[str, str] = os.environ) -> str:
    """The channel account's token, or StartRefused saying which variable to set."""
    return _secret(account, "TOKEN", environ)


def secrets_of(account: ChannelAccount, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """All that `SECRETS` names for the account's kind, or StartRefused saying which variable to set."""
    return {what: _secret(account, what, environ) for what in SECRETS[account.kind]}


def missing_secrets(account: ChannelAccount, environ: Mapping[str, str] = os.environ) -> list[str]:
    """One sentence for each secret that is not there, naming its variable."""
    missing = []
    for what in SECRETS[account.kind]:
        try:
            _secret(account, what, environ)
        except StartRefused as error:
            missing.append(str(error))
    return missing


def _secret(account: ChannelAccount, what: str, environ: Mapping[str, str]) -> str:
    name = f"{PREFIX}{account.name.upper().replace('-', '_')}_{what}"
    if environ.get(name):
        return environ[name].strip()
    file = environ.get(f"{name}_FILE")
    if not file:
        missing = what.lower().replace("_", " ")
        raise StartRefused(f"channel {account.name} has no {missing}: set {name} or {name}_FILE")
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(f"{name}_FILE names {file}, which cannot be read: {_why(error)}") from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(f"the settings file {path} cannot be read: {_why(error)}") from None
    try:
        raw = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f" in line {place.line + 1}" if place else ""
        raise StartRefused(f"{path} is not valid YAML{where}: check indentation and colons") from None
    if not isinstance(raw, dict):
        raise StartRefused(f"{path} must hold sections such as 'organisation:', not a plain value")
    return raw


def _why(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is no text"


def _with_overrides(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    merged = {name: dict(value) if isinstance(value, dict) else value for name, value in raw.items()}
    for variable, text in environ.items():
        section, found, name = variable.removeprefix(PREFIX).lower().partition("__")
        if not variable.startswith(PREFIX) or not found:
            continue
        target = merged.setdefault(section, {})
        if not isinstance(target, dict):
            raise StartRefused(f"{variable}: section '{section}' has no single settings")
        target[name] = text
    return merged


def _plain(message: str) -> str:
    """msgspec's 'Object contains unknown field `x` - at `$.web`' in our words."""
    return message.replace("Object contains unknown field", "unknown key").replace(" - at `$", " in `")


def _check(settings: Settings, path: Path) -> None:
    try:
        ZoneInfo(settings.organisation.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise StartRefused(
            f"{path}: organisation.zone '{settings.organisation.zone}' is no time zone; "
            "write for example Asia/Ho_Chi_Minh"
        ) from None
    _check_clock(settings, path)
    _check_metrics(settings.web.metrics, path)
    try:
        _ = settings.quiet.hours
    except ValueError:
        raise StartRefused(f'{path}: quiet.start and quiet.end are times such as "21:00"') from None
    names = [account.name for account in settings.channels]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise StartRefused(f"{path}: two channels are named '{twice}'; give each its own name")


def _check_metrics(address: str, path: Path) -> None:
    """An address like others; that it is not public is seen when it is opened."""
    host, _, port = address.rpartition(":")
    if address and not (host and port.isdecimal() and 0 < int(port) <= MOST_PORT):
        raise StartRefused(f"{path}: web.metrics is an address such as 127.0.0.1:9464")


def _check_clock(settings: Settings, path: Path) -> None:
    """A movable clock beside a real platform would send reminders on the wrong day."""
    addresses = [settings.clock.follow, *(account.api_base for account in settings.channels)]
    if settings.clock.follow and not all(is_loopback(address) for address in addresses):
        raise StartRefused(f"{path}: clock.follow is for a simulator on this machine only: remove it")
