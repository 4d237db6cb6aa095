"""The commands `backup`, `restore`, `recount`, `move-account`, `inbox` and `outbox`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Option("--config", help="The settings file.")]
DEFAULT_CONFIG = Path("config.yaml")
Everything = Annotated[bool, typer.Option("--all", help="All of them.")]

inbox_app = typer.Typer(help="What could not be handled and was set aside: list, look, handle again.")
outbox_app = typer.Typer(help="What became of messages: list, and send unsure ones once more.")


def register(app: typer.Typer) -> None:
    """Add the commands to `python -m bot`."""
    app.command()(backup)
    app.command()(restore)
    app.command()(recount)
    app.command("move-account")(move_account)
    app.add_typer(inbox_app, name="inbox")
    app.add_typer(outbox_app, name="outbox")


def backup(
    file: Annotated[Path, typer.Argument(help="The backup to write; FILE.sha256 is written beside it.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Copy the database while the assistant runs, and check the copy."""
    from bot import keeping, settings

    _say(keeping.back_up(settings.load(config), file))


def restore(
    file: Annotated[Path, typer.Argument(help="The backup; FILE.sha256 must lie beside it.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="A database in the way is kept under a dated name.")
    ] = False,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Bring back a backup. Nothing that was waiting then is sent again by itself."""
    from bot import keeping, settings

    _say(keeping.restore(settings.load(config), file, replace=replace))


def recount(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Count all figures anew beside those that are kept, and say where they differ."""
    from bot import desk, settings

    differences = asyncio.run(desk.recount(settings.load(config)))
    _say(differences or ["all figures are what a recount gives"])
    if differences:
        raise typer.Exit(1)


def move_account(
    branch: Annotated[str, typer.Option(help="The branch, or a unit above it: all its branches.")],
    to: Annotated[str, typer.Option(help="The channel account that serves it from now on.")],
    member: Annotated[str, typer.Option(help="Only this member, by full name.")] = "",
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Ask members to go over to another bot of the same platform; nothing is lost until they have."""
    from bot import moving, settings

    _say(asyncio.run(moving.move_account(settings.load(config), branch, to, member)))


@inbox_app.callback(invoke_without_command=True)
def inbox(context: typer.Context, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """What was set aside, and why."""
    if context.invoked_subcommand is None:
        from bot import keeping, settings

        _say(keeping.list_aside(settings.load(config)))


@inbox_app.command("show")
def inbox_show(
    number: Annotated[int, typer.Argument(metavar="ID")],
    with_text: Annotated[bool, typer.Option("--with-text", help="Also what the person wrote.")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """One update as it came; what the person wrote is struck out."""
    from bot import keeping, settings

    _say(keeping.show_aside(settings.load(config), number, with_text=with_text))


@inbox_app.command("replay")
def inbox_replay(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[ID…]")] = None,
    everything: Everything = False,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Handle again what was set aside."""
    from bot import keeping, settings

    _say(keeping.replay(settings.load(config), numbers or [], everything=everything))


@outbox_app.callback(invoke_without_command=True)
def outbox(context: typer.Context, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Messages by fate, and by name those that were perhaps delivered."""
    if context.invoked_subcommand is None:
        from bot import keeping, settings

        _say(keeping.list_fates(settings.load(config)))


@outbox_app.command("send-again")
def outbox_send_again(
    keys: Annotated[list[str] | None, typer.Argument(metavar="[KEY…]")] = None,
    everything: Everything = False,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Send once more what was perhaps delivered."""
    from bot import keeping, settings

    _say(keeping.send_again(settings.load(config), keys or [], everything=everything))


def _say(lines: Sequence[str]) -> None:
    typer.echo("\n".join(lines))
