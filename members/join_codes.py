"""One-time join codes: made for a member, handed over on paper, typed once.

Eight characters of Crockford's alphabet hold 40 bits, too few for a fast hash (ASVS 6.5.2), so only a slow
one is stored. It is deterministic, so that one indexed look-up finds the code; the installation's pepper
stands in for a salt. Hashing takes about 50 ms: never inside a write transaction.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import repeat

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.errors import NotAllowed, NotFound
from members.audit import note
from members.identity import Who
from members.names import tidy
from members.page_links import kill_links
from members.permissions import Right, require
from members.tables import Account, JoinCode, Member

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
VALID_FOR = timedelta(days=7)
_SAYABLE = set("23456789")  # at least one of these and one letter, so that no word or date is a code
_MISREAD = str.maketrans("OIL", "011")
_DASHES = re.compile(r"[\s\-\u2010-\u2015\u2212._]+")
_CALLED = re.compile(r"^(mã( số| tham gia)?|ma( so| tham gia)?|code)\b[\s:]*", re.IGNORECASE)
WORK = 2**14  # scrypt's n: with r = 8 16 MB and about 50 ms (OWASP's second choice)
PLAYED_WORK = 2**4


class CodeKey(Struct, frozen=True):
    """What codes are hashed with: the installation's secret, and how slowly.

    Beside a simulator there is nobody to keep out (`PLAYED_WORK`). A code made there is unknown beside a real
    platform, which looks for hashes of `WORK`.
    """

    pepper: bytes
    work: int = WORK


class Draft(Struct, frozen=True):
    """A code not stored yet. `code` is shown once and never kept."""

    member_id: int
    code: str
    digest: str


class MadeCodes(Struct, frozen=True):
    """What was stored."""

    branch_id: int
    count: int
    expires_at: datetime


def code_in(typed: str) -> str | None:
    """The code somebody typed ('k7m2-9xqd', 'Mã: K7M2 9XQD', O for 0, I or L for 1), or None."""
    bare = _DASHES.sub("", _CALLED.sub("", tidy(typed))).upper().translate(_MISREAD)
    return bare if len(bare) == LENGTH and set(bare) <= set(ALPHABET) and _is_unmistakable(bare) else None


def shown(code: str) -> str:
    """'K7M2-9XQD': in two halves, as printed."""
    return f"{code[:4]}-{code[4:]}"


def digest_of(code: str, key: CodeKey) -> str:
    """The slow hash that is stored, 64 hexadecimal digits. About 50 ms and 16 MB."""
    return hashlib.scrypt(code.encode("ascii"), salt=key.pepper, n=key.work, r=8, p=1, dklen=32).hex()


def draft_codes(member_ids: Iterable[int], key: CodeKey) -> list[Draft]:
    """New random codes, hashed on all cores. 50 ms each: call it in a thread."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(_draft, member_ids, repeat(key)))


def make_codes(
    session: Session, who: Who | None, branch_id: int, drafts: list[Draft], now: datetime
) -> MadeCodes:
    """Store codes for members of one branch; older unused ones die. `who` None: the command line.

    Raises NotAllowed without Right.HELP_JOINING over the branch, or when a member is not on its roll.
    """
    if who is not None:
        require(session, who, Right.HELP_JOINING, branch_id)
    members = [draft.member_id for draft in drafts]
    if set(members) - set(on_roll(session, branch_id, now)):
        raise NotAllowed
    kill_codes(session, members)
    expires_at = now + VALID_FOR
    for draft in drafts:
        session.add(
            JoinCode(member_id=draft.member_id, digest=draft.digest, made_at=now, expires_at=expires_at)
        )
    note(session, who.member_id if who else None, "codes_made", f"unit:{branch_id}", now, count=len(drafts))
    return MadeCodes(branch_id, len(drafts), expires_at)


def keep_own_code(
    session: Session, account_id: int, draft: Draft, now: datetime, good_for: timedelta
) -> datetime:
    """Store a code got at one account of a member, to be typed on another; until when it is good."""
    code = JoinCode(
        member_id=draft.member_id,
        digest=draft.digest,
        made_at=now,
        expires_at=now + good_for,
        from_account=account_id,
    )
    session.add(code)
    return code.expires_at


def kill_codes(session: Session, member_ids: list[int]) -> None:
    """Unused codes of these members stop working; nothing is kept of them."""
    session.execute(delete(JoinCode).where(JoinCode.member_id.in_(member_ids), JoinCode.used_at.is_(None)))


def on_roll(session: Session, branch_id: int, now: datetime) -> list[int]:
    """Members on the branch's roll today."""
    today = now.date()
    members = session.scalars(select(Member).where(Member.branch_id == branch_id).order_by(Member.id))
    return [m.id for m in members if m.left_on is None or m.left_on > today]


def release_member(session: Session, who: Who, member_id: int, now: datetime) -> int:
    """Before a new code: unlink the phones a member used until now. How many there were.

    Raises NotFound for no such member, NotAllowed without Right.HELP_JOINING over the branch.
    """
    member = session.get(Member, member_id)
    if member is None:
        raise NotFound("error.not_allowed")
    require(session, who, Right.HELP_JOINING, member.branch_id)
    accounts = session.scalars(select(Account).where(Account.member_id == member_id)).all()
    for account in accounts:
        account.member_id = account.linked_at = None
    kill_links(session, member_id, now)
    if accounts:
        note(session, who.member_id, "unlinked", f"member:{member_id}", now, accounts=len(accounts))
    return len(accounts)


def renew_code(session: Session, who: Who, draft: Draft, now: datetime) -> MadeCodes:
    """One new code for a member; phones linked until now are unlinked. Raises as `release_member`."""
    release_member(session, who, draft.member_id, now)
    branch_id = session.get_one(Member, draft.member_id).branch_id
    return make_codes(session, who, branch_id, [draft], now)


def _draft(member_id: int, key: CodeKey) -> Draft:
    code = _random_code()
    return Draft(member_id, code, digest_of(code, key))


def _random_code() -> str:
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if _is_unmistakable(code):
            return code


def _is_unmistakable(code: str) -> bool:
    return bool(_SAYABLE & set(code)) and not code.isdigit()
