"""Errors of the Official Account API: a number in an answer that is HTTP 200 all the same (zalo.md 3.10)."""

MESSAGES = {
    -32: "Rate limit exceeded",
    -100: "Attachment id is expired or invalid",
    -200: "Send message failed",
    -201: "Params is invalid",
    -210: "Params exceed the limit",
    -211: "Out of quota",
    -213: "User has not followed OA",
    -216: "Access token is invalid",
    -220: "Access token has expired",
    -224: "OA needs another plan",
    -230: "User has not interacted with the OA in the last 7 days",
    -231: "User is outside of the interaction window",
    -232: "User has never interacted with the OA, or not for too long",
    -233: "Message type is not supported",
    -240: "Message of this version is not supported any more",
    -249: "Template cannot be sent by user id",
    -321: "Zalo Cloud Account is out of money",
    -403: "OA is not the owner of the group",
    -108: "Phone number is invalid",
    -109: "Template id is invalid",
    -118: "Phone number has no Zalo account",
    -120: "OA has no permission to use ZBS",
    -14003: "Invalid redirect uri",
    -14004: "Invalid secret key",
    -14020: "Refresh token is used or expired",
}


class OaRefusal(Exception):
    """`code` is below zero."""

    def __init__(self, code: int, detail: str = "") -> None:
        said = MESSAGES.get(code, "Error")
        super().__init__(f"{said}: {detail}" if detail else said)
        self.code = code
