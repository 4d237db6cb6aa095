"""Templates and the one way in which our sentences become HTML: everything in them is escaped."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from locales.text import Span, Text

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html(text: Text) -> Markup:
    """Spans as elements, lines as lines."""
    return Markup("").join(_element(span) for span in text.spans)


def _element(span: Span) -> Markup:
    shown = Markup("<br>").join(escape(line) for line in span.text.split("\n"))
    if span.bold or span.code:
        shown = Markup("<b>{}</b>").format(shown)
    return Markup("<i>{}</i>").format(shown) if span.italic else shown


TEMPLATES.filters["html"] = html
