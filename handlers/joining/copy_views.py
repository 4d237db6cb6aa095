"""How a copy of one's own data looks: a page anybody can read, and JSON for programs."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from html import escape
from typing import Any

import msgspec

from bot.context import Context
from reports.my_copy import Copy

NAME = "du-lieu-cua-toi.zip"
PAGE = "doc-du-lieu.html"
DATA = "du-lieu.json"
_HEAD = (
    '<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
    "<style>body{{font:18px/1.5 sans-serif;margin:1em}}table{{border-collapse:collapse}}"
    "td,th{{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top}}</style>"
    "<h1>{title}</h1>"
)


def archive(ctx: Context, rows: Copy) -> bytes:
    """A ZIP with both."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr(PAGE, page(ctx, rows))
        files.writestr(DATA, msgspec.json.format(msgspec.json.encode(rows), indent=1))
    return packed.getvalue()


def page(ctx: Context, rows: Copy) -> str:
    """One HTML file without scripts; whatever people wrote is shown as it is."""
    title = ctx.words.plain("record.copy_title", name=ctx.me.full_name)
    head = _HEAD.format(language=ctx.words.language, title=escape(title))
    return head + "".join(_table(ctx, name, lines) for name, lines in rows.items())


def _table(ctx: Context, name: str, lines: list[dict[str, Any]]) -> str:
    key = f"record.copy_{name}"
    heading = ctx.words.plain(key) if ctx.words.has(key) else name
    columns = "".join(f"<th>{escape(column)}</th>" for column in lines[0])
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_shown(ctx, value))}</td>' for value in line.values())}</tr>"
        for line in lines
    )
    return f"<h2>{escape(heading)}</h2><table><tr>{columns}</tr>{body}</table>"


def _shown(ctx: Context, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(ctx.settings.zone):%H:%M %d/%m/%Y}"
    return str(value)
