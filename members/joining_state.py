"""Who of a branch has joined: counts for the office, names for the branch's own secretary."""

from __future__ import annotations

from datetime import date

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import NotAllowed
from members.identity import Who
from members.names import fold, sort_key
from members.permissions import RIGHTS, Right, branches_covered, require
from members.tables import Account, Consent, Member, PostKind, Unit


class Person(Struct, frozen=True):
    """A member on a list. `mark` tells namesakes apart."""

    member_id: int
    full_name: str
    mark: str
    branch_id: int
    linked: bool
    consented: bool


class BranchState(Struct, frozen=True):
    """Counts of one branch. `waiting`: those not joined, named only for the branch's own chair."""

    branch_id: int
    branch_name: str
    total: int
    linked: int
    consented: int
    waiting: tuple[str, ...]


def joining_state(session: Session, who: Who, today: date) -> list[BranchState]:
    """Every branch where the person helps with joining. NotAllowed when there is none."""
    branches = branches_covered(session, who, Right.HELP_JOINING)
    if not branches:
        raise NotAllowed
    return [_state(session, branch, who, today) for branch in branches]


def find_people(session: Session, who: Who, typed: str, today: date) -> list[Person]:
    """Members whose name holds all typed words, of branches where the person helps with joining."""
    wanted = fold(typed).split()
    branches = branches_covered(session, who, Right.HELP_JOINING)
    if not branches:
        raise NotAllowed
    if not wanted:
        return []
    found = [p for branch in branches for p in people(session, branch, today)]
    exact = [p for p in found if fold(p.full_name).split() == wanted]
    return exact or [p for p in found if set(wanted) <= set(fold(p.full_name).split())]


def one_person(session: Session, who: Who, member_id: int, today: date) -> Person:
    """One member of a branch where the person helps with joining, or NotAllowed."""
    member = session.get(Member, member_id)
    if member is None:
        raise NotAllowed
    require(session, who, Right.HELP_JOINING, member.branch_id)
    found = [p for p in people(session, member.branch_id, today) if p.member_id == member_id]
    if not found:
        raise NotAllowed
    return found[0]


def people(session: Session, branch_id: int, today: date) -> list[Person]:
    """The roll of a branch in the order of a Vietnamese list."""
    members = session.scalars(select(Member).where(Member.branch_id == branch_id)).all()
    on_roll = [m for m in members if m.left_on is None or m.left_on > today]
    of_branch = select(Member.id).where(Member.branch_id == branch_id)
    linked = set(session.scalars(select(Account.member_id).where(Account.member_id.in_(of_branch))))
    in_force = select(Consent.member_id).where(Consent.withdrawn_at.is_(None))
    consented = set(session.scalars(in_force.where(Consent.member_id.in_(of_branch))))
    return [
        Person(m.id, m.full_name, m.mark, m.branch_id, m.id in linked, m.id in consented)
        for m in sorted(on_roll, key=lambda m: sort_key(m.full_name))
    ]


def _state(session: Session, branch_id: int, who: Who, today: date) -> BranchState:
    roll = people(session, branch_id, today)
    named = _is_chair(who, branch_id)
    return BranchState(
        branch_id,
        session.get_one(Unit, branch_id).name,
        total=len(roll),
        linked=sum(p.linked for p in roll),
        consented=sum(p.linked and p.consented for p in roll),
        waiting=tuple(p.full_name for p in roll if not p.linked) if named else (),
    )


def _is_chair(who: Who, branch_id: int) -> bool:
    chairs = RIGHTS[Right.HELP_JOINING] - {PostKind.OFFICE}
    return any(post.kind in chairs and post.unit_id == branch_id for post in who.posts)
