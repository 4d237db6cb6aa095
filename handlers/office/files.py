"""The file a person sent: fetched under a limit, kept by reference between two messages."""

from __future__ import annotations

from msgspec import Struct

from bot.context import Context
from bot.language import Expects, FileIn
from db.errors import NotFound
from members.sent_files import check_file, mark_of

STEP = "office.file"


class SentFile(Struct, frozen=True):
    """A file in hand. `mark` names its content in buttons."""

    file: FileIn
    data: bytes
    mark: str

    @property
    def name(self) -> str:
        """The name as sent."""
        return self.file.name

    def kept(self) -> Expects:
        """What the next step needs to fetch it again: never the content."""
        return Expects(
            STEP, {"ref": self.file.ref, "name": self.name, "size": self.file.size, "mark": self.mark}
        )


async def fetch(ctx: Context, file: FileIn) -> SentFile:
    """The content. Raises BadInput for one marked secret (before fetching) or too large."""
    check_file(file.name, file.size)
    if ctx.fetch is None:
        raise NotFound("office.gone")
    data = await ctx.fetch(file)
    check_file(file.name, len(data))
    return SentFile(file, data, mark_of(data))


async def fetch_again(ctx: Context, mark: str) -> SentFile:
    """The file of the step the chat is in. Raises NotFound for a button of another file."""
    if ctx.data.get("mark") != mark:
        raise NotFound("office.gone")
    kept = FileIn(str(ctx.data["ref"]), str(ctx.data["name"]), int(ctx.data["size"]))
    sent = await fetch(ctx, kept)
    if sent.mark != mark:
        raise NotFound("office.gone")
    return sent
