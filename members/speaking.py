"""In which language an account is spoken to."""

from __future__ import annotations

from sqlalchemy.orm import Session

from members.tables import Account


def speak(session: Session, account_id: int, language: str) -> None:
    """Remember the language ('vi', 'en') of an account."""
    session.get_one(Account, account_id).language = language
