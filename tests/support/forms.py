"""A page as a browser without scripts sees it: its words, its forms, and pressing their buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.support.installation import ROOT

MOST_BYTES = 30_000  # a page with its style sheet
VOID = {"meta", "link", "input", "br", "img"}


@dataclass(slots=True)
class Form:
    """`buttons`: label → (name, value)."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    upload: str = ""  # the name of its file field


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.button: tuple[str, str] | None = None
        self.label = ""
        self.area = ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert not any(name.startswith("on") or name == "style" for name in given), given
        if tag not in VOID:
            self.open.append(tag)
        if tag == "form":
            assert given.get("method") == "post", given
            self.forms.append(Form(given.get("action", "")))
        elif tag == "input" and given.get("type") == "file":
            self.forms[-1].upload = given["name"]
        elif tag == "input" and given.get("type") not in {"checkbox", "radio"}:
            self.forms[-1].fields.append((given["name"], given.get("value", "")))
        elif tag == "textarea":
            self.area = given["name"]
            self.forms[-1].fields.append((self.area, ""))
        elif tag == "button":
            self.button, self.label = (given.get("name", ""), given.get("value", "")), ""
        elif tag == "a":
            self.links.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open.pop() == tag, f"</{tag}> closes something else"
        if tag == "button" and self.button is not None:
            self.forms[-1].buttons[" ".join(self.label.split())] = self.button
            self.button = None
        if tag == "textarea":
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            fields = self.forms[-1].fields
            fields[-1] = (self.area, fields[-1][1] + data.removeprefix("\n"))
        if self.button is not None:
            self.label += data
        if "title" not in self.open:
            self.texts.append(data)


@dataclass(slots=True)
class Shown:
    """One answer of the pages."""

    client: httpx.AsyncClient
    answer: httpx.Response
    text: str
    forms: list[Form]
    links: list[str]

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def path(self) -> str:
        """Where it stands, with the query."""
        return self.answer.request.url.raw_path.decode()

    @property
    def buttons(self) -> list[str]:
        return [label for form in self.forms for label in form.buttons]

    async def press(self, label: str, **values: str) -> Shown:
        """Press the button whose label begins so, after typing `values`; redirects are followed."""
        return shown(self.client, await self.client.post(**self.request(label, **values)))

    def request(self, label: str, **values: str) -> dict[str, Any]:
        """What pressing it sends, to send it twice or changed."""
        form, button = next(
            (
                (form, pair)
                for form in self.forms
                for name, pair in form.buttons.items()
                if name.startswith(label)
            ),
            (None, None),
        )
        assert form is not None and button is not None, f"no button {label!r}, but {self.buttons}"
        data = {**dict(form.fields), **values, **({button[0]: button[1]} if button[0] else {})}
        return {"url": form.action or self.path, "data": data}


def shown(client: httpx.AsyncClient, answer: httpx.Response) -> Shown:
    """Read an answer; a page is well-formed, light, without scripts and asks for nothing from elsewhere."""
    assert answer.headers["content-type"].startswith("text/html"), answer.headers
    weight = len(answer.content) + sum(len(sheet) for sheet in _sheets(answer.text))
    assert weight < MOST_BYTES, weight
    for forbidden in ("<script", "http://", "https://", "javascript:"):
        assert forbidden not in answer.text.lower(), forbidden
    reader = _Reader()
    reader.feed(answer.text)
    reader.close()
    assert reader.open == []
    return Shown(client, answer, " ".join("".join(reader.texts).split()), reader.forms, reader.links)


async def opened(client: httpx.AsyncClient, path: str) -> Shown:
    """Open an address."""
    return shown(client, await client.get(path))


def _sheets(page: str) -> list[bytes]:
    names = [part.partition('"')[0] for part in page.split('href="/static/')[1:]]
    return [(ROOT / "web" / "static" / name).read_bytes() for name in names]
