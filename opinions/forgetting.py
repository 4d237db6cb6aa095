"""Making a member's opinions anonymous when they withdraw their consent (domain.md M-12)."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from opinions.tables import Opinion


def forget_author(session: Session, member_id: int) -> None:
    """The opinions stay, without their author. Answers given by committee members stay as they are."""
    session.execute(update(Opinion).where(Opinion.author_id == member_id).values(author_id=None))
