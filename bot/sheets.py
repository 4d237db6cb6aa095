"""The printed join sheet in words: what `members.join_sheet` lays out."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.context import Links
from locales.dates import day_text
from locales.words import Words
from members.join_sheet import BranchCodes, Card, SheetWords, sheet_html


def join_sheet(made: BranchCodes, channel: str, links: Links, zone: ZoneInfo, words: Words) -> str:
    """The print-ready page of a branch. `channel`: the account whose bot is theirs; the QR codes open it."""
    bot = links.name(channel)
    day = day_text(made.expires_at.astimezone(zone).date())
    wording = SheetWords(
        language=words.language,
        title=words.plain("desk.sheet_title", branch=made.branch_name),
        note=words.plain(
            "desk.sheet_note", count=len(made.codes), day=day, bot=bot, link=links.start(channel, "")
        ),
        steps=(
            words.plain("desk.sheet_step_1", bot=bot),
            words.plain("desk.sheet_step_2"),
            words.plain("desk.sheet_step_3"),
        ),
        foot=words.plain("desk.sheet_foot", day=day),
    )
    cards = [
        Card(
            f"{c.full_name} ({c.mark})" if c.mark else c.full_name,
            c.code,
            links.start(channel, f"j-{c.code.replace('-', '')}"),
        )
        for c in made.codes
    ]
    return sheet_html(wording, cards)
