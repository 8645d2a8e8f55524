"""What one inbound mail holds for a calendar: its sender, its calendar parts, and whether a machine wrote it. Pure.

Read with the standard library in its old, forgiving way (`compat32`): nothing of a mail's structure makes it raise,
which of the newer policy cannot be said.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import InvalidHeaderDefect
from email.message import Message
from email.policy import default as modern

_LONGEST_HEADER = 2_000
_MOST_PARTS = 100
_MOST_BOUNDARIES = 16
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_CONTENT_HEADER = re.compile(
    rb"(?:^|[\r\n])content-(?:type|disposition):[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*", re.IGNORECASE
)
_ADDRESS_IN_BRACKETS = re.compile(r"[^@<>]*<\s*([^@<>\s]+@[^@<>\s]+)\s*>\s*")
_CALENDAR_TYPES = ("text/calendar", "application/ics")  # in the order in which they are asked


class Overgrown(ValueError):
    """No honest mail has so many parts inside parts, or a header so long; taking it apart would take minutes."""


def parse(mail: bytes) -> Message:
    """Raises Overgrown; anything else is some message, if an empty one.

    Measured on 2 MB: the standard library's time grows with lines times depth, and with the square of the number of
    semicolons in one Content-Type (a minute).
    """
    if len(_BOUNDARY.findall(mail)) > _MOST_BOUNDARIES:
        raise Overgrown
    if any(len(found[0]) > _LONGEST_HEADER for found in _CONTENT_HEADER.finditer(mail)):
        raise Overgrown
    return message_from_bytes(mail)


def sender(message: Message) -> str:
    """The one address of From, or "" when there is none or it is not plain which.

    `ana@example.com <eve@example.com>` is read as Ana by some parsers and as Eve by others: it is nobody's. What a
    From says is only as true as the mail server in front makes sure of (SPF, DKIM, DMARC).
    """
    found = message.get_all("From", [])
    if len(found) != 1:
        return ""
    value = _unfolded(str(found[0]))
    if len(value) > _LONGEST_HEADER:
        return ""
    header = modern.header_factory("From", value)
    if any(isinstance(defect, InvalidHeaderDefect) for defect in header.defects):
        # Common and harmless: a comma in a name that nobody put in quotes.
        plain = _ADDRESS_IN_BRACKETS.fullmatch(value)
        return plain[1] if plain else ""
    addresses = header.addresses
    return str(addresses[0].addr_spec) if len(addresses) == 1 else ""


def header(message: Message, name: str) -> str:
    """A header of plain words, "" when it is not there."""
    return _unfolded(str(message.get(name, "")))[:_LONGEST_HEADER].strip()


def _unfolded(value: str) -> str:
    """RFC 5322 section 2.2.3: only the breaks go."""
    return "".join(value.splitlines())


def is_report(message: Message) -> bool:
    """Whether it tells what became of another mail: undelivered, delayed, read (RFC 6522)."""
    return message.get_content_type() == "multipart/report"


def is_automatic(message: Message) -> bool:
    """Whether a machine wrote it, so that nobody may answer it (RFC 3834 section 2, and what is older than it)."""
    submitted = header(message, "Auto-Submitted").casefold()
    return (
        (submitted != "" and submitted.partition(";")[0].strip() != "no")
        or header(message, "Precedence").casefold() in {"auto_reply", "bulk", "junk", "list"}
        or header(message, "X-Autoreply") != ""
        or header(message, "X-Autorespond") != ""
        or header(message, "Return-Path") == "<>"
        or sender(message).partition("@")[0].casefold() in {"mailer-daemon", "postmaster"}
    )


def calendars(message: Message) -> list[bytes]:
    """The content of each calendar part, the likeliest first, decoded from base64 and the like.

    What is forwarded or returned inside (message/rfc822) is somebody else's mail and not looked into.
    """
    found: list[tuple[int, bytes]] = []
    for part in _own_parts(message):
        rank = _rank(part)
        if rank is not None:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                found.append((rank, content))
    return [content for _, content in sorted(found, key=lambda pair: pair[0])]


def _own_parts(message: Message) -> Iterator[Message]:
    waiting: list[Message] = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        if part.get_content_maintype() == "message":
            continue
        if part.is_multipart():
            waiting.extend(inner for inner in part.get_payload() if isinstance(inner, Message))
        else:
            yield part


def _rank(part: Message) -> int | None:
    content_type = part.get_content_type()
    if content_type in _CALENDAR_TYPES:
        return _CALENDAR_TYPES.index(content_type)
    if (part.get_filename() or "").casefold().endswith(".ics"):
        return len(_CALENDAR_TYPES)
    return None
