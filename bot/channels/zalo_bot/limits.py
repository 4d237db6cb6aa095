"""Limits of the Zalo Bot Platform and what we make of those that nobody states.

[Z] the platform's documentation, measured or copied in two places; [O] our own choice.
"""

from __future__ import annotations

TEXT = 2000  # [Z] sendMessage.text; the unit is not stated: UTF-16, the stricter reading
CAPTION = 2000  # [Z] sendPhoto.caption
POLL_SECONDS = 25  # [O] below the default of 30 s
BETWEEN_POLLS_SECONDS = 1.0  # [O] a server that repeats what was read answers at once, without end
PER_SECOND = 5  # [O] messages of one bot; no rate is documented
PHOTO_SECONDS = 150  # [O] Zalo downloads the picture while we wait
RESTS_SECONDS = (2, 5, 15, 60, 300, 1800, 3600)  # [O] after refusals in a row that name no time
LONGEST_PATIENCE_SECONDS = 60  # [O] an answer waits no longer than this: the month's quota is used up
STORED_ID = 120  # [O] letters of an id that our columns hold
FREE_PEOPLE = 50  # [Z] people a month that a bot of the free plan serves
FREE_MESSAGES = 3000  # [Z] messages a month that it sends; whether what people write counts is disputed
