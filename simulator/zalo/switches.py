"""What sources disagree about, or what goes wrong at times: one value for each (zalo.md section 5)."""

from typing import Any, Literal, TypeVar

import msgspec

from simulator.errors import Refused

_TOO_LATE = Literal[-230, -231, -232]


class BotSwitches(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The Bot Platform. Seconds are real ones, shortened by the simulator's pause scale.

    `ack`: what was polled never comes again, or comes again (after what is new) for `replay_seconds`.
    `protected`: people (minors, say) of whom the bot hears without content. `away_lost`: what is said
    while nobody polls is lost (source B18). `webhook_tries`: source B7, uncertain.
    """

    unknown_method: Literal[400, 404] = 400
    empty_poll: Literal["408", "empty"] = "408"
    ack: Literal["at_most_once", "replay"] = "at_most_once"
    replay_seconds: float = 5.0
    away_lost: bool = False
    public_webhook_only: bool = False
    webhook_body: Literal["bare", "wrapped"] = "bare"
    webhook_times: int = 1
    webhook_disorder: bool = False
    webhook_tries: int = 5
    empty_probe: bool = False
    probes_a_day: int = 20
    markup_errors: bool = False
    photo_seconds: float = 0.0
    photo_again_after: float = 3.0
    photo_field: Literal["photo_url", "photo"] = "photo_url"
    unknown_chat: Literal[400, 403, 404] = 400
    blocked: Literal["refused", "lost"] = "refused"
    unsupported_message: bool = True
    protected: list[int] = []
    quota: bool = True
    quota_messages: int = 3000
    quota_people: int = 50
    quota_counts_inbound: bool = False
    outage: Literal[0, 502, 504] = 0
    duplicate_server: bool = False


class OaSwitches(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The Official Account.

    `late`: the code after 7 days. `charged_left`: messages of the 48 h - 7 d window that can still be paid.
    `templates`: ids of approved ZBS templates. `press_counts`: pressing a button is an
    interaction (zalo.md section 8, point 7).
    """

    late: _TOO_LATE = -230
    never: Literal[-201, -230, -231, -232] = -201
    charged_left: int = 1000
    press_counts: bool = True
    quota_told: bool = True
    button_forms: Literal["any", "1", "2", "3"] = "any"
    most_buttons: int = 5
    hash_needed: bool = False
    calls_a_minute: int = 4000
    access_seconds: int = 90_000
    attachment_days: int = 7
    signature: Literal["right", "wrong", "missing"] = "right"
    webhook_times: int = 1
    webhook_disorder: bool = False
    webhook_off_after_tries: bool = False
    echo: bool = False
    templates: list[str] = []
    outage: Literal[0, 502, 504] = 0
    duplicate_server: bool = False


_S = TypeVar("_S", BotSwitches, OaSwitches)


def changed(old: _S, wish: dict[str, Any]) -> _S:
    """The switches with the wished ones turned. Raises Refused for an unknown name or value."""
    try:
        return msgspec.convert({**msgspec.structs.asdict(old), **wish}, type(old))
    except msgspec.ValidationError as problem:
        raise Refused(f"switches: {problem}") from None
