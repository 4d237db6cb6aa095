"""Every limit of a platform or of ours, each with its source.

[S] Bot API 10.3 description (tests/data/telegram-bot-api.json), [F] Telegram's Bots FAQ, [B] source of
Telegram's own Bot API server, [Z] Zalo's Official Account pages, [U] commonly said of Zalo, not proved,
[O] our own choice.
"""

from __future__ import annotations

TELEGRAM_TEXT = 4096  # [S] sendMessage.text, UTF-16 units after entity parsing
TELEGRAM_CAPTION = 1024  # [S] sendPhoto.caption
TELEGRAM_TOAST = 200  # [S] answerCallbackQuery.text
TELEGRAM_CALLBACK_BYTES = 64  # [S] InlineKeyboardButton.callback_data
TELEGRAM_DOWNLOAD_BYTES = 20 * 1024 * 1024  # [S] getFile
TELEGRAM_BATCH = 32  # [O] of 100 permitted [S]: while these are being stored, those before are answered
TELEGRAM_POLL_SECONDS = 25  # [O] below the server's cap of 50 s [B]
TELEGRAM_TAP_LIFE_SECONDS = 150  # [B] callback queries die in the server's queue after this
TELEGRAM_PER_SECOND = 30  # [F] bulk messages a second and bot
TELEGRAM_BULK_PER_SECOND = 29.3  # [O] an answer hardly ever waits for room, and the rest is not wasted
TELEGRAM_CHAT_PER_SECOND = 1  # [F] about one message a second in one chat
TELEGRAM_PAYLOAD = 64  # [F] deep link payload, A-Z a-z 0-9 _ -

ZALO_OA_TEXT = 2000  # [Z] message.text of a consultation message; in UTF-16 units, the tighter reading
ZALO_OA_BUTTONS = 5  # [U] buttons of one message
ZALO_OA_TITLE = 100  # [Z] a button's title
ZALO_OA_PAYLOAD = 1000  # [Z] what a query button carries
ZALO_OA_PICTURE_BYTES = 1024 * 1024  # [Z] upload/image, JPG or PNG
ZALO_OA_DOWNLOAD_BYTES = 20 * 1024 * 1024  # [O] as on Telegram
ZALO_OA_ACCESS_HOURS = 25  # [Z] life of an access token, where an answer does not say
ZALO_OA_FRESH_HOURS = 8  # [O] a pair is renewed so long before its end: time to act when that fails
ZALO_OA_REST_SECONDS = 20  # [O] after -32: the platform counts calls a minute and names no time
ZALO_OA_LATE_HOURS = 2  # [Z] its last repetition of an event comes about 1 h 51 min after the first

WEBHOOK_BODY_BYTES = 1024 * 1024  # [O] an update is far smaller
LONGEST_HEAD = 64 * 1024  # [O] bytes of a request's line and headers
LONGEST_UPDATE = WEBHOOK_BODY_BYTES  # [O] letters; of a longer one that was polled the beginning is kept
KEPT_OF_TOO_LONG = 4_000  # [O] letters
IN_FLIGHT = 8  # [O] messages of the outbox sent at once: at most so many twice after a crash
MOST_IN_FLIGHT = 250  # [O] the same where far more is permitted, as Telegram does for paid broadcasts [F]
REQUEST_SECONDS = 20  # [O] one call to a platform
FILE_SECONDS = 90  # [O] until a file that somebody sent is fetched
CONNECT_SECONDS = 5  # [O] until a connection to a platform stands
SECOND_ADDRESS_SECONDS = 0.25  # [F] RFC 8305: then another address of the same name is tried beside it
IDLE_SECONDS = 15.0  # [O] a connection that was not used for longer may be gone on the way
LONGEST_ANSWER = 32 * 1024 * 1024  # [O] bytes; a hundred updates are far smaller
CONNECTIONS = 300  # [O] to one platform at once: all that is in flight, and answers beside it
ANSWERS_IN_FLIGHT = 4  # [O] of one bot; an answer may be two messages: at most eight twice after a crash
HANDLED_AT_ONCE = 64  # [O] chats of one bot whose updates are handled side by side
ATTEMPTS_BEFORE_SET_ASIDE = 5  # [O] an update that outlived so many crashes is set aside
SEND_ATTEMPTS = 8  # [O] tries of one answer while the platform is ill
LONGEST_BACK_OFF_SECONDS = 300  # [O] between two tries of one message of the outbox
GIVE_UP_AFTER_HOURS = 24  # [O] then a message of the outbox has failed, and its sender is told
LONGEST_STORE_WAIT = 30.0  # [O] seconds between tries while nothing can be stored
NOT_SAVED_EVERY_SECONDS = 600  # [O] how often one chat hears that nothing can be stored
HEARTBEAT_SECONDS = 20  # [O] how old the note of when a platform was last there may get, plus one poll
CHOICES_CONCERN_HOURS = 24  # [O] who had a choice in front of them this long may have pressed it


def in_flight(per_second: int) -> int:
    """Messages of the outbox sent at once where so many a second are permitted.

    A quarter of a second's worth: as long as a platform takes to answer and we to record, and no longer than
    what is stopped may still go out.
    """
    return min(max(IN_FLIGHT, per_second // 4), MOST_IN_FLIGHT)
