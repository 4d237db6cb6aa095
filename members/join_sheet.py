"""The join sheet of a branch: one card a member, to be printed on A4 and cut."""

from __future__ import annotations

import html
import io
from datetime import datetime

import segno
from msgspec import Struct
from sqlalchemy.orm import Session

from db.errors import NotFound
from members.identity import Who
from members.join_codes import CodeKey, draft_codes, make_codes, shown
from members.joining_state import people
from members.tables import Unit, UnitKind


class PrintedCode(Struct, frozen=True):
    """A member and the code to hand over; the code exists nowhere else in the clear."""

    full_name: str
    mark: str
    code: str


class BranchCodes(Struct, frozen=True):
    """All codes made for a branch at once, in the order of a Vietnamese list."""

    branch_id: int
    branch_name: str
    expires_at: datetime
    codes: tuple[PrintedCode, ...]


class Card(Struct, frozen=True):
    """One card. `link` is what the QR code opens; without one there is no QR code."""

    name: str
    code: str
    link: str


class SheetWords(Struct, frozen=True):
    """The wording of a sheet: `steps` are the three lines in large type on every card."""

    language: str
    title: str
    note: str
    steps: tuple[str, str, str]
    foot: str


def codes_for_branch(
    session: Session,
    who: Who | None,
    branch_id: int,
    key: CodeKey,
    now: datetime,
    *,
    everybody: bool = False,
) -> BranchCodes:
    """Make and store codes for those not linked yet (or `everybody`). `who` None: the command line.

    Takes 50 ms a member, so it is for the command line, where nobody waits for the database. Raises
    NotFound for no such branch.
    """
    branch = session.get(Unit, branch_id)
    if branch is None or branch.kind is not UnitKind.BRANCH:
        raise NotFound("office.no_branch")
    waiting = [p for p in people(session, branch_id, now.date()) if everybody or not p.linked]
    drafts = draft_codes([p.member_id for p in waiting], key)
    made = make_codes(session, who, branch_id, drafts, now)
    printed = tuple(
        PrintedCode(p.full_name, p.mark, shown(d.code)) for p, d in zip(waiting, drafts, strict=True)
    )
    return BranchCodes(branch_id, branch.name, made.expires_at, printed)


def sheet_html(words: SheetWords, cards: list[Card]) -> str:
    """One self-contained page: no script, no outside file, print-ready on A4."""
    parts = "\n".join(_card(card, words) for card in cards)
    return _PAGE.format(
        language=html.escape(words.language),
        title=html.escape(words.title),
        note=html.escape(words.note),
        style=_STYLE,
        cards=parts,
    )


def _card(card: Card, words: SheetWords) -> str:
    steps = "".join(f"<li>{html.escape(step)}</li>" for step in words.steps)
    return _CARD.format(
        name=html.escape(card.name),
        code=html.escape(card.code),
        qr=_qr(card.link),
        steps=steps,
        foot=html.escape(words.foot),
    )


def _qr(link: str) -> str:
    """The link as inline SVG, sized by the style sheet."""
    if not link:
        return ""
    out = io.BytesIO()
    segno.make(link, error="m").save(
        out, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, svgclass="qr", nl=False
    )
    return out.getvalue().decode()


_CARD = """<section class="card">
<div class="text"><h2>{name}</h2><p class="code">{code}</p><ol>{steps}</ol><p class="foot">{foot}</p></div>
{qr}
</section>"""

_PAGE = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head>
<body>
<header><h1>{title}</h1><p>{note}</p></header>
<main>
{cards}
</main>
</body>
</html>
"""

# Four cards an A4 page, cut along the dashed lines; letters of 14 pt and more.
_STYLE = """
@page { size: A4 portrait; margin: 12mm; }
* { box-sizing: border-box; }
body { font-family: "Times New Roman", Tinos, "Noto Serif", serif; color: #000; }
body { margin: 0 auto; max-width: 186mm; }
header { padding: 4mm 0; }
h1 { font-size: 18pt; margin: 0; }
header p { font-size: 13pt; margin: 1mm 0 0; }
.card { display: flex; gap: 6mm; align-items: center; height: 62mm; padding: 4mm;
  border: 1px dashed #555; margin-top: -1px; break-inside: avoid; overflow: hidden; }
.text { flex: 1; min-width: 0; }
h2 { font-size: 18pt; margin: 0 0 1mm; overflow-wrap: anywhere; max-height: 16mm; overflow: hidden; }
.code { font: bold 24pt "Courier New", "Liberation Mono", monospace; letter-spacing: 2px; margin: 0 0 2mm; }
ol { font-size: 14pt; line-height: 1.25; margin: 0; padding-left: 7mm; }
.foot { font-size: 11pt; margin: 1mm 0 0; }
.qr { width: 46mm; height: 46mm; flex: none; }
"""
