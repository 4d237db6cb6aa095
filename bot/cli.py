"""The command line. Heavy parts are imported inside the commands, so that help comes at once."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import cli_keeping
from db.errors import MungBaError, StartRefused

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
import_app = typer.Typer(no_args_is_help=True, help="Bring in a roster or a question bank.")
db_app = typer.Typer(no_args_is_help=True, help="The database.")
migrate_app = typer.Typer(
    no_args_is_help=True, help="Move to another kind of database.", callback=lambda: None
)
app.add_typer(import_app, name="import")
app.add_typer(db_app, name="db")
app.add_typer(migrate_app, name="migrate")
cli_keeping.register(app)

ConfigFile = Annotated[Path, typer.Option("--config", help="The settings file.")]
DEFAULT_CONFIG = Path("config.yaml")
COLLECT_AFTER = 500_000  # objects, more than a start makes: nearly all of them stay


def main() -> None:
    """Run a command; what is wrong is one plain sentence and a non-zero exit."""
    gc.set_threshold(COLLECT_AFTER)
    try:
        app()
    except (StartRefused, MungBaError) as error:
        typer.echo(f"mungba: {error}", err=True)
        sys.exit(2)


@app.command()
def run(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Run the assistant until Ctrl-C or SIGTERM."""
    from bot import logs, settings

    loaded = settings.load(config)
    logs.configure(loaded.log.level, as_json=loaded.log.json)
    from bot import process  # loads everything, so after the settings were found to be good

    process.on_quick_loop(process.run(loaded, lambda: typer.echo("mungba ready")))


@app.command()
def check(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Say in plain words what is configured, what is missing, and whether each channel answers."""
    from bot import checking, logs, settings

    logs.configure("ERROR")
    report = asyncio.run(checking.check(settings.load(config)))
    typer.echo("\n".join(report.lines))
    if not report.good:
        raise typer.Exit(1)


@app.command()
def demo(
    port: Annotated[
        int, typer.Option(help="Port of the page; the bot's own pages take the next one.")
    ] = 8801,
    data: Annotated[Path, typer.Option(help="Folder that keeps everything.")] = Path("data/demo"),
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Play with everything on this machine: no token, no phone, nothing is sent anywhere."""
    from bot import logs
    from bot.demo import demonstration

    logs.configure("ERROR")
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C before the bot runs
        asyncio.run(demonstration.run(port, data, open_browser=browser))


@app.command()
def codes(
    folder: Annotated[Path, typer.Argument(help="Where the sheets are written.")],
    branch: Annotated[str, typer.Option(help="Only this branch.")] = "",
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Make fresh one-time join codes and a sheet per branch to print."""
    from bot import desk, settings

    for path in asyncio.run(desk.write_join_sheets(settings.load(config), folder, branch)):
        typer.echo(path)


@import_app.command("members")
def import_members(
    file: Annotated[Path, typer.Argument(help="The roster (.xlsx).")], config: ConfigFile = DEFAULT_CONFIG
) -> None:
    """Bring in the roster an office keeps. Faulty rows are named by line; importing twice changes nothing."""
    from bot import desk, settings

    report = asyncio.run(desk.import_members(settings.load(config), file))
    typer.echo("\n".join(report.lines))
    if not report.good:
        raise typer.Exit(1)


@import_app.command("quiz")
def import_quiz(
    file: Annotated[Path, typer.Argument(help="The question bank (.xlsx or .gift).")],
    branch: Annotated[str, typer.Option(help="Only for this branch; else for the whole organisation.")] = "",
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Bring in a question bank. Faulty questions are named by line; importing twice changes nothing."""
    from bot import desk, settings

    report = asyncio.run(desk.import_quiz(settings.load(config), file, branch))
    typer.echo("\n".join(report.lines))
    if not report.good:
        raise typer.Exit(1)


@migrate_app.command("sqlite-to-postgres")
def sqlite_to_postgres(
    source: Annotated[str, typer.Option("--from", help="sqlite:///… as it was in database.url.")],
    target: Annotated[str, typer.Option("--to", help="postgresql+psycopg://…, an empty database.")],
) -> None:
    """Bring everything from a SQLite file to a PostgreSQL server, compared row by row. May be run again."""
    import bot.tables  # noqa: F401 (all tables)
    from db.moving import move
    from db.places import place_of

    moved = move(place_of(source), place_of(target))
    for one in moved:
        typer.echo(f"{one.table:<24}{one.rows:>10}  {one.checksum[:16]}")
    typer.echo(f"{sum(one.rows for one in moved)} rows in {len(moved)} tables are the same on both sides")
    typer.echo("now set database.url to the PostgreSQL address; keep the SQLite file until you are sure")


@db_app.command("upgrade")
def upgrade(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Bring the database's schema up to date."""
    from bot import desk, settings

    typer.echo(desk.upgrade(settings.load(config)))
