"""What Twilio's webhooks say, as plain frozen values.

Each has `parse(form)`, which takes the fields of a webhook whose signature has been checked. Only the name of
the thing that it is about (CallSid, MessageSid, ConferenceSid) is required, and its lack raises `BadWebhook`;
every other field that is missing or makes no sense becomes None or "", for Twilio adds and changes fields.
Times are aware and UTC; durations are whole seconds.

Order: callbacks of one call arrive in any order and some arrive twice. `sequence` numbers those of one call
from 0, and `call_moves_on` / `text_moves_on` say whether a status is further than the one known. Source:
https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/messaging/guides/webhook-request .
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

from telephony.keywords import OptOut, opt_out_of

# The header `I-Twilio-Idempotency-Token` is the same on a webhook and on its retry; `twilio_webhook` puts it
# among the fields under this name.
TOKEN_FIELD = "I-Twilio-Idempotency-Token"  # noqa: S105 - a header, no secret

# Which steps we ask Twilio to call back: of a call (by default only the last), and of a conference. That a call was
# `initiated` tells us nothing that `ringing` does not, a moment later. Of a conference all but who speaks: its events
# are numbered, and one that we did not ask for could not be told from one that was lost.
CALL_EVENTS = ("ringing", "answered", "completed")
CONFERENCE_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "modify", "announcement")

CALL_STATUS_RANK: Mapping[str, int] = {
    "queued": 0,
    "initiated": 1,
    "ringing": 2,
    "in-progress": 3,
    "answered": 3,
    "completed": 4,
    "busy": 4,
    "no-answer": 4,
    "failed": 4,
    "canceled": 4,
}
TEXT_STATUS_RANK: Mapping[str, int] = {
    "scheduled": 0,
    "accepted": 0,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "delivered": 4,
    "undelivered": 4,
    "failed": 4,
    "canceled": 4,
    "read": 5,
}
_ENDED = 4

# What Twilio puts in From when the caller withholds the number: the words on a telephone's keys.
# https://www.twilio.com/docs/voice/twiml (request parameters) and Twilio's support article 223179988.
_WITHHELD = frozenset(
    {
        "",
        "+266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
        "anonymous",
        "blocked",
        "private",
        "restricted",
        "unavailable",
        "unknown",
    }
)
_LONGEST_NAME = 64
_LONGEST_URL = 2_048
_LONGEST_TEXT = 4_096
_NOT_KEYS = re.compile(r"[^0-9*#A-Da-dwW]")


class BadWebhook(ValueError):
    """A webhook without the one field that says what it is about."""


def call_moves_on(known: str, heard: str) -> bool:
    """Whether `heard` is further in a call's life than `known`. Unknown words and an ended call move
    nothing.
    """
    return CALL_STATUS_RANK.get(heard, -1) > CALL_STATUS_RANK.get(known, -1)


def text_moves_on(known: str, heard: str) -> bool:
    """Whether `heard` is further in a text's life than `known`; texts have no sequence number at all."""
    return TEXT_STATUS_RANK.get(heard, -1) > TEXT_STATUS_RANK.get(known, -1)


def is_final(status: str) -> bool:
    """Whether a call with this status has ended."""
    return CALL_STATUS_RANK.get(status, -1) >= _ENDED


def is_final_text(status: str) -> bool:
    """Whether nothing more will become of a text with this status (`read` may still follow)."""
    return TEXT_STATUS_RANK.get(status, -1) >= _ENDED


@dataclass(frozen=True, slots=True)
class CallEvent:
    """A step in the life of a call (status callback), or Twilio asking what to do with an answered one."""

    call_sid: str
    status: str
    sequence: int | None
    at: datetime | None
    from_: str
    to: str
    direction: str
    duration: int | None
    answered_by: str
    sip_code: int | None
    error_code: int | None
    idempotency_token: str

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> Self:
        return cls(
            call_sid=_name(form, "CallSid"),
            status=_status(form, "CallStatus"),
            sequence=_whole(form, "SequenceNumber"),
            at=instant_of(form, "Timestamp"),
            from_=_caller(form),
            to=_text(form, "To"),
            direction=_text(form, "Direction"),
            duration=_whole(form, "CallDuration"),
            answered_by=_text(form, "AnsweredBy"),
            sip_code=_whole(form, "SipResponseCode"),
            error_code=_whole(form, "ErrorCode"),
            idempotency_token=_text(form, TOKEN_FIELD),
        )

    @property
    def ended(self) -> bool:
        """Whether this is the call's last step."""
        return is_final(self.status)


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys that were pressed in answer to a `<Gather>`; `digits` is "" when none was (if asked for)."""

    call_sid: str
    digits: str
    from_: str
    to: str

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> Self:
        return cls(
            call_sid=_name(form, "CallSid"),
            digits=_NOT_KEYS.sub("", _text(form, "Digits")),
            from_=_caller(form),
            to=_text(form, "To"),
        )


@dataclass(frozen=True, slots=True)
class InboundCall:
    """Somebody calls our number; `from_` is "" when the caller withholds the number."""

    call_sid: str
    from_: str
    to: str

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> Self:
        return cls(call_sid=_name(form, "CallSid"), from_=_caller(form), to=_text(form, "To"))


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text to our number.

    `opt_out` says that the text is one of the words by which Twilio itself stops, restarts or explains texts
    (Twilio answers those itself: send no answer). A START may be an answer all the same: "yes".
    """

    sid: str
    from_: str
    to: str
    body: str
    media_count: int
    opt_out: OptOut | None
    idempotency_token: str

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> Self:
        body = _text(form, "Body", longest=_LONGEST_TEXT, lines=True)
        return cls(
            sid=_name(form, "MessageSid", "SmsMessageSid", "SmsSid"),
            from_=_caller(form),
            to=_text(form, "To"),
            body=body,
            media_count=_whole(form, "NumMedia") or 0,
            opt_out=opt_out_of(kind=_text(form, "OptOutType"), body=body),
            idempotency_token=_text(form, TOKEN_FIELD),
        )


@dataclass(frozen=True, slots=True)
class TextEvent:
    """A step in the life of a text that we sent; order by `TEXT_STATUS_RANK`, there is no number."""

    sid: str
    status: str
    error_code: int | None
    to: str

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> Self:
        return cls(
            sid=_name(form, "MessageSid", "SmsSid"),
            status=_status(form, "MessageStatus") or _status(form, "SmsStatus"),
            error_code=_whole(form, "ErrorCode"),
            to=_text(form, "To"),
        )


@dataclass(frozen=True, slots=True)
class ConferenceEvent:
    """A step in the life of a conference.

    `kind` is Twilio's: conference-start, conference-end, participant-join, participant-leave,
    participant-mute, participant-unmute, participant-hold, participant-unhold, ... An invited participant
    who never answered leaves with `reason` participant_add_failed, without having joined.
    """

    conference_sid: str
    name: str
    kind: str
    call_sid: str
    label: str
    sequence: int | None
    at: datetime | None
    muted: bool
    hold: bool
    coaching: bool
    reason: str
    call_status: str

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> Self:
        return cls(
            conference_sid=_name(form, "ConferenceSid"),
            name=_text(form, "FriendlyName", longest=256),
            kind=_status(form, "StatusCallbackEvent"),
            call_sid=_text(form, "CallSid"),
            label=_text(form, "ParticipantLabel", longest=128),
            sequence=_whole(form, "SequenceNumber"),
            at=instant_of(form, "Timestamp"),
            muted=_flag(form, "Muted"),
            hold=_flag(form, "Hold"),
            coaching=_flag(form, "Coaching"),
            reason=(
                _text(form, "ReasonParticipantLeft")
                or _text(form, "ReasonConferenceEnded")
                or _text(form, "Reason", longest=256)
            ),
            call_status=_status(form, "ParticipantCallStatus"),
        )


@dataclass(frozen=True, slots=True)
class MachineVerdict:
    """Who answered, as Twilio's ear has it: a hint only, and `unknown` is common."""

    call_sid: str
    answered_by: str

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> Self:
        return cls(call_sid=_name(form, "CallSid"), answered_by=_status(form, "AnsweredBy"))

    @property
    def is_machine(self) -> bool:
        """Whether a voicemail or a fax answered."""
        return self.answered_by.startswith("machine") or self.answered_by == "fax"


@dataclass(frozen=True, slots=True)
class RecordingDone:
    """A message that a caller left; `url` needs our credentials. `seconds` 0: nothing was said."""

    call_sid: str
    url: str
    sid: str
    seconds: int

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> Self:
        return cls(
            call_sid=_name(form, "CallSid"),
            url=_text(form, "RecordingUrl", longest=_LONGEST_URL),
            sid=_text(form, "RecordingSid"),
            seconds=_whole(form, "RecordingDuration") or 0,
        )


@dataclass(frozen=True, slots=True)
class DialDone:
    """A `<Dial>` is over. `dial_status`: completed, answered, busy, no-answer, failed, canceled."""

    call_sid: str
    dial_call_sid: str
    dial_status: str
    seconds: int | None

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> Self:
        return cls(
            call_sid=_name(form, "CallSid"),
            dial_call_sid=_text(form, "DialCallSid"),
            dial_status=_status(form, "DialCallStatus"),
            seconds=_whole(form, "DialCallDuration"),
        )


# --- Fields ------------------------------------------------------------------------------------------


def _text(form: Mapping[str, str], field: str, *, longest: int = _LONGEST_NAME, lines: bool = False) -> str:
    """The field without control characters (a NUL would break PostgreSQL) and not longer than we keep."""
    kept = "".join(
        character
        for character in form.get(field, "")
        if unicodedata.category(character) not in {"Cc", "Cs"} or (lines and character in "\n\t")
    )
    return kept.strip()[:longest]


def _name(form: Mapping[str, str], *fields: str) -> str:
    for field in fields:
        if name := _text(form, field):
            return name
    raise BadWebhook(f"{fields[0]} is missing")


def _status(form: Mapping[str, str], field: str) -> str:
    return _text(form, field).lower()


def _caller(form: Mapping[str, str]) -> str:
    number = _text(form, "From")
    return "" if number.lower() in _WITHHELD else number


def _whole(form: Mapping[str, str], field: str) -> int | None:
    """A whole number that fits any database column, or None."""
    written = _text(form, field)
    if not (written.isascii() and written.isdecimal() and len(written) <= 9):
        return None
    return int(written)


def _flag(form: Mapping[str, str], field: str) -> bool:
    return _text(form, field).lower() == "true"


def instant_of(form: Mapping[str, str], field: str) -> datetime | None:
    """The time in a field (RFC 2822, as Twilio writes it; without a zone it is UTC), or None."""
    try:
        instant = parsedate_to_datetime(_text(form, field))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError:
        return None
