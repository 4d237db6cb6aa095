"""The simulator's page as files: its weight, and nothing in it that a strict content policy would stop."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "simulator" / "page"
SERVED = {".html", ".css", ".js", ".svg"}
BUDGET = 40_000  # bytes, everything together, as it lies on disk
DANGEROUS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|document\.write"
    r"|\beval\b|new Function|DOMParser|srcdoc|javascript:"
)
OUTSIDE = re.compile(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
NAMESPACE = "http://www.w3.org/2000/svg"  # a name, never fetched
IMPORT = re.compile(r'^(?:import|export)\b[^"\n]*\bfrom "([^"]+)"', re.MULTILINE)


def served() -> list[Path]:
    return sorted(path for path in PAGE.iterdir() if path.suffix in SERVED)


def source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Every start tag with its attributes, and the text inside script and style."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.code = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        self._inside = tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        self.code += data.strip() if self._inside else ""


@pytest.fixture(scope="module")
def html() -> Tags:
    tags = Tags()
    tags.feed(source(PAGE / "index.html"))
    return tags


def linked(html: Tags) -> Iterator[str]:
    for _, attributes in html.seen:
        yield from (value for name in ("src", "href") if (value := attributes.get(name)))


def test_everything_together_stays_within_the_budget() -> None:
    weights = {path.name: path.stat().st_size for path in served()}
    assert {"index.html", "page.css", "page.js", "favicon.svg"} <= weights.keys()
    assert sum(weights.values()) <= BUDGET, weights


@pytest.mark.parametrize("path", served(), ids=lambda path: path.name)
def test_text_never_becomes_markup_or_code(path: Path) -> None:
    assert DANGEROUS.findall(source(path)) == []


@pytest.mark.parametrize("path", served(), ids=lambda path: path.name)
def test_no_file_names_an_outside_host(path: Path) -> None:
    text = source(path).replace(NAMESPACE, "")
    assert OUTSIDE.findall(text) == []


def test_the_html_holds_no_inline_script_or_style(html: Tags) -> None:
    assert html.code == ""
    assert "style" not in [tag for tag, _ in html.seen]
    inline = [
        name for _, attributes in html.seen for name in attributes if name == "style" or name.startswith("on")
    ]
    assert inline == []
    assert all("src" in attributes for tag, attributes in html.seen if tag == "script")


def test_scripts_set_no_style_attribute() -> None:
    styling = re.compile(r"\bstyle:|\"style\"|\.style\b|cssText")
    assert [path.name for path in PAGE.glob("*.js") if styling.search(source(path))] == []


def test_all_that_the_html_and_the_modules_name_exists(html: Tags) -> None:
    wanted = {link.removeprefix("/page/") for link in linked(html)}
    for path in PAGE.glob("*.js"):
        wanted |= {name.removeprefix("./") for name in IMPORT.findall(source(path))}
    assert len(wanted) > 10
    assert sorted(name for name in wanted if not (PAGE / name).is_file()) == []


def words() -> list[list[str]]:
    table = source(PAGE / "texts.js").split("`")[1]
    return [line.split("|") for line in table.strip().splitlines()]


def test_every_word_has_a_vietnamese_and_an_english_form() -> None:
    rows = words()
    assert [row for row in rows if len(row) != 3 or not all(row)] == []
    assert len({row[0] for row in rows}) == len(rows) > 50


def test_every_word_that_is_asked_for_exists() -> None:
    asked = re.findall(r'(?:\bt\(|data-[tl]=)"(\w+)"', "".join(map(source, served())))
    assert len(set(asked)) > 30
    assert set(asked) - {row[0] for row in words()} == set()
