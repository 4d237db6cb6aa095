"""A file handed over once: looking at the page uses nothing up, taking the file does."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from db import pictures
from db.errors import NotFound
from db.pictures import Kept
from members import page_links
from members.page_links import LinkRefused, Why
from web.pages.visit import Visit

TAKEN = "tep"  # what stands behind the link


async def show(visit: Visit) -> Response:
    """Name, size and the way to the file; behind it the file, asked for again by slow lines for a while."""
    if visit.part == TAKEN:
        kept = await visit.home.store.write(_take, visit.token, visit.now, visit.today)
        saved_as = f"attachment; filename*=utf-8''{quote(kept.name, safe='')}"
        headers = {"Content-Disposition": saved_as}
        return Response(kept.data, media_type="application/octet-stream", headers=headers)
    if visit.part:
        raise NotFound("pages.unknown")
    kilobytes = -(-int(visit.link.data["size"]) // 1024)
    return visit.page("download.html", name=visit.link.data["name"], kilobytes=kilobytes, taken=TAKEN)


async def act(visit: Visit, form: FormData) -> Response:
    """There is nothing to send here."""
    return visit.onward()


def _take(session: Session, token: str, now: datetime, today: date) -> Kept:
    link = page_links.open_link(session, token, now, today)
    kept = pictures.kept(session, link.data["kept"], now)
    if kept is None:
        raise LinkRefused(Why.EXPIRED, link.purpose)
    page_links.use_up(session, link.link_id, now)
    return kept
