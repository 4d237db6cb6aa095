"""A member list or question bank sent on a page: looked at first, imported only when told so.

What the link is in the middle of stands in its `data`: nothing, a file that waits, or what importing did.
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from db import pictures
from db.errors import BadInput, NotAllowed
from db.pictures import Kept
from locales.text import Text
from members import page_links
from members.page_links import LinkRefused, Opened, Why
from members.roster_file import RosterFile, read_roster
from members.roster_import import import_roster, office_committee, preview_import
from members.sent_files import FileKind, allowed_kinds, check_file, kind_of, mark_of, require_kind
from quizzes.bank import home_unit, import_questions
from quizzes.formats.draft import QuestionFile
from quizzes.formats.reading import read_questions
from web.pages import upload_report
from web.pages.forms import one_of, text_in
from web.pages.visit import Visit, sentence, status_of

NAME_LONGEST = 120  # as a picture's name is kept


async def show(visit: Visit) -> Response:
    """Choose a file, or what importing the waiting one would do, or what it did."""
    _require_any(visit)
    if visit.link.used:
        return visit.page("upload_done.html", told=upload_report.done(visit.words, visit.link.data))
    if "kept" not in visit.link.data:
        return _form(visit)
    kept = await visit.read(pictures.kept, visit.link.data["kept"], visit.now)
    if kept is None:
        return _form(visit, visit.words("office.gone"), 410)
    kind = one_of(FileKind, visit.link.data["kind"])
    if kind is None:
        kinds = [(one, f"office.is_{one}") for one in allowed_kinds(visit.who)]
        return visit.page("upload_kind.html", name=kept.name, kinds=kinds)
    require_kind(visit.who, kind)
    try:
        return await _preview(visit, kept, kind)
    except BadInput as refused:
        await visit.act(_forget)
        return _form(visit, sentence(visit.words, refused), status_of(refused))


async def act(visit: Visit, form: FormData) -> Response:
    """[Gửi tệp], what it is, [Nhập], [Bỏ]."""
    _require_any(visit)
    deed = text_in(form, "deed")
    try:
        if deed == "send":
            return await _take(visit, form)
        if deed == "import":
            return await _bring_in(visit, text_in(form, "mark"))
        if deed == "drop":
            await visit.act(_forget)
        elif (kind := one_of(FileKind, text_in(form, "kind"))) is not None:
            require_kind(visit.who, kind)
            await visit.act(_is, kind)
        else:
            raise BadInput("pages.old_form")
    except LinkRefused as refused:
        if refused.why is not Why.USED or not visit.link.used:
            raise
    return visit.onward()


def _require_any(visit: Visit) -> None:
    if not allowed_kinds(visit.who):
        raise NotAllowed


async def _take(visit: Visit, form: FormData) -> Response:
    """A file arrives: refused in the form it came from, or kept until it is told what to do with it."""
    sent = form.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return _form(visit, visit.words("pages.no_file"), 422)
    try:
        check_file(sent.filename, sent.size or 0)
        data = await sent.read()
        kind = await asyncio.to_thread(kind_of, data, sent.filename, allowed_kinds(visit.who))
    except BadInput as refused:
        return _form(visit, sentence(visit.words, refused), status_of(refused))
    await visit.act(_keep, data, _short(sent.filename), kind, visit.now)
    return visit.onward()


async def _preview(visit: Visit, kept: Kept, kind: FileKind) -> Response:
    if kind is FileKind.ROSTER:
        roster = await asyncio.to_thread(read_roster, kept.data, kept.name)
        report = await visit.read(_look, visit.link, roster, visit.today)
        shown = upload_report.of_roster(visit.words, kept.name, report)
    else:
        bank = await asyncio.to_thread(read_questions, kept.data, kept.name, today=visit.today)
        shown = upload_report.of_questions(visit.words, bank)
    return visit.page("upload_preview.html", name=kept.name, shown=shown, mark=mark_of(kept.data))


async def _bring_in(visit: Visit, mark: str) -> Response:
    """[Nhập], pressed once or twice: what was done is shown."""
    if visit.link.used:
        return visit.onward()
    kept = await visit.read(pictures.kept, str(visit.link.data.get("kept", "")), visit.now)
    kind = one_of(FileKind, str(visit.link.data.get("kind", "")))
    if kept is None or kind is None or mark_of(kept.data) != mark:
        raise BadInput("pages.old_form")
    require_kind(visit.who, kind)
    if kind is FileKind.ROSTER:
        roster = await asyncio.to_thread(read_roster, kept.data, kept.name)
        await visit.act(_import_roster, roster, visit.now, visit.today)
    else:
        bank = await asyncio.to_thread(read_questions, kept.data, kept.name, today=visit.today)
        await visit.act(_import_questions, bank, visit.now)
    return visit.onward()


def _form(visit: Visit, alert: Text | None = None, status: int = 200) -> Response:
    return visit.page("upload.html", status, alert=alert)


def _keep(
    session: Session, link: Opened, data: bytes, name: str, kind: FileKind | None, now: datetime
) -> None:
    token = pictures.keep(session, data, name, now)
    page_links.note_data(session, link.link_id, kept=token, kind=kind or "")


def _is(session: Session, link: Opened, kind: FileKind) -> None:
    page_links.note_data(session, link.link_id, **{**link.data, "kind": kind})


def _forget(session: Session, link: Opened) -> None:
    if "kept" in link.data:
        pictures.drop(session, link.data["kept"])
    page_links.note_data(session, link.link_id)


def _look(session: Session, link: Opened, roster: RosterFile, today: date) -> Any:
    return preview_import(session, link.who, office_committee(link.who), roster, today)


def _import_roster(session: Session, link: Opened, roster: RosterFile, now: datetime, today: date) -> None:
    committee = office_committee(link.who)
    report = import_roster(session, link.who, committee, roster, now, today)
    _finish(session, link, now, FileKind.ROSTER, upload_report.roster_counts(report))


def _import_questions(session: Session, link: Opened, bank: QuestionFile, now: datetime) -> None:
    report = import_questions(session, link.who, home_unit(session, link.who), bank.drafts, now)
    counts = {"added": report.added, "known": report.known, "waiting": report.waiting, "asked": report.asked}
    _finish(session, link, now, FileKind.QUESTIONS, counts)


def _finish(session: Session, link: Opened, now: datetime, kind: FileKind, counts: dict[str, int]) -> None:
    pictures.drop(session, link.data["kept"])
    page_links.use_up(session, link.link_id, now, kind=kind, counts=counts)


def _short(name: str) -> str:
    """The name with its ending, cut where it is long; letters that can be seen only."""
    name = "".join(letter for letter in name if letter.isprintable())
    if len(name) <= NAME_LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: NAME_LONGEST - 12]}{dot}{ending[:10]}" if dot else name[:NAME_LONGEST]
