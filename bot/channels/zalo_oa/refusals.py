"""Error codes of the Official Account API as our errors (texts are no contract: the code decides)."""

from __future__ import annotations

from bot.limits import ZALO_OA_REST_SECONDS
from db.errors import (
    ChannelRefused,
    DeliveryError,
    MessageRefused,
    OutsideWindow,
    RetryAfter,
    TryLater,
    Unreachable,
)

RATE = -32
NIGHT = -234
NIGHT_REST_SECONDS = 3600.0
STILL_PROCESSING = -214
ATTACHMENT_GONE = -100
TOKEN_CODES = frozenset({-216, -220, -124})
GONE_CODES = {
    -213: "does not follow the Official Account",
    -217: "refuses invitations",
    -227: "the account is locked or was not online for 45 days",
    -244: "refuses this kind of message",
}
WINDOW_CODES = {
    -211: "the quota of this kind of message is used up",
    -218: "the quota of messages to this person is used up",
    -230: "wrote to the Official Account more than 7 days ago",
    -231: "is outside the time in which we may write",
    -232: "has never written, or too long ago",
}
CHANNEL_CODES = {
    -204: "the Official Account was removed",
    -205: "the Official Account does not exist",
    -209: "the app is not active: switch it on at developers.zalo.me",
    -212: "the app is not registered for this API: add the right at developers.zalo.me",
    -219: "the app was removed",
    -221: "the Official Account is not verified: verify it at oa.zalo.me",
    -223: "the Official Account has not permitted the app: let its administrator permit it again",
    -224: "the Official Account needs a paid plan for this: renew it at oa.zalo.me",
    -235: "this type of Official Account cannot do this",
    -320: "no Zalo Cloud Account is connected to the app",
    -321: "the Zalo Cloud Account has no money left: top it up",
}


class TokenRefused(ChannelRefused):
    """The access token is wrong or over: renew it once, and try once more."""


class AttachmentGone(MessageRefused):
    """The uploaded picture is no longer there: upload it again."""


def refusal(code: int, text: str) -> DeliveryError | None:
    """The error that an answer's code means; None for 0."""
    if code == 0:
        return None
    why = f"{code} {text[:120]}".strip()
    return _about_us(code, why) or _about_the_person(code) or MessageRefused(why)


def _about_us(code: int, why: str) -> DeliveryError | None:
    if code == RATE:
        return RetryAfter(ZALO_OA_REST_SECONDS)
    if code == NIGHT:
        return RetryAfter(NIGHT_REST_SECONDS)
    if code == STILL_PROCESSING:
        return TryLater(why, maybe_delivered=False)
    if code == ATTACHMENT_GONE:
        return AttachmentGone(why)
    if code in TOKEN_CODES:
        return TokenRefused(f"Zalo does not accept the access token ({code})")
    return ChannelRefused(f"{CHANNEL_CODES[code]} ({code})") if code in CHANNEL_CODES else None


def _about_the_person(code: int) -> DeliveryError | None:
    if code in GONE_CODES:
        return Unreachable(f"{GONE_CODES[code]} ({code})")
    return OutsideWindow(f"{WINDOW_CODES[code]} ({code})") if code in WINDOW_CODES else None
