"""Who may read which opinions.

'Chỉ gửi chi ủy' is for the committee of that very branch: a post held at a unit above never opens it,
whatever its kind (domain.md 4.10, L-06).
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Session

from db.errors import NotAllowed
from members.identity import Who
from members.permissions import RIGHTS, Right, branches_covered
from opinions.tables import Opinion, Visibility


def committee_of(who: Who, right: Right = Right.READ_PRIVATE_OPINIONS) -> frozenset[int]:
    """Branches to whose own committee the person belongs."""
    return frozenset(post.unit_id for post in who.posts if post.kind in RIGHTS[right])


def readable(session: Session, who: Who) -> ColumnElement[bool]:
    """The opinions this person may read besides their own."""
    public = {who.branch_id, *branches_covered(session, who, Right.READ_BRANCH_OPINIONS)}
    return or_(
        Opinion.branch_id.in_(committee_of(who)),
        and_(Opinion.branch_id.in_(public), Opinion.visibility == Visibility.BRANCH),
    )


def to_answer(session: Session, who: Who, opinion_id: int) -> Opinion:
    """An opinion this person may answer; one of others and one that does not exist are refused alike."""
    opinion = session.get(Opinion, opinion_id, with_for_update=True)
    if opinion is None or opinion.branch_id not in committee_of(who, Right.ANSWER_OPINIONS):
        raise NotAllowed
    return opinion
