"""Answers as a calendar program makes them, from an invitation that came by mail; written with vobject."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import vobject
from dateutil.tz import tzutc


def calendar_in(mail: EmailMessage) -> str:
    """The iCalendar body of a mail that was received."""
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def reply_to(
    invitation: str,
    partstat: str,
    *,
    sender: str = "Ana Ruiz <ana@example.com>",
    at: datetime | None = None,
    sequence: int | None = None,
    sent_by: str = "",
    attendee: str = "",
    comment: str = "",
    uid: str = "",
) -> bytes:
    """A whole REPLY mail to this invitation, as an attendee's program sends it (RFC 5546 section 3.2.3)."""
    asked = vobject.readOne(invitation).vevent
    at = at or datetime.now(UTC)
    calendar = vobject.iCalendar()
    calendar.add("method").value = "REPLY"
    event = calendar.add("vevent")
    event.add("uid").value = uid or asked.uid.value
    event.add("dtstamp").value = at.astimezone(tzutc())  # the one zone that vobject writes as UTC
    event.add("dtstart").value = asked.dtstart.value
    event.add("sequence").value = str(asked.sequence.value if sequence is None else sequence)
    event.add("organizer").value = asked.organizer.value
    answerer = event.add("attendee")
    answerer.value = f"mailto:{attendee}" if attendee else asked.attendee.value
    answerer.params["PARTSTAT"] = [partstat]
    if sent_by:
        answerer.params["SENT-BY"] = [f"mailto:{sent_by}"]
    if comment:
        event.add("comment").value = comment
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = asked.organizer.value.removeprefix("mailto:")
    mail["Subject"] = f"{partstat.capitalize()}: {asked.summary.value}"
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = make_msgid()
    mail.set_content(f"{sender} answers.")
    mail.add_alternative(calendar.serialize(), subtype="calendar", params={"method": "REPLY"})
    return mail.as_bytes()
