"""Who is speaking: from an account on a channel to a member, branch and posts held today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db.once import insert_once
from db.outbox import readdress
from members.tables import Account, Consent, Member, MemberStatus, Post, PostKind, Unit


@dataclass(frozen=True, slots=True)
class PostHeld:
    """A post in force today."""

    kind: PostKind
    unit_id: int


@dataclass(frozen=True, slots=True)
class Who:
    """The member behind an account. `consented` is false until the consent question is answered yes."""

    member_id: int
    full_name: str
    branch_id: int
    branch_name: str
    status: MemberStatus
    posts: tuple[PostHeld, ...]
    consented: bool

    def holds(self, *kinds: PostKind) -> bool:
        """Whether the person holds one of these posts anywhere."""
        return any(post.kind in kinds for post in self.posts)


@dataclass(frozen=True, slots=True)
class Recognised:
    """An account we know; `who` is None for somebody who has not joined.

    `elsewhere_at`: when another account of the same member was seen last.
    """

    account_id: int
    language: str
    reachable: bool
    last_seen_at: datetime
    elsewhere_at: datetime | None
    who: Who | None


def recognise(session: Session, channel: str, user: str, today: date) -> Recognised | None:
    """The account and the member behind it, or None for a first contact."""
    other = aliased(Account)
    elsewhere = (
        select(func.max(other.last_seen_at))
        .where(other.member_id == Account.member_id, other.id != Account.id)
        .scalar_subquery()
    )
    query = select(Account, elsewhere).where(Account.channel == channel, Account.user == user)
    found = session.execute(query).first()
    if found is None:
        return None
    account, elsewhere_at = found
    who = who_is(session, account.member_id, today) if account.member_id else None
    reachable = account.unreachable_since is None
    return Recognised(account.id, account.language, reachable, account.last_seen_at, elsewhere_at, who)


def who_is(session: Session, member_id: int, today: date) -> Who | None:
    """The member with branch, posts in force and consent; None when off the roll."""
    member = session.get(Member, member_id)
    if member is None or (member.left_on is not None and member.left_on <= today):
        return None
    branch = session.get_one(Unit, member.branch_id)
    return Who(
        member.id,
        member.full_name,
        branch.id,
        branch.name,
        member.status,
        posts_held(session, member.id, today),
        has_consented(session, member.id),
    )


def posts_held(session: Session, member_id: int, today: date) -> tuple[PostHeld, ...]:
    """Posts begun and not ended."""
    posts = session.scalars(
        select(Post).where(Post.member_id == member_id, Post.starts_on <= today).order_by(Post.id)
    )
    return tuple(PostHeld(p.kind, p.unit_id) for p in posts if p.ends_on is None or p.ends_on > today)


def has_consented(session: Session, member_id: int) -> bool:
    """Whether a consent is in force."""
    found = session.scalar(
        select(Consent.id).where(Consent.member_id == member_id, Consent.withdrawn_at.is_(None)).limit(1)
    )
    return found is not None


def meet(session: Session, channel: str, user: str, chat: str, language: str, now: datetime) -> None:
    """Note an account: first contact, back after having been unreachable, or in use again.

    What waits for the member goes to the account they use now.
    """
    inserted = insert_once(
        session, Account, channel=channel, user=user, chat=chat, language=language, last_seen_at=now
    )
    if not inserted:
        account = session.scalars(
            select(Account).where(Account.channel == channel, Account.user == user)
        ).one()
        account.chat, account.unreachable_since = chat, None
        account.last_seen_at = max(account.last_seen_at, now)
        if account.member_id is not None:
            readdress(session, account.member_id, account.channel, account.chat)


def mark_unreachable(session: Session, channel: str, chat: str, now: datetime) -> None:
    """The platform says this person cannot be written to; kept until they write again."""
    for account in session.scalars(select(Account).where(Account.channel == channel, Account.chat == chat)):
        account.unreachable_since = account.unreachable_since or now


def move_chat(session: Session, channel: str, old: str, new: str) -> None:
    """The platform gave a chat a new id."""
    for account in session.scalars(select(Account).where(Account.channel == channel, Account.chat == old)):
        account.chat = new


def user_of(session: Session, channel: str, chat: str) -> str:
    """The user whose private chat this is; the chat's own id when nobody is known there."""
    query = select(Account.user).where(Account.channel == channel, Account.chat == chat)
    return session.scalar(query.limit(1)) or chat
