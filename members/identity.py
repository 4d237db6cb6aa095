"""Who is speaking: from an account on a channel to a member, branch and posts held today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import FromClause, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from db.looking import Look
from db.once import insert_once
from db.outbox import readdress
from members.tables import Account, Consent, Member, MemberStatus, Post, PostKind, Unit


class PostHeld(Struct, frozen=True):
    """A post in force today."""

    kind: PostKind
    unit_id: int


class Who(Struct, frozen=True):
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


class Recognised(Struct, frozen=True):
    """An account we know; `who` is None for somebody who has not joined.

    `elsewhere_at`: when another account of the same member was seen last.
    """

    account_id: int
    language: str
    reachable: bool
    last_seen_at: datetime
    elsewhere_at: datetime | None
    counted_in: str | None
    who: Who | None


_MEMBER, _UNIT, _POST, _ACCOUNT = (t.__table__.c for t in (Member, Unit, Post, Account))
_CONSENTED = exists().where(Consent.member_id == _MEMBER.id, Consent.withdrawn_at.is_(None))
_PERSON = (
    _MEMBER.id.label("member_id"),
    _MEMBER.full_name,
    _MEMBER.branch_id,
    _UNIT.name.label("branch_name"),
    _MEMBER.status,
    _CONSENTED.label("consented"),
    _POST.kind.label("post"),
    _POST.unit_id.label("post_at"),
)
_BESIDE_MEMBER = (  # joined to a member: the branch, and a row for each post in force that day
    (Unit.__table__, _UNIT.id == _MEMBER.branch_id),
    (
        Post.__table__,
        and_(
            _POST.member_id == _MEMBER.id,
            _POST.starts_on <= bindparam("day"),
            or_(_POST.ends_on.is_(None), _POST.ends_on > bindparam("day")),
        ),
    ),
)
_OTHER = Account.__table__.alias("other")
_ELSEWHERE = (
    select(func.max(_OTHER.c.last_seen_at))
    .where(_OTHER.c.member_id == _ACCOUNT.member_id, _OTHER.c.id != _ACCOUNT.id)
    .scalar_subquery()
)
_ON_THE_ROLL = or_(_MEMBER.left_on.is_(None), _MEMBER.left_on > bindparam("day"))


def _beside(source: FromClause) -> FromClause:
    for table, condition in _BESIDE_MEMBER:
        source = source.outerjoin(table, condition)
    return source


_WHO = (
    select(*_PERSON)
    .select_from(_beside(Member.__table__))
    .where(_MEMBER.id.in_(bindparam("members", expanding=True)), _ON_THE_ROLL)
    .order_by(_POST.id)
)
_RECOGNISE = Look(
    lambda one_of: (
        select(
            _ACCOUNT.user,
            _ACCOUNT.id.label("account_id"),
            _ACCOUNT.language,
            _ACCOUNT.unreachable_since,
            _ACCOUNT.last_seen_at,
            _ELSEWHERE.label("elsewhere_at"),
            _ACCOUNT.counted_in,
            *_PERSON,
        )
        .select_from(
            _beside(
                Account.__table__.outerjoin(
                    Member.__table__, and_(_MEMBER.id == _ACCOUNT.member_id, _ON_THE_ROLL)
                )
            )
        )
        .where(_ACCOUNT.channel == bindparam("channel"), _ACCOUNT.user.in_(one_of("users")))
        .order_by(_POST.id)
    )
)
_READERS = (
    select(_ACCOUNT.chat, _ACCOUNT.user, _ACCOUNT.language)
    .where(_ACCOUNT.channel == bindparam("of_channel"), _ACCOUNT.chat.in_(bindparam("chats", expanding=True)))
    .order_by(_ACCOUNT.id)
)


def recognise(session: Session, channel: str, user: str, today: date) -> Recognised | None:
    """The account and the member behind it, or None for a first contact."""
    return recognise_all(session, channel, [user], today).get(user)


def recognise_all(
    session: Session, channel: str, users: Collection[str], today: date
) -> dict[str, Recognised]:
    """The accounts of these users that we know, and the members behind them."""
    session.flush()
    wanted = {"channel": channel, "users": list(users), "day": today}
    found: dict[str, list[Any]] = {}
    for row in _RECOGNISE.rows(session, wanted):
        found.setdefault(row.user, []).append(row)
    return {user: _recognised(rows) for user, rows in found.items()}


def _recognised(rows: Sequence[Any]) -> Recognised:
    one = rows[0]
    who = _who(rows) if one.member_id is not None else None
    reachable = one.unreachable_since is None
    return Recognised(
        one.account_id,
        one.language,
        reachable,
        one.last_seen_at,
        one.elsewhere_at,
        one.counted_in,
        who,
    )


def who_is(session: Session, member_id: int, today: date) -> Who | None:
    """The member with branch, posts in force and consent; None when off the roll."""
    return who_are(session, [member_id], today).get(member_id)


def who_are(session: Session, members: Collection[int], today: date) -> dict[int, Who]:
    """See `who_is`, for those of these members who are on the roll."""
    session.flush()
    rows = session.connection().execute(_WHO, {"members": list(members), "day": today})
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.member_id, []).append(row)
    return {member_id: _who(of_one) for member_id, of_one in found.items()}


def _who(rows: Sequence[Any]) -> Who:
    """From rows that differ in the post alone."""
    one = rows[0]
    return Who(
        one.member_id,
        one.full_name,
        one.branch_id,
        one.branch_name,
        one.status,
        tuple(PostHeld(row.post, row.post_at) for row in rows if row.post is not None),
        bool(one.consented),
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


class Reader(Struct, frozen=True):
    """Whose private chat it is, and the language they read."""

    user: str
    language: str


def readers_of(session: Session, channel: str, chats: Collection[str]) -> dict[str, Reader]:
    """Who is known in these chats of a channel account."""
    rows = session.connection().execute(_READERS, {"of_channel": channel, "chats": list(chats)})
    found: dict[str, Reader] = {}
    for row in rows:
        found.setdefault(row.chat, Reader(row.user, row.language))
    return found
