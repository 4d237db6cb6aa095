"""What is wrong (or worth knowing) about one line of a file that somebody sent."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class Fault(Struct, frozen=True):
    """One finding, as data. `line` counts from 1 as the sheet shows it; None means the whole file.

    The sentence is `<area>.fault.<code>` in `locales/`, filled with `words`.
    """

    line: int | None
    column: str | None
    code: str
    detail: Mapping[str, str] = field(default_factory=dict)

    def key(self, area: str) -> str:
        """Key of the sentence; `area` is 'roster' or 'questions'."""
        return f"{area}.fault.{self.code}"

    @property
    def words(self) -> dict[str, str]:
        """Values for the places of the sentence."""
        found = dict(self.detail)
        if self.line is not None:
            found["line"] = str(self.line)
        if self.column is not None:
            found["column"] = self.column
        return found
