"""The code that is printed below a QR picture, for those whose messenger hands on no payload."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from meetings.checkin import key_of
from meetings.checkin_code import PERIOD, code_at, link_token, read_link_token
from meetings.tables import Meeting


def typed_instead(session: Session, payload: str) -> str:
    """What somebody types who cannot open this link."""
    link = read_link_token(payload)
    if link is None:
        return payload.removeprefix("j-") or payload
    key = key_of(session.get_one(Meeting, link.meeting_id))
    code = code_at(key, datetime.fromtimestamp(0, UTC) + link.window * PERIOD)
    genuine = link_token(link.meeting_id, key, link.window) == payload
    return code if genuine else f"{(int(code) + 1) % 10**6:06}"
