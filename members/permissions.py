"""Who may do what: one table. A post covers its own unit and everything below it.

Secretary, deputy, committee member and clerk hold posts at their branch; the committee member in charge
holds one at each branch in charge; leaders and office hold theirs at a committee, so at all its branches.
Deny by default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import NotAllowed
from members.identity import Who
from members.tables import PostKind, Unit, UnitKind


class Right(StrEnum):
    """Everything beyond one's own record."""

    PLAN_MEETINGS = "plan_meetings"
    RUN_CHECKIN = "run_checkin"  # open, tick names, close
    CONFIRM_LIST = "confirm_list"
    SEE_ANSWERS = "see_answers"  # who comes, by name
    DECIDE_EXCUSE = "decide_excuse"  # sees the reason category
    HELP_JOINING = "help_joining"  # print codes, unlink
    MANAGE_ROSTER = "manage_roster"
    IMPORT_QUESTIONS = "import_questions"
    RUN_QUIZ = "run_quiz"
    READ_PRIVATE_OPINIONS = "read_private_opinions"
    READ_BRANCH_OPINIONS = "read_branch_opinions"
    ANSWER_OPINIONS = "answer_opinions"
    SEE_FIGURES = "see_figures"
    ANNOUNCE = "announce"  # write to everybody of a unit
    SEE_BUDGET = "see_budget"  # messages left of a bot's month
    SHOW_NAMES = "show_names"  # have the ranking, names and all, shown in a group


_CHAIR = frozenset({PostKind.SECRETARY, PostKind.DEPUTY})
_COMMITTEE = _CHAIR | {PostKind.COMMITTEE_MEMBER}
_ABOVE = frozenset({PostKind.IN_CHARGE, PostKind.LEADER})

RIGHTS: dict[Right, frozenset[PostKind]] = {
    Right.PLAN_MEETINGS: _CHAIR,
    Right.RUN_CHECKIN: _CHAIR | {PostKind.CLERK},
    Right.CONFIRM_LIST: _CHAIR,
    Right.SEE_ANSWERS: _COMMITTEE | {PostKind.CLERK},
    Right.DECIDE_EXCUSE: _CHAIR,
    Right.HELP_JOINING: _CHAIR | {PostKind.OFFICE},
    Right.MANAGE_ROSTER: frozenset({PostKind.OFFICE}),
    Right.IMPORT_QUESTIONS: _COMMITTEE | {PostKind.OFFICE},
    Right.RUN_QUIZ: _COMMITTEE,
    Right.READ_PRIVATE_OPINIONS: _COMMITTEE,
    Right.READ_BRANCH_OPINIONS: _COMMITTEE | _ABOVE,
    Right.ANSWER_OPINIONS: _COMMITTEE,
    Right.SEE_FIGURES: _COMMITTEE | _ABOVE | {PostKind.OFFICE},
    Right.ANNOUNCE: _CHAIR | {PostKind.LEADER, PostKind.OFFICE},
    Right.SEE_BUDGET: _CHAIR | {PostKind.OFFICE},
    Right.SHOW_NAMES: _COMMITTEE | {PostKind.CLERK},
}


def has_somewhere(who: Who, right: Right) -> bool:
    """Whether the person holds this right over any unit (for menus)."""
    return who.holds(*RIGHTS[right])


def branches_covered(session: Session, who: Who, right: Right) -> list[int]:
    """Ids of the branches over which the person holds this right, own branch first."""
    roots = [post.unit_id for post in who.posts if post.kind in RIGHTS[right]]
    found = {branch for root in roots for branch in branches_below(session, root)}
    return sorted(found, key=lambda branch: (branch != who.branch_id, branch))


def units_covered(session: Session, who: Who, right: Right) -> list[int]:
    """The highest units over which the person holds this right: together they are all branches covered."""
    held = {post.unit_id for post in who.posts if post.kind in RIGHTS[right]}
    return sorted(unit for unit in held if not held.intersection(units_above(session, unit)))


def units_above(session: Session, unit_id: int) -> list[int]:
    """The committees above a unit, the nearest first."""
    return units_above_each(session, [unit_id])[unit_id]


def units_above_each(session: Session, unit_ids: Sequence[int]) -> dict[int, list[int]]:
    """The same for many units, in a query for each level."""
    parents: dict[int, int | None] = {}
    level = set(unit_ids)
    while level:
        rows = session.execute(select(Unit.id, Unit.parent_id).where(Unit.id.in_(level)))
        found = {unit: parent for unit, parent in rows}  # noqa: C416 (rows are no tuples to mypy)
        parents.update(found)
        level = {parent for parent in found.values() if parent is not None} - parents.keys()
    return {unit: _line_above(unit, parents) for unit in unit_ids}


def _line_above(unit: int, parents: Mapping[int, int | None]) -> list[int]:
    above: list[int] = []
    parent = parents.get(unit)
    while parent is not None:
        above.append(parent)
        parent = parents.get(parent)
    return above


def branches_below(session: Session, unit_id: int) -> list[int]:
    """The branches of a unit: itself, or all below it (1–3 levels)."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        return []
    if unit.kind is UnitKind.BRANCH:
        return [unit.id]
    children = session.scalars(select(Unit.id).where(Unit.parent_id == unit_id).order_by(Unit.id)).all()
    return [branch for child in children for branch in branches_below(session, child)]


def require(session: Session, who: Who, right: Right, branch_id: int) -> None:
    """NotAllowed unless the person holds `right` over the branch."""
    over = {branch_id, *units_above(session, branch_id)}
    if not any(post.unit_id in over for post in who.posts if post.kind in RIGHTS[right]):
        raise NotAllowed
