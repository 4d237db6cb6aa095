"""Templates and the one way in which our sentences become HTML: everything in them is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from locales.text import Span, Text

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **values: object) -> str:
    """The page that a template makes of these."""
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> Environment:
    """Jinja is loaded for the first page: many installations never show one."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["html"] = html
    return templates


def html(text: Text) -> Markup:
    """Spans as elements, lines as lines."""
    return Markup("").join(_element(span) for span in text.spans)


def _element(span: Span) -> Markup:
    shown = Markup("<br>").join(escape(line) for line in span.text.split("\n"))
    if span.bold or span.code:
        shown = Markup("<b>{}</b>").format(shown)
    return Markup("<i>{}</i>").format(shown) if span.italic else shown
