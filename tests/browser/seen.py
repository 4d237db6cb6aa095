"""What a person does on the simulator's page, and everything the browser would rather not tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Route, expect

PICTURES = Path(__file__).with_name("screenshots")
PATIENCE = 90_000  # milliseconds
LOOPBACK = {"127.0.0.1", "localhost"}
LOCAL_SCHEMES = {"data", "blob", "about"}


def is_local(address: str) -> bool:
    """Whether nothing of this address leaves the machine."""
    parts = urlsplit(address)
    return parts.scheme in LOCAL_SCHEMES or parts.hostname in LOOPBACK


@dataclass
class Watch:
    """All pages of a browser: what they complain about, and every request that would go out."""

    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    asked: int = 0

    def over(self, context: BrowserContext) -> None:
        """Watch from now on."""
        context.set_default_timeout(PATIENCE)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", self._request)
        context.route("**/*", self._let_through)

    @contextmanager
    def an_outage(self) -> Iterator[None]:
        """Refused connections are no complaint while the other side is down."""
        before = list(self.complaints)
        yield
        during = self.complaints[len(before) :]
        self.complaints[:] = before + [one for one in during if "net::ERR_" not in one]

    def is_clean(self) -> None:
        """Nothing was complained about, nothing went out, and something was asked at all."""
        assert self.complaints == []
        assert self.outside == []
        assert self.asked > 0

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        self.asked += 1
        if not is_local(request.url):
            self.outside.append(request.url)

    @staticmethod
    def _let_through(route: Route) -> None:
        if is_local(route.request.url):
            route.continue_()
        else:
            route.abort()


@dataclass
class Phone:
    """One phone on the page."""

    page: Page
    person: str

    @property
    def body(self) -> Locator:
        return self.page.locator(f'article[data-person="{self.person}"]')

    @property
    def heard(self) -> Locator:
        """Everything the assistant has said here."""
        return self.body.locator('[data-message-id][data-from="bot"]')

    def hears(self, words: str) -> Locator:
        """The newest message with these words, once it is there."""
        message = self.heard.filter(has_text=words).last
        expect(message).to_be_visible(timeout=PATIENCE)
        return message

    def hears_once(self, words: str) -> None:
        """These words were said, and said once only."""
        self.hears(words)
        expect(self.heard.filter(has_text=words)).to_have_count(1)

    def says(self, text: str) -> None:
        """Type and press Enter."""
        composer = self.body.get_by_test_id("composer")
        composer.fill(text)
        composer.press("Enter")

    def sends_file(self, name: str) -> None:
        """A document, as from the phone's own files."""
        self.body.get_by_test_id("plus").click()
        with self.page.expect_file_chooser() as chooser:
            self.body.get_by_role("button", name="Tệp").click()
        chooser.value.set_files({"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})

    def presses(self, label: str) -> None:
        """The newest button of this name."""
        self.body.locator(".buttons").get_by_role("button", name=label, exact=True).last.click()

    def numbers(self) -> list[str]:
        """The ids of all messages, as they stand."""
        ids: list[str] = self.body.locator("[data-message-id]").evaluate_all(
            "rows => rows.map(row => row.dataset.messageId)"
        )
        return ids


@dataclass
class Table:
    """The page with all phones."""

    page: Page
    names: dict[str, str]

    def phone(self, part: str) -> Phone:
        """The phone of 'member', 'older', 'secretary' or 'leader'."""
        return Phone(self.page, self.names[part])

    def is_live(self) -> None:
        """The page has everything and listens."""
        expect(self.page.locator("#status.live")).to_be_visible(timeout=PATIENCE)
        for part in self.names:
            expect(self.phone(part).body).to_be_visible()

    def sets_clock(self, local: str) -> None:
        """'2026-12-03T19:20' by the dialog."""
        self.page.get_by_test_id("clock-set").click()
        self.page.get_by_test_id("clock-moment").fill(local)
        self.page.get_by_test_id("clock-dialog-submit").click()
        expect(self.page.get_by_test_id("clock-now")).to_contain_text(local[-5:-2])

    def keeps(self, name: str) -> None:
        """A picture for people to look at."""
        keep(self.page, name)


def keep(page: Page, name: str) -> None:
    """Store what the page looks like just now."""
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
