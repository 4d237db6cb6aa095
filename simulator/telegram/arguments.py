"""What a call carries, read as leniently as the platform does: numbers as text, objects as JSON text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from simulator.telegram.errors import bad

_TRUE = {"true", "yes", "1"}
_MAX_INT = 2**63
_JOURNAL_TEXT = 20_000  # characters of one value: more than any valid one has


@dataclass(frozen=True)
class Upload:
    """One file part of a multipart body."""

    name: str
    mime: str
    data: bytes


def whole(value: Any, default: int = 0) -> int:
    """A number inside a JSON object, given as number or text; what is none counts as the default."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return number if abs(number) < _MAX_INT else default


@dataclass
class Arguments:
    """Values by name, as they came (text, or anything JSON knows); names that nobody asks for are ignored."""

    values: Mapping[str, Any]
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The value as text; "" when it is missing. A JSON number or boolean is written out."""
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        return msgspec.json.encode(value).decode()

    def number(self, name: str, default: int = 0) -> int:
        """An integer, leniently: what cannot be read as one counts as the default."""
        return whole(self.text(name).strip(), default)

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in _TRUE

    def json(self, name: str, what: str) -> Any:
        """A JSON value given as text or as itself; None when missing. Refuses text that is no JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            raise bad(f"can't parse {what} JSON object") from None

    def strings(self, name: str) -> list[str] | None:
        """A JSON list of texts; None when missing or not a list of texts."""
        try:
            value = self.json(name, name)
        except Exception:
            return None
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            return None
        return value

    def for_journal(self) -> dict[str, Any]:
        files = {
            name: {"file": upload.name, "size": len(upload.data)} for name, upload in self.uploads.items()
        }
        return {**{name: _short(value) for name, value in self.values.items()}, **files}


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _JOURNAL_TEXT:
        return f"{value[:_JOURNAL_TEXT]}… ({len(value)} characters)"
    return value
