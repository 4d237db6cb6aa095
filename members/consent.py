"""Consent: given, declined or withdrawn, with proof of which text and when (Law 91/2025/QH15, art. 9)."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from members.audit import note
from members.identity import Who
from members.tables import Account, Consent

VERSION = "1"
"""Of the text under `TEXT` and `FULL_TEXT`. A changed text is a new version; the old ones stay on record."""
TEXT = "joining.consent"
FULL_TEXT = ("joining.consent_full_1", "joining.consent_full_2", "joining.consent_full_3")


class OwnData(Struct, frozen=True):
    """What is stored about a member, for the member."""

    consented_at: datetime | None
    version: str
    name_on_leaderboard: bool
    accounts: tuple[tuple[int, str], ...]  # id and channel

    @property
    def channels(self) -> tuple[str, ...]:
        """Each channel once."""
        return tuple(dict.fromkeys(channel for _, channel in self.accounts))


def give(session: Session, who: Who, now: datetime) -> bool:
    """Record the consent; False when one is in force already."""
    if _in_force(session, who.member_id) is not None:
        return False
    session.add(Consent(member_id=who.member_id, version=VERSION, given_at=now))
    note(session, who.member_id, "consent_given", f"member:{who.member_id}", now, version=VERSION)
    return True


def show_name(session: Session, who: Who, *, shown: bool) -> bool:
    """Whether the name may stand on leaderboards and praises; False without a consent in force."""
    consent = _in_force(session, who.member_id)
    if consent is None:
        return False
    consent.name_on_leaderboard = shown
    return True


def end(session: Session, member_id: int, now: datetime) -> bool:
    """The consent is over, the proof of it stays; False when none was in force."""
    consents = session.scalars(
        select(Consent).where(Consent.member_id == member_id, Consent.withdrawn_at.is_(None))
    ).all()
    for consent in consents:
        consent.withdrawn_at = now
        consent.name_on_leaderboard = False
    if consents:
        note(session, member_id, "consent_withdrawn", f"member:{member_id}", now)
    return bool(consents)


def own_data(session: Session, member_id: int) -> OwnData:
    """Consent and channels of a member."""
    consent = _in_force(session, member_id)
    accounts = session.execute(
        select(Account.id, Account.channel).where(Account.member_id == member_id).order_by(Account.id)
    )
    return OwnData(
        consented_at=consent.given_at if consent else None,
        version=consent.version if consent else "",
        name_on_leaderboard=consent is not None and consent.name_on_leaderboard,
        accounts=tuple((row.id, row.channel) for row in accounts),
    )


def _in_force(session: Session, member_id: int) -> Consent | None:
    query = select(Consent).where(Consent.member_id == member_id, Consent.withdrawn_at.is_(None))
    return session.scalar(query.order_by(Consent.id).limit(1))
