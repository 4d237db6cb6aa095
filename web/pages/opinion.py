"""An opinion written on a page: text, and to whom it goes."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from db.errors import BadInput
from members.page_links import Opened
from opinions import writing
from opinions.letters import MOST_LETTERS
from opinions.tables import Visibility
from opinions.writing import Written
from web.pages.forms import one_of, text_in
from web.pages.visit import Visit, status_of


async def show(visit: Visit) -> Response:
    """The form; after sending, the opinion's number."""
    done = None
    if sent := visit.query.get("xong"):
        done = await visit.read(writing.written_before, visit.source_key(sent))
    if done is not None:
        return visit.page(
            "opinion.html", done=visit.words(f"opinions.written_{done.visibility}", n=done.number)
        )
    return visit.page("opinion.html", done=None, text="", most=MOST_LETTERS, key=visit.new_key())


async def act(visit: Visit, form: FormData) -> Response:
    """[Gửi cả chi bộ], [Chỉ gửi chi ủy]. What cannot be sent stays in the form."""
    key, text = text_in(form, "key"), text_in(form, "text")
    to = one_of(Visibility, text_in(form, "to"))
    if to is None:
        raise BadInput("pages.old_form")
    source = visit.source_key(key)
    try:
        await visit.act(_write, text, to, now=visit.now, zone=visit.home.checkin.zone, key=source)
    except BadInput as refused:
        alert = visit.words(_OURS.get(refused.key, refused.key), **refused.args_for_person)
        values = {"done": None, "text": text, "most": MOST_LETTERS, "key": key}
        return visit.page("opinion.html", status_of(refused), alert=alert, **values)
    return visit.onward(f"?xong={key}")


_OURS = {"opinions.empty": "pages.opinion_empty", "opinions.too_long": "pages.opinion_too_long"}


def _write(
    session: Session,
    link: Opened,
    text: str,
    visibility: Visibility,
    *,
    now: datetime,
    zone: ZoneInfo,
    key: str,
) -> Written:
    return writing.write(session, link.who, text, visibility, now, zone, key=key)
