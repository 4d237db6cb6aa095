"""From an outbox letter to the message in its receiver's language, made when it is sent."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Context, Home
from bot.language import Say
from bot.router import Router
from db.outbox import Letter
from locales.words import Words
from members.identity import Who, who_is
from members.tables import Account


async def render(home: Home, router: Router, letter: Letter, now: datetime) -> Say | None:
    """The message, or None when it is no longer needed. A notice nobody claims is a fault."""
    view = router.notices[letter.notice]
    language, who = await home.store.read(_receiver, letter, home.local_day(now))
    context = Context(home=home, now=now, words=Words(language), channel=letter.channel, who=who)
    return await view(context, letter.args)


def _receiver(session: Session, letter: Letter, today: date) -> tuple[str, Who | None]:
    account = session.scalar(
        select(Account).where(Account.channel == letter.channel, Account.chat == letter.chat)
    )
    who = who_is(session, letter.member_id, today) if letter.member_id else None
    return (account.language if account else "vi"), who
