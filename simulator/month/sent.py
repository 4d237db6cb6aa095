"""The journal of all platforms in one shape: which message went to whom, which call was refused."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulator.month.accounts import AddressBook
from simulator.month.hours import local_day
from simulator.month.reminders import reminder_in
from simulator.month.windows import Windows

_OA_MESSAGE = "oa/message/cs"
_NEVER_WROTE = -201  # what greets a follower whose first word is still to come
_WINDOW_CODES = {-230, -231, -232, _NEVER_WROTE}
SCENE = timedelta(minutes=10)  # what players remember of when they wrote is the scene, not the second
_NO_MESSAGES = {"sendChatAction"}
_TOKEN_OVER = {-216, -220}  # of course: a token lives a day, the clock jumps days


@dataclass(frozen=True)
class Sent:
    """One message of the bot. `person`: whose chat it is, None for a chat of nobody."""

    bot: str
    person: int | None
    text: str
    at: datetime
    ok: bool
    code: int | None


def _arrived(sent: Sent) -> bool:
    return sent.ok


class Journal:
    """Every call of the bot, as the platforms noted it."""

    def __init__(self, calls: list[dict[str, Any]], book: AddressBook) -> None:
        self._calls = calls
        self.book = book
        self.messages = [sent for call in calls if (sent := self._message(call))]

    def _message(self, call: dict[str, Any]) -> Sent | None:
        """A call as a message; None when it is none."""
        args, method = call["args"], str(call["method"])
        if method == _OA_MESSAGE:
            user, text = _part(args, "recipient").get("user_id"), _part(args, "message").get("text")
        elif method.startswith("send") and method not in _NO_MESSAGES:
            user, text = args.get("chat_id"), args.get("text") or args.get("caption")
        else:
            return None
        at = datetime.fromisoformat(call["at"])
        person = self.book.person(str(user))
        return Sent(str(call["bot"]), person, str(text or ""), at, bool(call["ok"]), call.get("error_code"))

    def reminders(self) -> Counter[tuple[int, str]]:
        """Messages that reached a person, by person and reminder."""
        return Counter((person, step) for person, step, _ in self._reminders())

    def shut_out(self) -> Counter[tuple[int, str]]:
        """Reminders refused because the person has not written for too long."""
        found = self._reminders(lambda sent: sent.code in _WINDOW_CODES)
        return Counter((person, step) for person, step, _ in found)

    def _reminders(self, which: Callable[[Sent], bool] = _arrived) -> Iterator[tuple[int, str, datetime]]:
        for sent in filter(which, self.messages):
            step = reminder_in(sent.text)
            if step and sent.person is not None:
                yield sent.person, step, sent.at

    def same_day(self) -> list[str]:
        """People who got two reminders on one day."""
        days = Counter((person, local_day(at)) for person, _, at in self._reminders())
        return [f"{count} reminders to {who} on {day}" for (who, day), count in days.items() if count > 1]

    def answered_taps(self) -> set[str]:
        """Presses the bot has answered."""
        return {
            str(call["args"].get("callback_query_id"))
            for call in self._calls
            if call["method"] == "answerCallbackQuery" and call["ok"]
        }

    def out(self) -> Counter[str]:
        """How many messages each bot has sent."""
        return Counter(sent.bot for sent in self.messages if sent.ok)

    def refused(self, windows: Windows) -> list[str]:
        """Calls the platform refused; an edit that changes nothing is no fault of anybody."""
        return [
            f"{call['method']} refused: {call['description']}"
            for call in self._calls
            if not call["ok"] and not self._is_expected(call, windows)
        ]

    def _is_expected(self, call: dict[str, Any], windows: Windows) -> bool:
        if "not modified" in str(call["description"]) or call.get("error_code") in _TOKEN_OVER:
            return True
        sent = self._message(call)
        if sent is None or sent.person is None or sent.code not in _WINDOW_CODES:
            return False
        return windows.closed(sent.person, sent.at - SCENE)


def _part(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}
