"""Whether every branch has its one bot on each platform, and whether it has room for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from members.bots import Bot, nearest, path_of
from members.names import fold
from members.tables import Member, Unit, UnitKind


def faults_of(session: Session, bots: Sequence[Bot]) -> list[str]:
    """One sentence a fault, each naming what to change."""
    known = set(map(fold, session.scalars(select(Unit.name))))
    branches = session.scalars(select(Unit).where(Unit.kind == UnitKind.BRANCH).order_by(Unit.id)).all()
    found = list(_unknown(bots, known))
    for branch in branches:
        found += _of_branch(bots, branch.name, path_of(session, branch.id))
    return [*found, *_too_small(session, bots, branches)]


def _unknown(bots: Sequence[Bot], known: set[str]) -> Iterator[str]:
    for bot in bots:
        for name in bot.serves:
            if fold(name) not in known:
                yield f"channel {bot.name} serves '{name}', which is no unit of the roster: correct the name"


def _of_branch(bots: Sequence[Bot], branch: str, path: Sequence[str]) -> Iterator[str]:
    kinds = dict.fromkeys(bot.kind for bot in bots)
    theirs = {kind: nearest([bot for bot in bots if bot.kind == kind], path) for kind in kinds}
    if not any(theirs.values()):
        yield f"'{branch}' is served by no channel: name it under 'serves' of one"
    for kind, found in theirs.items():
        if len(found) > 1:
            names = ", ".join(bot.name for bot in found)
            yield f"'{branch}' is served by {len(found)} channels of kind {kind} ({names}): leave it to one"


def _too_small(session: Session, bots: Sequence[Bot], branches: Sequence[Unit]) -> Iterator[str]:
    """A bot serves the people of all its branches together."""
    rows = session.execute(
        select(Member.branch_id, func.count()).where(Member.left_on.is_(None)).group_by(Member.branch_id)
    )
    on_roll: dict[int, int] = dict(rows.all())
    for bot in bots:
        kin = [other for other in bots if other.kind == bot.kind]
        theirs = [b for b in branches if bot in nearest(kin, path_of(session, b.id))[:1]]
        people = sum(on_roll.get(branch.id, 0) for branch in theirs)
        if bot.people and people > bot.people:
            names = ", ".join(branch.name for branch in theirs)
            yield (
                f"channel {bot.name} has room for {bot.people} people a month, but serves {people} "
                f"({names}): make one more bot and divide the branches under 'serves'"
            )
