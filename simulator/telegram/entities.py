"""From what a bot or a person wrote to the text and entities that everybody sees."""

import re
from typing import Any

from simulator.telegram.arguments import Arguments
from simulator.telegram.errors import bad
from simulator.telegram.html import parse_html
from simulator.telegram.markdown import parse_markdown_v2
from simulator.telegram.old_markdown import parse_markdown
from simulator.telegram.utf16 import index16, length16

Entity = dict[str, Any]

RAW_LIMIT = 32_768  # bytes of raw text before parsing, telegram.md A3
_PARSERS = {"html": parse_html, "markdown": parse_markdown, "markdownv2": parse_markdown_v2}
_EXTRAS = {"text_link": ("url",), "pre": ("language",), "custom_emoji": ("custom_emoji_id",),
           "text_mention": ("user",), "date_time": ("unix_time", "date_time_format")}  # fmt: skip
_KNOWN = {
    "bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code",
    "pre", "text_link", "text_mention", "custom_emoji", "date_time",
}  # fmt: skip
_FOUND = re.compile(
    r"(?P<url>(?:https?://|\bt\.me/)[^\s<>\"]+[^\s<>\".,;:!?)\]'])"
    r"|(?P<email>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b)"
    r"|(?P<mention>(?<![\w@/])@[A-Za-z]\w{3,31}\b)"
    r"|(?P<bot_command>(?<![\w/<])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z]\w{3,31})?(?![\w/]))"
    r"|(?P<hashtag>(?<![\w#&])#\w*[^\W\d]\w*)"
)
_NO_SEARCH = {"code", "pre", "text_link", "text_mention", "custom_emoji"}
_SPACES = " \t\r\n\v\f\u200b\u00a0\u2028\u2029\u202f\u3000"


def formatted(args: Arguments, text_name: str, entities_name: str) -> tuple[str, list[Entity]]:
    """Text after parsing, trimmed, with all its entities in order. Raises Refusal."""
    source = args.text(text_name)
    if len(source.encode("utf-8", "surrogatepass")) > RAW_LIMIT:
        raise bad("text is too long")
    mode = args.text("parse_mode").strip().lower()
    if mode and mode != "none":
        if mode not in _PARSERS:
            raise bad("unsupported parse_mode")
        text, entities = _PARSERS[mode](_clean(source))
    else:
        text = _clean(source)
        entities = given_entities(args.json(entities_name, "entities"), text)
    return finish(text, entities)


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "")
    return "".join(" " if letter < " " and letter != "\n" else letter for letter in text)


def given_entities(value: Any, text: str) -> list[Entity]:
    """Entities given beside the text; those of unknown kinds are left out, as the platform does."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise bad("can't parse entities: entities must be an Array")
    total = length16(text)
    return [entity for one in value if (entity := _given(one, total)) is not None]


def _given(one: Any, total: int) -> Entity | None:
    if not isinstance(one, dict):
        raise bad("can't parse MessageEntity: expected an Object")
    try:
        offset, length, kind = int(one["offset"]), int(one["length"]), str(one["type"])
    except (KeyError, TypeError, ValueError):
        raise bad("can't parse MessageEntity: field is missing or wrong") from None
    if offset < 0 or length <= 0 or offset >= total or kind not in _KNOWN:
        return None
    kept = {"type": kind, "offset": offset, "length": min(length, total - offset)}
    return kept | {name: one[name] for name in _EXTRAS.get(kind, ()) if name in one}


def finish(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Trim the text, cut the entities to it, find links and commands, and put all in order."""
    text, entities = trimmed(text, entities)
    entities = entities + found_in(text, entities)
    return text, sorted(entities, key=lambda e: (e["offset"], -e["length"]))


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Spaces at the end go; those at the start go unless an entity begins in them."""
    text = text.rstrip(_SPACES)
    lead = len(text) - len(text.lstrip(_SPACES))
    if lead and any(e["offset"] < lead for e in entities):
        lead = 0
    text, total = text[lead:], length16(text) - lead
    moved = [{**e, "offset": e["offset"] - lead} for e in entities]
    cut = [{**e, "length": min(e["length"], total - e["offset"])} for e in moved]
    return text, [e for e in cut if e["length"] > 0]


def found_in(text: str, taken: list[Entity]) -> list[Entity]:
    """Links, addresses, mentions, commands and hashtags that clients show as such."""
    closed = [(e["offset"], e["offset"] + e["length"]) for e in taken if e["type"] in _NO_SEARCH]
    found = []
    for match in _FOUND.finditer(text):
        start, length = length16(text[: match.start()]), length16(match.group())
        if not any(start < end and begin < start + length for begin, end in closed):
            found.append({"type": str(match.lastgroup), "offset": start, "length": length})
    return found


def split_text(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` UTF-16 units, as phones cut what is too long for one message."""
    pieces = []
    while length16(text) > limit:
        cut = index16(text, limit)
        cut -= length16(text[:cut]) > limit
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]
