"""The faults that the page offers, worded here so that the page stays small."""

from simulator.wishes import Json

_TABLE: tuple[tuple[str, str, str, Json], ...] = (
    ("fault429", "429: quá nhanh, 5 lần", "429: too fast, 5×", {"kind": "429", "retry_after": 3, "calls": 5}),
    (
        "faultStorm",
        "429: một phần năm số lệnh, 60 s",
        "429: a fifth of calls, 60 s",
        {"kind": "429", "retry_after": [1, 30], "share": 0.2, "seconds": 60},
    ),
    ("fault500", "500: máy chủ lỗi, 5 lần", "500: server error, 5×", {"kind": "500", "calls": 5}),
    (
        "fault5xx",
        "500–504: máy chủ lỗi 30 giây",
        "500–504: server errors 30 s",
        {"kind": "5xx", "seconds": 30},
    ),
    (
        "faultLost",
        "Nhận rồi, mất trả lời, 5 lần",
        "Accepted, answer lost, 5×",
        {"kind": "accepted_lost", "calls": 5},
    ),
    (
        "faultHalfOpen",
        "Nối được, không trả lời, 3 lần",
        "Connected, no answer, 3×",
        {"kind": "half_open", "calls": 3},
    ),
    ("faultReset", "Đứt giữa câu trả lời, 3 lần", "Reset mid-answer, 3×", {"kind": "reset", "calls": 3}),
    ("faultTruncated", "JSON bị cụt, 3 lần", "Truncated JSON, 3×", {"kind": "truncated", "calls": 3}),
    ("faultHtml", "Trang HTML thay JSON, 3 lần", "HTML, no JSON, 3×", {"kind": "html", "calls": 3}),
    ("faultLength", "Sai độ dài, 3 lần", "Wrong length, 3×", {"kind": "wrong_length", "calls": 3}),
    ("faultSlow", "Chậm: mỗi giây 1 byte", "Slow: 1 byte a second", {"kind": "slow"}),
    ("faultBlocked", "403: bị chặn, 1 lần", "403: blocked, once", {"kind": "blocked"}),
    ("faultGone", "403: tài khoản đã xóa, 1 lần", "403: deactivated, once", {"kind": "deactivated"}),
    ("faultUnknown", "400: không thấy người nhận, 1 lần", "400: chat not found, once", {"kind": "not_found"}),
    ("faultMarkup", "400: sai định dạng, 1 lần", "400: bad markup, once", {"kind": "entities"}),
    ("faultToken", "401: mã của trợ lý bị thu hồi", "401: token revoked", {"kind": "401"}),
    ("faultPoller", "409: bản thứ hai cùng chạy", "409: a second copy runs", {"kind": "second_poller"}),
    ("faultWebhook", "409: nơi khác đặt webhook", "409: webhook set elsewhere", {"kind": "webhook_set"}),
    ("faultTwice", "Mỗi tin tới hai lần", "Updates come twice", {"kind": "duplicates"}),
    ("faultDisorder", "Tin tới lộn thứ tự", "Updates out of order", {"kind": "disorder"}),
    ("faultOff", "Mất mạng 30 giây", "Offline 30 s", {"kind": "offline", "seconds": 30}),
    ("faultFlood", "Giới hạn nhịp gửi: bật", "Sending limits: on", {"kind": "flood", "on": True}),
    ("faultFree", "Giới hạn nhịp gửi: tắt", "Sending limits: off", {"kind": "flood", "on": False}),
)

PANEL: list[Json] = [{"id": key, "vi": vi, "en": en, "wish": wish} for key, vi, en, wish in _TABLE]
