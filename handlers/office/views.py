"""What is said about a file before it is known what it holds."""

from __future__ import annotations

from bot.context import Context
from bot.language import Say, choice, rows
from handlers.office.actions import Drop, FileIs
from handlers.office.files import SentFile
from members.sent_files import FileKind

NAME_SHOWN = 60


def what_is_it(ctx: Context, sent: SentFile) -> Say:
    """Two kinds of file, and leaving it."""
    words = ctx.words
    return Say(
        words("office.what_is_it", file=short_name(sent)),
        rows(
            choice(words("office.is_roster"), FileIs(FileKind.ROSTER, sent.mark)),
            choice(words("office.is_questions"), FileIs(FileKind.QUESTIONS, sent.mark)),
            choice(words("office.drop"), Drop()),
        ),
        expects=sent.kept(),
    )


def how_to_send(ctx: Context) -> Say:
    """What may be sent, and how the member list should look."""
    return Say(ctx.words("office.how_to_send"))


def short_name(sent: SentFile) -> str:
    """The file's name, cut where it is long."""
    return sent.name if len(sent.name) <= NAME_SHOWN else sent.name[: NAME_SHOWN - 1] + "…"
