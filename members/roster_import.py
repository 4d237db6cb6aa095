"""Importing a member list: the tree, the members, their posts. Importing twice changes nothing.

Members missing from a newer list are reported, never deleted; a post missing from it ends today.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import BadInput, NotAllowed
from members.audit import note
from members.faults import Fault
from members.identity import Who
from members.months import mark_around
from members.names import fold, tidy
from members.permissions import RIGHTS, Right
from members.roster_file import RosterFile, RosterRow, branch_key, read_roster
from members.roster_roll import (
    Change,
    Roll,
    change_of,
    identity_of,
    is_off_roll,
    is_renamed,
    load_roll,
    post_changes,
)
from members.tables import Member, MemberStatus, Post, PostKind, Unit, UnitKind

MAX_LEVELS = 3
NEXT_MONTH = timedelta(days=31)  # figures are kept up to then
LEVEL_MARK = ">"  # 'Đảng bộ tỉnh > Đảng bộ xã'


class RosterReport(Struct, frozen=True):
    """What importing did, or (previewed) would do. Counts are of good lines in the file."""

    organisation: str
    branches: int
    members: int
    official: int
    probationary: int
    added: int
    changed: int
    unchanged: int
    posts_begun: int
    posts_ended: int
    new_branches: tuple[str, ...]
    renamed: tuple[str, ...]  # 'Trần Thị Hà → Trần Thị Hạ': perhaps another person
    missing: tuple[str, ...]  # on the roll of a branch in the file, but not in the file
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def import_members(
    session: Session,
    data: bytes,
    filename: str,
    organisation_name: str,
    now: datetime,
    today: date,
    *,
    on_roll_from: date | None = None,
) -> RosterReport:
    """Read and import a file for the command line.

    `organisation_name`: the committee, or one to three levels from the top: 'Đảng bộ tỉnh > Đảng bộ xã'.
    `on_roll_from`: since when new members count in the attendance base and hold their posts; `today` when
    None. Raises WorkbookRefused for a file that cannot be read, BadInput for more levels.
    """
    committee_id = committee_named(session, organisation_name)
    file = read_roster(data, filename)
    return import_roster(session, None, committee_id, file, now, today, on_roll_from=on_roll_from)


def import_roster(
    session: Session,
    who: Who | None,
    committee_id: int,
    file: RosterFile,
    now: datetime,
    today: date,
    *,
    on_roll_from: date | None = None,
) -> RosterReport:
    """Bring tree, members and posts to what the file says. `who` None: the command line.

    Raises NotAllowed unless the person holds Right.MANAGE_ROSTER at the committee.
    """
    report = preview_import(session, who, committee_id, file, today)
    roll = load_roll(session, committee_id, today)
    since = on_roll_from or today
    for name in _branch_names(file.rows):
        _branch(session, roll, name, now)
    for row in file.rows:
        _settle_member(session, roll, row, since, today)
    session.flush()
    if states_posts(file.rows):
        keeper = who.member_id if who else None
        for row in file.rows:
            _settle_posts(session, roll, row, since, today, keeper)
    actor = who.member_id if who else None
    counts = {"added": report.added, "changed": report.changed, "unchanged": report.unchanged}
    note(session, actor, "roster_imported", f"unit:{committee_id}", now, **counts)
    return report


def preview_import(
    session: Session, who: Who | None, committee_id: int, file: RosterFile, today: date
) -> RosterReport:
    """What `import_roster` would report, without changing anything."""
    if who is not None and committee_id not in _offices(who):
        raise NotAllowed
    roll = load_roll(session, committee_id, today)
    with_posts = states_posts(file.rows)
    changes = [change_of(roll, row, today, with_posts=with_posts) for row in file.rows]
    statuses = [row.status for row in file.rows]
    known = [(roll.member_of(row), row) for row in file.rows]
    keeper = who.member_id if who else None
    posts = [post_changes(roll, row, keeper) for row in file.rows] if with_posts else []
    return RosterReport(
        organisation=roll.committee.name,
        branches=len({branch_key(row.branch) for row in file.rows}),
        members=len(file.rows),
        official=statuses.count(MemberStatus.OFFICIAL),
        probationary=statuses.count(MemberStatus.PROBATIONARY),
        added=changes.count(Change.ADDED),
        changed=changes.count(Change.CHANGED),
        unchanged=changes.count(Change.UNCHANGED),
        posts_begun=sum(len(begun) for begun, _ in posts),
        posts_ended=sum(len(ended) for _, ended in posts),
        new_branches=tuple(n for n in _branch_names(file.rows) if branch_key(n) not in roll.branches),
        renamed=tuple(f"{m.full_name} → {row.full_name}" for m, row in known if m and is_renamed(m, row)),
        missing=_missing(roll, file.rows, today),
        faults=tuple(file.faults),
        notes=tuple(file.notes),
    )


def office_committee(who: Who) -> int:
    """The committee whose roster the person manages, or NotAllowed."""
    offices = _offices(who)
    if not offices:
        raise NotAllowed
    return offices[0]


def committee_named(session: Session, organisation_name: str) -> int:
    """Id of the last committee of 'top > … > committee', made when it is not there yet."""
    names = [tidy(name) for name in organisation_name.split(LEVEL_MARK) if tidy(name)]
    if not 1 <= len(names) <= MAX_LEVELS:
        raise BadInput("office.levels", levels=MAX_LEVELS)
    known = _committees_called(session, names[0]) if len(names) == 1 else []
    if len(known) == 1:
        return known[0].id
    unit: Unit | None = None
    for name in names:
        unit = _committee(session, unit, name)
    return unit.id if unit else 0


def states_posts(rows: Iterable[RosterRow]) -> bool:
    """Whether the list tells posts at all; one without that column leaves them as they are."""
    return any(row.posts for row in rows)


def _offices(who: Who) -> list[int]:
    return [post.unit_id for post in who.posts if post.kind in RIGHTS[Right.MANAGE_ROSTER]]


def _missing(roll: Roll, rows: list[RosterRow], today: date) -> tuple[str, ...]:
    listed = {identity_of(row) for row in rows}
    in_file = {branch for branch, _, _ in listed}
    lost = [
        (member, roll.branches[key[0]])
        for key, member in roll.members.items()
        if key[0] in in_file and key not in listed and not is_off_roll(member, today)
    ]
    return tuple(f"{member.full_name} ({branch.name})" for member, branch in lost)


def _branch_names(rows: list[RosterRow]) -> list[str]:
    """All branches a file names, of members and of posts, one spelling each."""
    names = [row.branch for row in rows]
    names += [name for row in rows for post in row.posts for name in post.branches]
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(branch_key(name), name)
    return list(first.values())


def _branch(session: Session, roll: Roll, name: str, now: datetime) -> Unit:
    key = branch_key(name)
    if key not in roll.branches:
        unit = Unit(parent_id=roll.committee.id, kind=UnitKind.BRANCH, name=name, search_name=fold(name))
        session.add(unit)
        session.flush()
        for moment in (now, now + NEXT_MONTH):
            mark_around(session, unit.id, moment)
        roll.branches[key], roll.keys[unit.id] = unit, key
    return roll.branches[key]


def _settle_member(session: Session, roll: Roll, row: RosterRow, since: date, today: date) -> None:
    member = roll.member_of(row)
    if member is None:
        member = Member(
            branch_id=roll.branches[branch_key(row.branch)].id,
            full_name=row.full_name,
            search_name=fold(row.full_name),
            mark=row.mark,
            status=row.status,
            on_roll_from=since,
        )
        session.add(member)
        roll.members[identity_of(row)] = member
    member.full_name, member.status = row.full_name, row.status
    if is_off_roll(member, today):
        member.left_on, member.on_roll_from = None, today


def _settle_posts(
    session: Session, roll: Roll, row: RosterRow, since: date, today: date, keeper: int | None
) -> None:
    """Begin and end posts as the line says."""
    begun, ended = post_changes(roll, row, keeper)
    member = roll.members[identity_of(row)]
    held = roll.held(member)
    for place in ended:
        held[place].ends_on = today
    for kind, branch in sorted(begun):
        unit = roll.branches[branch] if branch else roll.committee
        _begin_post(session, member.id, unit.id, kind, since)


def _begin_post(session: Session, member_id: int, unit_id: int, kind: PostKind, since: date) -> None:
    """A new post; one ended the same day it began goes on."""
    same = select(Post).where(Post.member_id == member_id, Post.unit_id == unit_id, Post.kind == kind)
    post = session.scalar(same.where(Post.starts_on == since))
    if post is None:
        session.add(Post(member_id=member_id, unit_id=unit_id, kind=kind, starts_on=since))
    else:
        post.ends_on = None


def _committees_called(session: Session, name: str) -> list[Unit]:
    query = select(Unit).where(Unit.kind == UnitKind.COMMITTEE, Unit.search_name == fold(name))
    return list(session.scalars(query.order_by(Unit.id)))


def _committee(session: Session, parent: Unit | None, name: str) -> Unit:
    parent_id = parent.id if parent else None
    known = [unit for unit in _committees_called(session, name) if unit.parent_id == parent_id]
    if known:
        return known[0]
    unit = Unit(parent_id=parent_id, kind=UnitKind.COMMITTEE, name=name, search_name=fold(name))
    session.add(unit)
    session.flush()
    return unit
