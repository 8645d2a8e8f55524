"""The one typed error of the telephone, and how an answer of Twilio's becomes it.

Three things can have become of a request: it was done (no error), it was surely not done (`TelephonyError`,
`Throttled`), or nobody but Twilio knows (`OutcomeUnknown`). Only the middle one may simply be tried again.
"""

import re

from telephony.remedies import explain

_STATUSES_THAT_PASS = frozenset({408, 409, 425, 429})  # the same request may be taken a moment later
_NUMBER = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_DEFAULT_REMEDY = "Look the code up at https://www.twilio.com/docs/api/errors and read our log."


class TelephonyError(Exception):
    """Twilio refused, or was not reached: what we asked for was surely not done.

    `code` is Twilio's own (None when the network or we ourselves refused), `permanent` says that the very
    same request would be refused again, `message` is for a page (it holds no telephone number), `remedy`
    says what to do next.
    """

    def __init__(self, message: str, *, remedy: str, permanent: bool, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.permanent = permanent
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        number = f" (Twilio {self.code})" if self.code else ""
        return f"{self.message}{number} {self.remedy}"


class OutcomeUnknown(TelephonyError):
    """The request was sent and its answer was lost (timeout, reset, 5xx): only Twilio knows if it was done.

    Never send it again: look for its effect (`client.find_calls`, `client.find_texts`) and adopt that.
    """

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(
            message, remedy="Ask Twilio what became of it before trying again.", permanent=False, code=code
        )


class Throttled(TelephonyError):
    """Twilio took nothing because we ask too often; `retry_after` is in seconds, None if it did not say."""

    def __init__(self, *, retry_after: float | None = None, code: int | None = 20429) -> None:
        known = explain(20429)
        assert known is not None  # noqa: S101 - a row of our own table
        super().__init__(known.words, remedy=known.remedy, permanent=False, code=code)
        self.retry_after = retry_after


def refusal(
    *, status: int, code: int | None = None, words: str = "", retry_after: str = ""
) -> TelephonyError:
    """The error for an HTTP answer of 3xx or 4xx: `words` are Twilio's own, used when we know none better."""
    if status == 429:
        return Throttled(retry_after=_seconds(retry_after), code=code or 20429)
    known = explain(code)
    if known is not None:
        return TelephonyError(known.words, remedy=known.remedy, permanent=known.permanent, code=code)
    if 300 <= status < 400:
        return TelephonyError(
            "The address of Twilio's API answers with a redirection.",
            remedy="Correct TWILIO_API_BASE_URL.",
            permanent=True,
        )
    said = without_numbers(words) or f"Twilio refused the request with HTTP {status}."
    return TelephonyError(
        said, remedy=_DEFAULT_REMEDY, permanent=status not in _STATUSES_THAT_PASS, code=code
    )


def without_numbers(words: str) -> str:
    """The words with every telephone number struck out: an executive's number is not for logs or pages."""
    return _NUMBER.sub("[number]", words).strip()[:300]


def _seconds(retry_after: str) -> float | None:
    """Retry-After as seconds (RFC 9110 section 10.2.3); Twilio sends whole seconds, a date is left out."""
    return float(retry_after) if retry_after.strip().isdecimal() else None
