"""What stands of an organisation, beside what a member list wants: the comparison, without any change."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct, field
from sqlalchemy import select
from sqlalchemy.orm import Session

from members.names import fold, same_key
from members.roster_file import RosterRow, branch_key
from members.tables import Member, Post, PostKind, Unit, UnitKind

Identity: TypeAlias = tuple[str, str, str]  # branch key, folded name, folded mark
Place: TypeAlias = tuple[PostKind, str]  # a post and the key of its branch; COMMITTEE for the committee

COMMITTEE = ""
AT_COMMITTEE = frozenset({PostKind.LEADER, PostKind.OFFICE})


class Change(StrEnum):
    """What a line of the file means for its member."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Roll(Struct):
    """Units, members and posts in force of one committee and the branches right below it.

    `keys`: branch key of a unit's id.
    """

    committee: Unit
    branches: dict[str, Unit] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    members: dict[Identity, Member] = field(default_factory=dict)
    posts: dict[int, dict[Place, Post]] = field(default_factory=dict)

    def member_of(self, row: RosterRow) -> Member | None:
        """The member a line speaks of."""
        return self.members.get(identity_of(row))

    def held(self, member: Member | None) -> dict[Place, Post]:
        """Posts in force at this committee and its branches."""
        return self.posts.get(member.id, {}) if member else {}


def load_roll(session: Session, committee_id: int, today: date) -> Roll:
    """Everything of a committee that an import may touch, read at once."""
    roll = Roll(session.get_one(Unit, committee_id))
    own = select(Unit).where(Unit.parent_id == committee_id, Unit.kind == UnitKind.BRANCH)
    for unit in session.scalars(own.order_by(Unit.id)):
        roll.branches[branch_key(unit.name)] = unit
        roll.keys[unit.id] = branch_key(unit.name)
    ids = list(roll.keys)
    roll.keys[committee_id] = COMMITTEE
    for member in session.scalars(select(Member).where(Member.branch_id.in_(ids)).order_by(Member.id)):
        key = (roll.keys[member.branch_id], member.search_name, fold(member.mark))
        roll.members[key] = member
    for post in session.scalars(select(Post).where(Post.unit_id.in_(roll.keys), Post.starts_on <= today)):
        if post.ends_on is None or post.ends_on > today:
            roll.posts.setdefault(post.member_id, {})[post.kind, roll.keys[post.unit_id]] = post
    return roll


def identity_of(row: RosterRow) -> Identity:
    """Branch, name and mark of a line, in the form they are compared."""
    return branch_key(row.branch), fold(row.full_name), fold(row.mark)


def places_of(row: RosterRow) -> set[Place]:
    """The posts a line states, each with its place. In charge of no named branch: of their own."""
    found: set[Place] = set()
    for post in row.posts:
        if post.kind in AT_COMMITTEE:
            found.add((post.kind, COMMITTEE))
        else:
            found.update((post.kind, branch_key(name)) for name in post.branches or (row.branch,))
    return found


def change_of(roll: Roll, row: RosterRow, today: date, *, with_posts: bool) -> Change:
    """What importing the line would do. `with_posts`: the file states posts at all."""
    member = roll.member_of(row)
    if member is None:
        return Change.ADDED
    same = (
        member.status is row.status
        and member.full_name == row.full_name
        and not is_off_roll(member, today)
        and (not with_posts or set(roll.held(member)) == places_of(row))
    )
    return Change.UNCHANGED if same else Change.CHANGED


def post_changes(roll: Roll, row: RosterRow, keeper: int | None) -> tuple[set[Place], set[Place]]:
    """Posts a line begins and ends. `keeper` does not lose the office post they are importing with."""
    member = roll.member_of(row)
    held, wanted = set(roll.held(member)), places_of(row)
    kept = {(PostKind.OFFICE, COMMITTEE)} if member is not None and member.id == keeper else set()
    return wanted - held, held - wanted - kept


def is_off_roll(member: Member, today: date) -> bool:
    """Whether the member has left."""
    return member.left_on is not None and member.left_on <= today


def is_renamed(member: Member | None, row: RosterRow) -> bool:
    """Whether the tones of the name differ: a correction, or perhaps another person."""
    return member is not None and same_key(member.full_name) != same_key(row.full_name)
