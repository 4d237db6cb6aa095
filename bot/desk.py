"""What an office does at the command line: rosters, question banks, join sheets, the schema."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.checking import Report
from bot.clock import clock_of
from bot.groundwork import InstalledLinks, code_key, make_channel, only_looking, open_place
from bot.settings import Settings, secrets_of
from bot.sheets import join_sheet
from db import migrate
from db.errors import DeliveryError, StartRefused
from db.places import claimed, place_of
from db.store import Store
from locales.words import Words
from members import roster_import
from members.bots import Bot, serving
from members.faults import Fault
from members.join_sheet import BranchCodes, codes_for_branch
from members.names import fold
from members.permissions import branches_below
from members.roster_import import RosterReport
from members.tables import Unit
from quizzes.bank import import_questions
from quizzes.formats.reading import read_questions
from reports.recount import recount as count_again

LANGUAGE = Words()


class Desk(Struct, frozen=True):
    """An opened store and the moment of the work."""

    store: Store
    settings: Settings
    now: datetime

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.astimezone(self.settings.zone).date()


class Sheet(Struct, frozen=True):
    """The codes of a branch, the channel account whose bot is theirs, and the link that opens it."""

    made: BranchCodes
    bot: str
    link: str


@asynccontextmanager
async def desk(settings: Settings, now: datetime | None = None) -> AsyncIterator[Desk]:
    """The store; on SQLite while no other process uses the folder."""
    lock, store = open_place(place_of(settings.database.url))
    try:
        yield Desk(store, settings, now or await _this_moment(settings))
    finally:
        await store.close()
        if lock is not None:
            lock.release()


async def _this_moment(settings: Settings) -> datetime:
    """The moment by the clock of the installation, so that codes live as long as its months do."""
    return (await clock_of(settings.clock.follow)).now()


async def import_members(settings: Settings, file: Path, *, on_roll_from: date | None = None) -> Report:
    """Bring in a roster; the report names every faulty row by line and reason."""
    data = _bytes_of(file)
    async with desk(settings) as at:
        found = await at.store.write(
            roster_import.import_members,
            data,
            file.name,
            settings.organisation.name,
            at.now,
            at.today,
            on_roll_from=on_roll_from,
        )
    return _roster_report(found)


async def import_quiz(settings: Settings, file: Path, branch: str = "") -> Report:
    """Bring in a question bank for the organisation or one branch; the office answers for its approval."""
    data = _bytes_of(file)
    async with desk(settings) as at:
        unit = await at.store.write(_unit_called, settings.organisation.name, branch)
        read = read_questions(data, file.name, today=at.today)
        done = await at.store.write(import_questions, None, unit, read.drafts, at.now, approved=True)
    report = Report()
    report.say(LANGUAGE.plain("desk.questions", added=done.added, known=done.known))
    _tell_faults(report, read.faults, "questions")
    return report


async def recount(settings: Settings) -> list[str]:
    """Where kept figures differ from a recount; a running process is stopped first."""
    async with desk(settings) as at:
        return await at.store.write(count_again, at.now, settings.zone)


async def write_join_sheets(settings: Settings, folder: Path, branch: str = "") -> list[Path]:
    """A print-ready page per branch naming the bot that is theirs, and all codes in one `codes.json`."""
    links = await _links(settings)
    async with desk(settings) as at:
        made = await make_codes(at, branch)
        bots = [await at.store.read(_bot_of, settings.bots, one) for one in made]
    sheets = [Sheet(one, bot, links.start(bot, "")) for one, bot in zip(made, bots, strict=True)]
    return _write_files(settings, folder, sheets, links)


def _bot_of(session: Session, bots: Sequence[Bot], made: BranchCodes) -> str:
    """The bot that a branch's sheets name: the first in the settings that serves it."""
    theirs = serving(session, bots, made.branch_id)
    if not theirs:
        raise StartRefused(f"no channel serves '{made.branch_name}': name it under 'serves' of one")
    return theirs[0].name


def _write_files(settings: Settings, folder: Path, sheets: list[Sheet], links: InstalledLinks) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for sheet in sheets:
        path = folder / f"{fold(sheet.made.branch_name).replace(' ', '-')}.html"
        path.write_text(join_sheet(sheet.made, sheet.bot, links, settings.zone, LANGUAGE), "utf-8")
        paths.append(path)
    machine = folder / "codes.json"
    machine.write_bytes(msgspec.json.encode([_as_plain(sheet) for sheet in sheets]))
    return [*paths, machine]


async def make_codes(at: Desk, branch: str = "") -> list[BranchCodes]:
    """Fresh codes for everybody not linked yet, branch by branch."""
    key = await code_key(at.store, at.settings)
    branches = await at.store.read(_branch_ids, at.settings.organisation.name, branch)
    return [await at.store.write(codes_for_branch, None, unit, key, at.now) for unit in branches]


def upgrade(settings: Settings) -> str:
    """Bring the schema up to date; a sentence."""
    place = place_of(settings.database.url)
    with claimed(place):
        before = migrate.make_ready(place)
    return f"{place}: schema {before or 'none'} -> {migrate.newest()}"


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise StartRefused(f"{file} cannot be read: {error.strerror}") from None


def _roster_report(found: RosterReport) -> Report:
    report = Report()
    counts = ("branches", "members", "official", "probationary", "added", "changed", "unchanged")
    report.say(LANGUAGE.plain("desk.roster", **{name: getattr(found, name) for name in counts}))
    for name in found.missing:
        report.say(LANGUAGE.plain("desk.missing", name=name))
    for one in found.notes:
        report.say(_sentence(one, "roster"))
    _tell_faults(report, found.faults, "roster")
    return report


def _tell_faults(report: Report, faults: Sequence[Fault], area: str) -> None:
    for one in faults:
        report.say(_sentence(one, area), good=False)


def _sentence(fault: Fault, area: str) -> str:
    return LANGUAGE.plain(fault.key(area), **fault.words)


def _unit_called(session: Session, organisation: str, branch: str) -> int:
    committee = roster_import.committee_named(session, organisation)
    return _branch_called(session, committee, branch) if branch else committee


def _branch_called(session: Session, committee: int, name: str) -> int:
    below = session.scalars(select(Unit).where(Unit.id.in_(branches_below(session, committee))))
    found = next((unit.id for unit in below if unit.search_name == fold(name)), None)
    if found is None:
        raise StartRefused(f"there is no branch called '{name}': import the roster first")
    return found


def _branch_ids(session: Session, organisation: str, branch: str) -> list[int]:
    committee = session.scalar(select(Unit.id).where(Unit.name == organisation))
    if committee is None:
        raise StartRefused("no roster is imported yet: run 'import members' first")
    return [_branch_called(session, committee, branch)] if branch else branches_below(session, committee)


async def _links(settings: Settings) -> InstalledLinks:
    """Links that open the bots, each of which must answer: the sheets name it."""
    if not settings.channels:
        raise StartRefused("no channel is configured: add one under 'channels:' in config.yaml")
    channels: dict[str, Channel] = {}
    for account in settings.channels:
        channel = make_channel(account, secrets_of(account), only_looking(settings))
        try:
            await channel.open()
        except DeliveryError as error:
            raise StartRefused(f"channel {account.name} does not answer: {error}") from None
        finally:
            await channel.close()
        channels[account.name] = channel
    return InstalledLinks(channels, settings.web.public_url)


def _as_plain(sheet: Sheet) -> dict[str, object]:
    made = sheet.made
    codes = [{"name": c.full_name, "mark": c.mark, "code": c.code} for c in made.codes]
    expires_at = made.expires_at.isoformat()
    return {
        "branch": made.branch_name,
        "channel": sheet.bot,
        "link": sheet.link,
        "expires_at": expires_at,
        "codes": codes,
    }
