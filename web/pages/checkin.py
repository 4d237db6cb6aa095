"""Check-in on a page: the link knows who, the six digits of the room (or its QR token) prove where."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from db.errors import NotAllowed, Refused
from locales.dates import clock_text
from locales.text import Text
from meetings import checkin
from meetings.checkin import CheckedIn, CheckinRules, Outcome
from meetings.checkin_code import DIGITS, read_link_token
from members.page_links import Opened
from web.pages.forms import text_in
from web.pages.visit import Visit, sentence

_TOKEN = re.compile(r"ci-[\w-]+", re.ASCII)
_STATUS = {Outcome.WRONG: 422, Outcome.OTHER_BRANCH: 422, Outcome.BLOCKED: 429}


async def show(visit: Visit) -> Response:
    """Already there, or the code is asked for."""
    try:
        seen = await visit.read(checkin.where_i_stand, visit.who, visit.now)
    except NotAllowed:
        raise
    except Refused as refused:
        return visit.page("checkin.html", done=None, closed=sentence(visit.words, refused))
    if seen is not None:
        return _done(visit, seen)
    return _form(visit, scanned=_token_in(visit.query.get("ma", "")))


async def act(visit: Visit, form: FormData) -> Response:
    """[Tôi có mặt]."""
    typed = text_in(form, "code")
    token = _token_in(typed)
    digits = re.sub(r"[\s.\-]", "", typed)
    if not token and not (digits.isascii() and digits.isdigit() and len(digits) == DIGITS):
        return _form(visit, visit.words("checkin.six_digits"), 422)
    key = visit.source_key(text_in(form, "key"))
    seen = await visit.act(
        _check_in, token or digits, key, now=visit.now, rules=visit.home.checkin, scanned=bool(token)
    )
    if seen.outcome in {Outcome.PRESENT, Outcome.LATE, Outcome.ALREADY}:
        return visit.onward()
    if seen.outcome is Outcome.ASKED:
        return _done(visit, seen)
    return _form(visit, _told(visit, seen), _STATUS[seen.outcome])


def _check_in(
    session: Session,
    link: Opened,
    typed: str,
    key: str,
    *,
    now: datetime,
    rules: CheckinRules,
    scanned: bool,
) -> CheckedIn:
    if scanned:
        return checkin.check_in_by_link(session, link.who, typed, now, rules)
    return checkin.check_in_by_code(session, link.who, typed, now, key, rules)


def _token_in(text: str) -> str:
    """The token of a QR picture, alone or in its link; "" when there is none."""
    found = _TOKEN.search(text[:400])
    return found[0] if found and read_link_token(found[0]) else ""


def _form(visit: Visit, alert: Text | None = None, status: int = 200, *, scanned: str = "") -> Response:
    return visit.page(
        "checkin.html", status, alert=alert, done=None, closed=None, scanned=scanned, key=visit.new_key()
    )


def _done(visit: Visit, seen: CheckedIn) -> Response:
    return visit.page("checkin.html", done=_told(visit, seen), closed=None)


def _told(visit: Visit, seen: CheckedIn) -> Text:
    time = clock_text(seen.at, visit.home.checkin.zone, visit.words)
    return visit.words(f"checkin.{seen.outcome.value}", time=time, left=seen.tries_left)
