"""The mail around an invitation, its parts where Gmail, Outlook and Apple look for them.

Only Django's mail classes, which the mail is handed over in; nothing is sent here. Source: RFC 6047 section 2.
"""

from collections.abc import Mapping
from email import charset, encoders
from email.message import Message
from email.utils import formataddr
from typing import Any

from django.core.mail import EmailMultiAlternatives

from calendars.content_lines import one_line
from calendars.entries import Entry, Party
from calendars.invitations import Method, render_invitation

ATTACHMENT = "invite.ics"

_CALENDAR = "text/calendar"

# All text leaves as 7 bits: a relay that must re-encode 8 bits breaks signatures.
_QUOTED_PRINTABLE = charset.Charset("utf-8")
_QUOTED_PRINTABLE.body_encoding = charset.QP


def invitation_mail(
    *,
    method: Method,
    entry: Entry,
    organizer: Party,
    attendee: Party,
    subject: str,
    text: str,
    html: str,
    message_id: str = "",
    headers: Mapping[str, str] | None = None,
) -> EmailMultiAlternatives:
    """The whole mail, ready for `send()`: From is the organizer, To is the attendee.

    Gmail adds an invitation by itself only from a sender it knows, so `text` and `html` need links to answer by.
    A `message_id` of the caller's (with its angle brackets) makes a mail that is sent again recognizable as the same.
    Raises BadEntry as `render_invitation` does.
    """
    calendar = render_invitation(method=method, entry=entry, organizer=organizer, attendee=attendee)
    mail = InvitationMail(
        subject=one_line(subject),
        body=text,
        from_email=_mailbox(organizer),
        to=[_mailbox(attendee)],
        # Keeps holiday notes away (RFC 3834 section 5); calendars read the message all the same.
        headers={"Auto-Submitted": "auto-generated"}
        | ({"Message-ID": message_id} if message_id else {})
        | dict(headers or {}),
    )
    mail.attach_alternative(html, "text/html")
    # The last alternative is the one that is preferred. Django adds the charset: naming it here would double it.
    mail.attach_alternative(calendar, f"{_CALENDAR}; method={method}")
    mail.attach(ATTACHMENT, calendar.encode(), "application/ics")
    return mail


class InvitationMail(EmailMultiAlternatives):
    """A mail whose calendar arrives byte by byte as it was rendered.

    multipart/mixed { multipart/alternative { text/plain, text/html, text/calendar }, application/ics }: Outlook and
    Apple read the inline part, Gmail either, and what shows attachments only has something to open.
    """

    encoding = _QUOTED_PRINTABLE

    def message(self) -> Any:  # type: ignore[override]  # the types are Django 6's, where it takes a policy
        message = super().message()
        calendars = [
            (content, mimetype)
            for content, mimetype in self.alternatives
            if isinstance(content, str) and mimetype.startswith(_CALENDAR)
        ]
        parts = [part for part in message.walk() if part.get_content_type() == _CALENDAR]
        for part, (content, mimetype) in zip(parts, calendars, strict=True):
            _fill(part, content, mimetype)
        return message


def _fill(part: Message, content: str, mimetype: str) -> None:
    """The content in base64, in which no relay touches CRLF, trailing blanks or the length of a line.

    Python's quoted-printable, which the other parts are in, turns CRLF into bare LF.
    """
    del part["Content-Transfer-Encoding"]
    part.set_payload(content.encode())
    encoders.encode_base64(part)
    part.replace_header("Content-Type", f"{mimetype}; charset=UTF-8")


def _mailbox(party: Party) -> str:
    return formataddr((one_line(party.name), party.email))
