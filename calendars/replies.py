"""Answers to invitations, as mail brings them: one message in, one plain value out. Pure.

Sources: RFC 5546 section 3.2.3 (what a REPLY holds) and 2.1.5 (which of two is newer), RFC 6047 (the mail around it).
What is read is what was said, not what follows from it: the caller finds the entry by UID and attendee, both without
regard to case where they are addresses, since Exchange leaves ORGANIZER out.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import unquote

from calendars import inbound_mail
from calendars.components import Calendar, Event, Property, Unreadable, read_calendar
from calendars.content_lines import clean, one_line
from calendars.entries import LATEST_SEQUENCE, PartStat

LONGEST_MAIL = 1024 * 1024
"""Octets, the pictures of a signature and all; a mail of nothing but short lines takes a second to read."""

_LONGEST_COMMENT = 1_000
_LONGEST_UID = 255
_LONGEST_ADDRESS = 320
_STAMP = re.compile(r"(\d{8}T\d{6})Z?", re.ASCII)

Code = Literal[
    "too_large",  # the mail
    "report",  # a bounce, a delay, a read receipt
    "automatic",  # an automatic answer that holds no calendar
    "no_calendar",
    "unreadable",
    "other_method",  # an invitation, a cancellation, a counter-proposal, …
    "no_event",
    "several_uids",
    "no_attendee",
    "other_sender",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One attendee's answer for one entry.

    Addresses are in small letters, where they are ASCII. `sender` is From; it is the attendee, or else `sent_by`: who
    says to answer in the attendee's name (an assistant), which the caller checks. `stamp` is DTSTAMP, when it was
    answered, in UTC. `recurrence_id` is not empty when only one occurrence of a series was answered, `comment` is
    plain text of at most 1,000 characters. `automatic` answers are never answered in turn; they count all the same,
    since calendar servers mark so what they send for a person, an out-of-office that declines for one.
    """

    uid: str
    attendee: str
    partstat: PartStat
    sequence: int
    stamp: datetime
    recurrence_id: str
    comment: str
    sender: str
    sent_by: str
    message_id: str
    automatic: bool


class NoReply(Exception):
    """The mail changes nothing: `code` is for programs, `sentence` says why.

    With `other_sender`, `reply` is what was said: the caller may know the sender as the attendee's assistant.
    """

    def __init__(self, code: Code, sentence: str, *, reply: Reply | None = None) -> None:
        # What the mail said stands in it: nothing of that may write into a terminal or break a log's line.
        printable = "".join(character for character in sentence if character.isprintable())
        super().__init__(printable)
        self.code = code
        self.sentence = printable
        self.reply = reply


def read_reply(message: bytes) -> Reply:
    """The answer that one RFC 5322 message holds. Raises NoReply, and nothing else, whatever the bytes are."""
    if len(message) > LONGEST_MAIL:
        raise NoReply("too_large", f"The mail has {len(message):,} octets: it was not read.")
    try:
        return _read(inbound_mail.parse(message))
    except NoReply:
        raise
    except Unreadable as error:
        raise NoReply("unreadable", f"The calendar in the mail cannot be read: {error}.") from error
    except Exception as error:  # the standard library raises what it likes on what is no mail
        raise NoReply("unreadable", "The mail cannot be read.") from error


def supersedes(previous: tuple[int, datetime | None], reply: Reply) -> bool:
    """Whether the reply is newer than `previous`: the (sequence, stamp) of the last answer taken.

    Where none was taken yet, give the sequence that was sent and None. A lower sequence answers an invitation that
    has changed since; at the same one the later stamp wins, and the very same reply once more changes nothing
    (RFC 5546 section 2.1.5).
    """
    sequence, stamp = previous
    if reply.sequence != sequence:
        return reply.sequence > sequence
    return stamp is None or reply.stamp > stamp


def _read(mail: Message) -> Reply:
    if inbound_mail.is_report(mail):
        raise NoReply("report", "The mail tells what became of another mail; it answers nothing.")
    automatic = inbound_mail.is_automatic(mail)
    contents = inbound_mail.calendars(mail)
    if not contents:
        if automatic:
            raise NoReply("automatic", "The mail is an automatic answer; it changes nothing.")
        raise NoReply(
            "no_calendar", "The mail holds no calendar reply; the links in the invitation work from any mail."
        )
    event = _answer(_first_readable(contents))
    return _reply(mail, event, automatic=automatic)


def _first_readable(contents: list[bytes]) -> Calendar:
    """The first part that can be read: the same calendar often comes twice, inline and attached."""
    for content in contents[:-1]:
        try:
            return read_calendar(content)
        except Unreadable:
            continue
    return read_calendar(contents[-1])


def _answer(calendar: Calendar) -> Event:
    """The one event that is answered."""
    if calendar.methods != {"REPLY"}:
        methods = " and ".join(sorted(map(_shown, calendar.methods))) or "none"
        raise NoReply("other_method", f"The calendar's method is {methods}, not REPLY; it changes nothing.")
    if not calendar.events:
        raise NoReply("no_event", "The calendar answers no event.")
    uids = {event.value("UID") for event in calendar.events}
    if len(uids) > 1:
        raise NoReply(
            "several_uids", f"The calendar answers {len(uids)} events at once; one a message can be taken."
        )
    uid = uids.pop()
    if not uid or len(uid) > _LONGEST_UID or uid != one_line(uid):
        raise Unreadable("its UID is missing or malformed")
    # Of a series and one occurrence of it the series is meant.
    return min(calendar.events, key=lambda event: event.value("RECURRENCE-ID") != "")


def _reply(mail: Message, event: Event, *, automatic: bool) -> Reply:
    sender = _small(inbound_mail.sender(mail))
    attendee = _attendee(event, sender)
    address, sent_by = _address(attendee), _mailbox(attendee.parameters.get("SENT-BY", ""))
    reply = Reply(
        uid=event.value("UID"),
        attendee=address,
        partstat=_partstat(attendee),
        sequence=_sequence(event),
        stamp=_stamp(event, mail),
        recurrence_id=_plain(event.value("RECURRENCE-ID"), 64),
        comment=_comment(event, attendee),
        sender=sender,
        sent_by=sent_by,
        message_id=_plain(inbound_mail.header(mail, "Message-ID"), 255),
        automatic=automatic,
    )
    if sender not in {address, sent_by} or not sender:
        whom = sender or "nobody that can be told"
        raise NoReply("other_sender", f"The mail is from {whom}, but answers for {address}.", reply=reply)
    return reply


def _attendee(event: Event, sender: str) -> Property:
    """Who answers. There should be one; of programs that repeat the whole list, the sender's own line counts."""
    attendees = [attendee for attendee in event.properties.get("ATTENDEE", []) if _address(attendee)]
    if not attendees:
        raise NoReply("no_attendee", "The calendar does not say who answers.")
    if len(attendees) == 1:
        return attendees[0]
    for attendee in attendees:
        if _address(attendee) == sender:
            return attendee
    raise NoReply(
        "other_sender", f"The calendar answers for {len(attendees)} people, and the sender is none of them."
    )


def _address(attendee: Property) -> str:
    """The attendee's mailbox; Apple may put it into EMAIL (RFC 7986) and an address of its own into the value."""
    return _mailbox(attendee.value) or _mailbox(f"mailto:{attendee.parameters.get('EMAIL', '')}")


def _mailbox(uri: str) -> str:
    """`MAILTO:Ana%40…@Example.com` as a plain address in small letters; "" when it is none."""
    scheme, _, rest = uri.strip().partition(":")
    address = _small(unquote(rest.partition("?")[0]))
    return address if scheme.lower() == "mailto" and "@" in address else ""


def _small(address: str) -> str:
    """In small letters where that is safe: of other alphabets two addresses can have the same small letters."""
    address = one_line(address)
    if len(address) > _LONGEST_ADDRESS:
        return ""
    return address.lower() if address.isascii() else address


def _partstat(attendee: Property) -> PartStat:
    """What it does not know, a program treats as not answered (RFC 5545 section 3.2.12)."""
    said = attendee.parameters.get("PARTSTAT", "").upper()
    return PartStat(said) if said in set(PartStat) else PartStat.NEEDS_ACTION


def _sequence(event: Event) -> int:
    """0 when it is left out (RFC 5545 section 3.8.7.4)."""
    said = event.value("SEQUENCE") or "0"
    if not (said.isascii() and said.isdigit() and len(said) < 11 and int(said) <= LATEST_SEQUENCE):
        raise Unreadable("its SEQUENCE is no number")
    return int(said)


def _stamp(event: Event, mail: Message) -> datetime:
    """DTSTAMP, always UTC (RFC 5545 section 3.8.7.2); the mail's own Date where a program left it out."""
    said = _STAMP.fullmatch(event.value("DTSTAMP"))
    try:
        if said:
            return datetime.strptime(said[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        sent = parsedate_to_datetime(inbound_mail.header(mail, "Date"))
        return (sent if sent.tzinfo else sent.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable("neither it nor the mail says when it was answered") from error


def _comment(event: Event, attendee: Property) -> str:
    """What the person wrote beside the answer; Google puts it into the attendee's line."""
    said = event.value("COMMENT") or attendee.parameters.get("X-RESPONSE-COMMENT", "")
    return clean(said).strip()[:_LONGEST_COMMENT]


def _plain(text: str, most: int) -> str:
    return one_line(text)[:most]


def _shown(word: str) -> str:
    return _plain(word, 20)
