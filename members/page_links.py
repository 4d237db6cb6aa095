"""Personal links to pages: who holds the address is the member, for one purpose and a while.

A link is opened as often as its owner likes until it expires, is used up or its member leaves; whatever it
opens checks the member's rights again. The address holds a random token and nothing else.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.errors import Refused
from members.identity import Who, who_is
from members.tables import PageLink, Purpose

TOKEN_BYTES = 16  # 128 bits: nobody guesses one, so a fast hash keeps it
LIVES = {
    Purpose.RSVP: timedelta(days=8),  # told seven days before; answers end with the meeting's beginning
    Purpose.CHECKIN: timedelta(hours=6),  # told when check-in opens, which ends four hours after the start
    Purpose.QUIZ: timedelta(days=8),  # a round is open for a week at most
    Purpose.OPINION: timedelta(days=3),  # whoever holds it writes in the member's name: no longer than asked
    Purpose.FILE_IN: timedelta(hours=1),  # it imports a whole list: asked for when the file is at hand
    Purpose.FILE_OUT: timedelta(days=1),  # as long as the file itself is kept (db.pictures)
}
ONE_DEED = frozenset({Purpose.FILE_IN, Purpose.FILE_OUT})  # used up by it; the others end with their matter
LOOKED_AT_AFTER_USE = timedelta(minutes=10)  # a download is resumed, a report is loaded again
MOST_OF_A_KIND = 20  # live links of one member for one purpose: every reminder brings one
TOLD_WHY_FOR = timedelta(days=30)  # so long an old link still hears why it no longer opens

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
R = TypeVar("R")


class Why(StrEnum):
    """Why a link does not open."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    USED = "used"
    LEFT = "left"


class LinkRefused(Refused):
    """The link does not open; `why` chooses the page that says so, `purpose` the way to another."""

    def __init__(self, why: Why, purpose: Purpose | None = None) -> None:
        super().__init__(f"pages.{why}")
        self.why = why
        self.purpose = purpose


class Opened(Struct, frozen=True):
    """A link that holds. `used`: its one deed is done, only what came of it may be looked at."""

    link_id: int
    who: Who
    purpose: Purpose
    target: int
    language: str
    data: dict[str, Any]
    used: bool


def make_link(
    session: Session,
    member_id: int,
    purpose: Purpose,
    now: datetime,
    *,
    target: int = 0,
    language: str = "vi",
    data: dict[str, Any] | None = None,
) -> str:
    """A new link for a member; its token, which is not kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        PageLink(
            digest=_digest(token),
            member_id=member_id,
            purpose=purpose,
            target=target,
            language=language,
            data=data or {},
            made_at=now,
            expires_at=now + LIVES[purpose],
        )
    )
    session.flush()
    _drop_surplus(session, member_id, purpose)
    return token


def open_link(session: Session, token: str, now: datetime, today: date) -> Opened:
    """The link behind this token, for looking. LinkRefused when it is unknown, old, used or dead."""
    link = _found(session, token)
    if link is None:
        raise LinkRefused(Why.UNKNOWN)
    who = who_is(session, link.member_id, today) if link.dead_at is None else None
    if who is None or not who.consented:
        raise LinkRefused(Why.LEFT)
    if link.used_at is not None and now >= link.used_at + LOOKED_AT_AFTER_USE:
        raise LinkRefused(Why.USED, link.purpose)
    if now >= link.expires_at:
        raise LinkRefused(Why.EXPIRED, link.purpose)
    return Opened(
        link.id, who, link.purpose, link.target, link.language, dict(link.data), link.used_at is not None
    )


def act(session: Session, token: str, now: datetime, today: date, deed: Callable[[Session, Opened], R]) -> R:
    """Do something with a link, in the transaction in which it was found to hold. Raises as `open_link`."""
    link = open_link(session, token, now, today)
    if link.used:
        raise LinkRefused(Why.USED, link.purpose)
    return deed(session, link)


def use_up(session: Session, link_id: int, now: datetime, **data: Any) -> None:
    """Its one deed is done; what is to be said of it stays in `data`."""
    link = session.get_one(PageLink, link_id)
    link.used_at = link.used_at or now
    link.data = data or link.data


def note_data(session: Session, link_id: int, **data: Any) -> None:
    """What the link is in the middle of; replaces what was noted before."""
    session.get_one(PageLink, link_id).data = data


def kill_links(session: Session, member_id: int, now: datetime) -> None:
    """The member has left, or somebody else holds the phone: no link of theirs opens again."""
    session.execute(
        update(PageLink)
        .where(PageLink.member_id == member_id, PageLink.dead_at.is_(None))
        .values(dead_at=now, data={})
    )


def has_outlived(session: Session, now: datetime) -> bool:
    """Whether a link is so old that nobody need hear why it does not open."""
    old = select(PageLink.id).where(PageLink.expires_at <= now - TOLD_WHY_FOR)
    return session.scalar(old.limit(1)) is not None


def forget_outlived(session: Session, now: datetime) -> None:
    """Delete those."""
    session.execute(delete(PageLink).where(PageLink.expires_at <= now - TOLD_WHY_FOR))


def _drop_surplus(session: Session, member_id: int, purpose: Purpose) -> None:
    of_kind = select(PageLink.id).where(PageLink.member_id == member_id, PageLink.purpose == purpose)
    surplus = session.scalars(of_kind.order_by(PageLink.id.desc()).offset(MOST_OF_A_KIND)).all()
    if surplus:
        session.execute(delete(PageLink).where(PageLink.id.in_(surplus)))


def _found(session: Session, token: str) -> PageLink | None:
    if not _TOKEN.fullmatch(token):
        return None
    return session.scalar(select(PageLink).where(PageLink.digest == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
