"""Twilio's refusals: HTTP status, code and words. Source: twilio.com/docs/api/errors."""

from __future__ import annotations

from typing import Any

MESSAGES: dict[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter: {}"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource {} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    13240: (400, "Invalid CallSidToCoach: {}"),
    16025: (400, "Participant label {} is already in use in this conference"),
    16021: (400, "Invalid label: {}"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL: {}"),
    21206: (400, "SendDigits {} is not valid"),
    21211: (400, "The 'To' number {} is not a valid phone number."),
    21212: (400, "The 'From' number {} is not a valid phone number, shortcode, or alphanumeric sender ID."),
    21210: (
        400,
        (
            "The source phone number provided, {}, is not yet verified for your account. You may only make "
            "calls from phone numbers that you've verified or purchased from Twilio."
        ),
    ),
    21213: (400, "A 'From' phone number is required."),
    21218: (400, "Invalid ApplicationSid {}"),
    21220: (400, "Call is not in-progress. Cannot redirect."),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        "The From number {} is not a valid, SMS-capable inbound number or short code for your account.",
    ),
    21609: (400, "The StatusCallback URL {} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21614: (400, "'To' number {} is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21620: (400, "Invalid media URL(s): {}"),
    21626: (400, "Invalid StatusCallbackEvent: {}"),
    21701: (404, "The Messaging Service {} does not exist."),
    30409: (400, "Message {} can no longer be canceled"),
}


class Refused(Exception):
    """The request is refused; nothing of it was done."""

    def __init__(self, code: int, detail: str = "", *, status: int = 0) -> None:
        """`code` is one of MESSAGES; `detail` fills its gap; `status` overrides its HTTP status."""
        http, words = MESSAGES[code]
        super().__init__(words.format(detail))
        self.code = code
        self.status = status or http

    def body(self) -> dict[str, Any]:
        """Twilio's JSON."""
        return {
            "code": self.code,
            "message": str(self),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
