"""The command `move-account`: members go over from one bot to another of the same platform."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk import Desk, desk
from bot.settings import Settings
from db.errors import StartRefused
from members.bots import Bot, kin_of, serving
from members.moving import MoveReport, ask_to_move
from members.names import fold
from members.permissions import branches_below
from members.tables import Member, Unit


async def move_account(settings: Settings, unit: str, channel: str, member: str = "") -> list[str]:
    """Ask everybody of a unit (or one member) to go over; what came of it, in plain lines."""
    if channel not in {account.name for account in settings.channels}:
        names = ", ".join(account.name for account in settings.channels)
        raise StartRefused(f"there is no channel account '{channel}': config.yaml has {names}")
    async with desk(settings) as at:
        report = await at.store.write(_ask, at, unit, channel, member)
    return _lines(report, channel)


def _ask(session: Session, at: Desk, unit: str, channel: str, member: str) -> MoveReport:
    branches = _branches_of(session, unit)
    for branch in branches:
        _check_served(session, at.settings.bots, branch, channel)
    members = _members_of(session, branches, member)
    return ask_to_move(session, members, at.settings.bots, channel, at.now, at.today)


def _branches_of(session: Session, name: str) -> list[int]:
    units = session.scalars(select(Unit).where(Unit.search_name == fold(name))).all()
    if not units:
        raise StartRefused(f"there is no branch or unit called '{name}': import the roster first")
    if len(units) > 1:
        raise StartRefused(f"{len(units)} units are called '{name}': rename one in the roster")
    return branches_below(session, units[0].id)


def _check_served(session: Session, bots: Sequence[Bot], branch: int, channel: str) -> None:
    """The settings decide whose bot it is; else the new one would send everybody back."""
    kin = [bot for bot in bots if bot.name in kin_of(bots, channel)]
    theirs = serving(session, kin, branch)
    if not theirs or theirs[0].name != channel:
        name = session.get_one(Unit, branch).name
        now = f"is served by {theirs[0].name}" if theirs else "is served by no channel"
        raise StartRefused(f"'{name}' {now}: name it under 'serves' of {channel} first, then start again")


def _members_of(session: Session, branches: Sequence[int], name: str) -> list[int]:
    members = select(Member.id).where(Member.branch_id.in_(branches), Member.left_on.is_(None))
    if not name:
        return list(session.scalars(members.order_by(Member.id)))
    found = list(session.scalars(members.where(Member.search_name == fold(name))))
    if len(found) != 1:
        count = "nobody" if not found else f"{len(found)} members"
        raise StartRefused(f"{count} there is called '{name}': write the full name as in the roster")
    return found


def _lines(report: MoveReport, channel: str) -> list[str]:
    lines = [
        f"{report.asked} asked to move to {channel}; their bot goes on serving them until they have",
        f"{report.there_already} there already, {report.on_no_bot} on no bot of this platform",
    ]
    if report.to_call:
        lines.append(f"to be called, as no message reaches them: {', '.join(sorted(report.to_call))}")
    if report.asked:
        lines.append("keep both bots in config.yaml and start the assistant; run this again to remind")
    return lines
