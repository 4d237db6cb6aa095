"""`python -m bot check`: what is configured, what is missing, whether each channel answers."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct, field
from sqlalchemy.orm import Session

from bot.checking_bots import faults_of
from bot.groundwork import make_channel, only_looking
from bot.loopback import is_loopback, is_out_of_reach
from bot.reach import opens_pages
from bot.settings import ChannelAccount, Settings, missing_secrets, secrets_of
from db import migrate
from db.errors import DeliveryError, StartRefused
from db.health import refuse_if_unfit
from db.places import place_of


class Report(Struct):
    """Sentences for the person at the keyboard, and whether all is well."""

    lines: list[str] = field(default_factory=list)
    good: bool = True

    def say(self, sentence: str, *, good: bool = True) -> None:
        """Add a sentence."""
        self.lines.append(f"{'ok  ' if good else 'FIX '} {sentence}")
        self.good = self.good and good


async def check(settings: Settings, environ: Mapping[str, str] = os.environ) -> Report:
    """Look at everything without changing anything."""
    report = Report()
    report.say(f"organisation: {settings.organisation.name}, time zone {settings.organisation.zone}")
    _check_database(settings, report)
    report.say(f"pages: {settings.web.public_url} (listening on {settings.web.host}:{settings.web.port})")
    if not settings.channels:
        report.say("no channel is configured: add one under 'channels:' in config.yaml", good=False)
    _check_bots(settings, report)
    for account in settings.channels:
        _check_pages(account, settings, report)
        await _check_channel(account, settings, environ, report)
    return report


def _check_database(settings: Settings, report: Report) -> None:
    try:
        place = place_of(settings.database.url)
        if not place.there:
            report.say(f"database: {place} will be made at the first run")
            return
        if place.file is not None:
            refuse_if_unfit(place.file)
        engine = place.engine(writing=False)
        version = migrate.version_of(engine)
        engine.dispose()
    except StartRefused as error:
        report.say(f"database: {error}", good=False)
    else:
        state = "up to date" if version == migrate.newest() else "will be brought up to date at the next run"
        report.say(f"database: {place}, schema {version or 'none yet'}, {state}")


def _check_bots(settings: Settings, report: Report) -> None:
    """Which bot serves which branch; only once there is a roster."""
    try:
        place = place_of(settings.database.url)
        if not place.there:
            return
        engine = place.engine(writing=False)
        try:
            if migrate.version_of(engine) == migrate.newest():
                with Session(engine) as session:
                    for fault in faults_of(session, settings.bots):
                        report.say(fault, good=False)
        finally:
            engine.dispose()
    except StartRefused:
        return  # told of the database already


async def _check_channel(
    account: ChannelAccount, settings: Settings, environ: Mapping[str, str], report: Report
) -> None:
    where = f"channel {account.name} ({account.kind}, {account.mode}, {account.api_base})"
    if account.kind != "telegram":
        _check_zalo(account, settings, report)
    missing = missing_secrets(account, environ)
    for sentence in missing:
        report.say(sentence, good=False)
    if missing:
        return
    channel = make_channel(account, secrets_of(account, environ), only_looking(settings))
    try:
        report.say(f"{where} answers as @{await channel.open()}")
    except DeliveryError as error:
        report.say(f"{where} does not answer: {error}", good=False)
    finally:
        await channel.close()


def _check_zalo(account: ChannelAccount, settings: Settings, report: Report) -> None:
    """The address that Zalo calls and fetches pictures from, and the link that opens the chat."""
    real = not is_loopback(account.api_base)
    if real:
        _check_reachable(settings.web.public_url, report)
    if account.mode == "webhook" or account.kind == "zalo_oa":
        address = f"{settings.web.public_url.rstrip('/')}/hook/{account.name}"
        report.say(f"channel {account.name} is to be called at {address}")
    if real and not account.link:
        report.say(
            f"channel {account.name} has no link: copy the one that opens its chat from where it was made, "
            "into 'link' of the channel",
            good=False,
        )


def _check_pages(account: ChannelAccount, settings: Settings, report: Report) -> None:
    """Personal links are offered only where phones can open them; the rest works without."""
    if not opens_pages(settings, account):
        report.say(
            f"channel {account.name}: no links to personal pages are offered, because phones cannot open "
            f"{settings.web.public_url}: set web.public_url to an https address in the internet"
        )


def _check_reachable(public_url: str, report: Report) -> None:
    """Zalo calls us, and fetches pictures by their address."""
    if is_out_of_reach(public_url) or not public_url.startswith("https://"):
        report.say(
            f"web.public_url is {public_url}, where Zalo cannot reach it: "
            "set the https address of this server in the internet",
            good=False,
        )
