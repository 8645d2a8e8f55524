"""Replies as the mail programs of the world send them: their parts, their order, their habits. All answer one duty."""

import base64
import quopri
from datetime import UTC, datetime

import vobject
from dateutil.tz import tzutc

UID = "duty-7@officer.example.com"
ANSWERED = datetime(2026, 2, 20, 17, 4, 31, tzinfo=UTC)
BODY_OF_A_PERSON = "Sorry, I am in Madrid that day.\r\n"


def crlf(text: str) -> bytes:
    return text.lstrip("\n").replace("\r\n", "\n").replace("\n", "\r\n").encode()


def calendar(
    *,
    method: str = "METHOD:REPLY",
    uid: str = UID,
    attendee: str = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@example.com",
    stamp: str = "DTSTAMP:20260220T170431Z",
    sequence: str = "SEQUENCE:0",
    more: str = "",
) -> str:
    """The plainest reply there is; each line may be given otherwise, or as ""."""
    lines = f"""
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Any//EN
{method}
BEGIN:VEVENT
UID:{uid}
{stamp}
{sequence}
DTSTART:20260302T130000Z
ORGANIZER:mailto:officer@example.com
{attendee}
{more}
END:VEVENT
END:VCALENDAR
"""
    return "\n".join(line for line in lines.splitlines() if line) + "\n"


def mail(
    content: str | bytes,
    *,
    sender: str = "From: Ana Ruiz <ana@example.com>",
    headers: str = "",
    content_type: str = "text/calendar; charset=UTF-8; method=REPLY",
    encoding: str = "base64",
) -> bytes:
    """A mail that is nothing but one calendar."""
    raw = content if isinstance(content, bytes) else crlf(content)
    body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring, "8bit": bytes}[encoding](
        raw
    )
    head = f"""
{sender}
To: officer@example.com
Subject: Accepted: Officer of the Day
Date: Fri, 20 Feb 2026 18:04:33 +0100
Message-ID: <reply-1@mail.example.com>
MIME-Version: 1.0
{headers}
Content-Type: {content_type}
Content-Transfer-Encoding: {encoding}
"""
    lines = "\n".join(line for line in head.splitlines() if line)
    return crlf(lines) + b"\r\n\r\n" + body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


# Google Calendar sends in the person's name, as a machine, and attaches the calendar a second time.
_GMAIL_CALENDAR = """
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART:20260302T130000Z
DTEND:20260303T130000Z
DTSTAMP:20260220T170431Z
ORGANIZER;CN=Officer of the Day:mailto:officer@example.com
UID:duty-7@officer.example.com
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;CN=ana@e
 xample.com;X-NUM-GUESTS=0;X-RESPONSE-COMMENT="Sorry, I am in Madrid":mailt
 o:ana@example.com
CREATED:20260105T083000Z
DESCRIPTION:Your phone rings from 08:00 to 20:00.
LAST-MODIFIED:20260220T170430Z
LOCATION:
SEQUENCE:2
STATUS:CONFIRMED
SUMMARY:Officer of the Day: North America
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""


def gmail() -> bytes:
    inline = _GMAIL_CALENDAR.lstrip("\n")
    attached = base64.encodebytes(crlf(_GMAIL_CALENDAR)).decode()
    text = base64.encodebytes(b"Ana Ruiz has declined this invitation.").decode()
    return crlf(f"""
MIME-Version: 1.0
Reply-To: Ana Ruiz <ana@example.com>
Sender: Google Calendar <calendar-notification@google.com>
Auto-Submitted: auto-generated
Message-ID: <calendar-5f1c6a52@google.com>
Date: Fri, 20 Feb 2026 17:04:31 +0000
Subject: Declined: Officer of the Day: North America @ Mon 2 Mar 2026
From: Ana Ruiz <ana@example.com>
To: officer@example.com
Content-Type: multipart/mixed; boundary="0000000000007a1f"

--0000000000007a1f
Content-Type: multipart/alternative; boundary="0000000000007a1d"

--0000000000007a1d
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes
Content-Transfer-Encoding: base64

{text}
--0000000000007a1d
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<p>Ana Ruiz has declined this invitation.</p>
--0000000000007a1d
Content-Type: text/calendar; charset="UTF-8"; method=REPLY
Content-Transfer-Encoding: 7bit

{inline}
--0000000000007a1d--
--0000000000007a1f
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{attached}
--0000000000007a1f--
""")


# Exchange leaves ORGANIZER out, writes the address with capitals, times in a zone of Windows, a comment of one line
# break, and a calendar in base64.
_EXCHANGE_CALENDAR = """
BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Eastern Standard Time
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT=ACCEPTED;CN=Ana Ruiz:MAILTO:Ana.Ruiz@Example.com
COMMENT;LANGUAGE=en-US:\\n
UID:duty-7@officer.example.com
SUMMARY;LANGUAGE=en-US:Accepted: Officer of the Day: North America
DTSTART;TZID=Eastern Standard Time:20260302T080000
DTEND;TZID=Eastern Standard Time:20260303T080000
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20260220T170431Z
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:2
LOCATION;LANGUAGE=en-US:
X-MICROSOFT-CDO-APPT-SEQUENCE:2
X-MICROSOFT-CDO-OWNERAPPTID:0
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
X-MICROSOFT-CDO-ALLDAYEVENT:FALSE
X-MICROSOFT-CDO-IMPORTANCE:1
X-MICROSOFT-CDO-INSTTYPE:0
X-MICROSOFT-DISALLOW-COUNTER:FALSE
END:VEVENT
END:VCALENDAR
"""


def exchange(calendar: str = _EXCHANGE_CALENDAR) -> bytes:
    content = base64.encodebytes(crlf(calendar)).decode()
    return crlf(f"""
From: "Ruiz, Ana" <ana.ruiz@example.com>
To: Officer of the Day <officer@example.com>
Subject: Accepted: Officer of the Day: North America
Thread-Topic: Officer of the Day: North America
Thread-Index: AQHa1s7v0k2JmVqk6ESbX1Jd3w==
Date: Fri, 20 Feb 2026 17:04:33 +0000
Message-ID: <BN8PR12MB3321@BN8PR12MB3321.namprd12.prod.outlook.com>
Accept-Language: en-US
Content-Language: en-US
X-MS-Has-Attach:
X-MS-TNEF-Correlator:
Content-Type: multipart/alternative;
	boundary="_000_BN8PR12MB3321_"
MIME-Version: 1.0

--_000_BN8PR12MB3321_
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable


--_000_BN8PR12MB3321_
Content-Type: text/calendar; charset="utf-8"; method=REPLY
Content-Transfer-Encoding: base64

{content}
--_000_BN8PR12MB3321_--
""")


# Apple attaches it, in quoted-printable, with the mailbox in EMAIL and an address of its own server as the value.
_APPLE_CALENDAR = """
BEGIN:VCALENDAR
CALSCALE:GREGORIAN
METHOD:REPLY
PRODID:-//Apple Inc.//macOS 15.3//EN
VERSION:2.0
BEGIN:VEVENT
ATTENDEE;CN="Ana Ruíz";CUTYPE=INDIVIDUAL;EMAIL="ana@example.com";PARTSTAT=TENTATIVE;
 ROLE=REQ-PARTICIPANT:/aMTAxNDk5/principal/
COMMENT:Perhaps\\, if Madrid is moved.\\nAna
CREATED:20260105T083000Z
DTEND;VALUE=DATE:20260303
DTSTAMP:20260220T170431Z
DTSTART;VALUE=DATE:20260302
LAST-MODIFIED:20260220T170430Z
ORGANIZER;CN="Officer of the Day";EMAIL="officer@example.com":mailto:officer@example.com
SEQUENCE:2
SUMMARY:Officer of the Day: North America
UID:duty-7@officer.example.com
END:VEVENT
END:VCALENDAR
"""


def apple() -> bytes:
    content = quopri.encodestring(crlf(_APPLE_CALENDAR)).decode()
    return crlf(f"""
From: =?utf-8?Q?Ana_Ru=C3=ADz?= <ana@example.com>
Content-Type: multipart/mixed;
	boundary="Apple-Mail=_B4E5"
Mime-Version: 1.0 (Mac OS X Mail 16.0)
Subject: Maybe: Officer of the Day: North America
Message-Id: <8C1D6A2B-5F7E-4C1A@icloud.com>
Date: Fri, 20 Feb 2026 18:04:33 +0100
To: officer@example.com

--Apple-Mail=_B4E5
Content-Transfer-Encoding: 7bit
Content-Type: text/plain;
	charset=us-ascii

Ana may come.
--Apple-Mail=_B4E5
Content-Disposition: attachment;
	filename=iCal-20260220-180431.ics
Content-Type: text/calendar;
	charset=utf-8;
	name="iCal-20260220-180431.ics";
	method=REPLY
Content-Transfer-Encoding: quoted-printable

{content}
--Apple-Mail=_B4E5--
""")


# Thunderbird, in an organisation where the assistant answers, and where lines end in LF inside 8 bits.
_THUNDERBIRD_CALENDAR = """
BEGIN:VCALENDAR
PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
CREATED:20260105T083000Z
LAST-MODIFIED:20260220T170430Z
DTSTAMP:20260220T170431Z
UID:duty-7@officer.example.com
SUMMARY:Officer of the Day: Amérique du Nord
ORGANIZER;CN=Officer of the Day:mailto:officer@example.com
ATTENDEE;CN="Ruíz, Ana";PARTSTAT=ACCEPTED;RSVP=TRUE;ROLE=REQ-PARTICIPANT;SENT-BY="mailto:
 Tom@Example.com":mailto:ana@example.com
DTSTART:20260302T130000Z
DTEND:20260303T130000Z
SEQUENCE:2
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""


def thunderbird() -> bytes:
    return crlf(f"""
Message-ID: <d2d1f0c4-3a4f@example.com>
Date: Fri, 20 Feb 2026 18:04:33 +0100
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
From: Tom Berg <tom@example.com>
Subject: Event Invitation Reply (Accepted): Officer of the Day
To: officer@example.com
Content-Type: multipart/mixed; boundary="------------jE4rkW"

This is a multi-part message in MIME format.
--------------jE4rkW
Content-Type: multipart/alternative;
 boundary="------------Qm1ZtX"

--------------Qm1ZtX
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 8bit

Ruíz, Ana has accepted your event invitation.

--------------Qm1ZtX
Content-Type: text/calendar; method=REPLY; charset=UTF-8
Content-Transfer-Encoding: 8bit

{_THUNDERBIRD_CALENDAR.lstrip()}
--------------Qm1ZtX--
--------------jE4rkW--
""").replace(b"\r\n", b"\n")


def made_by_vobject() -> bytes:
    """Another library's reply, as a plain attachment of a plain mail."""
    made = vobject.iCalendar()
    made.add("method").value = "REPLY"
    event = made.add("vevent")
    event.add("uid").value = UID
    event.add("dtstamp").value = ANSWERED.astimezone(tzutc())
    event.add("dtstart").value = datetime(2026, 3, 2, 13, tzinfo=tzutc())  # the one UTC it knows
    event.add("sequence").value = "2"
    event.add("comment").value = "Gladly; thank you, äöü"
    attendee = event.add("attendee")
    attendee.value = "mailto:ana@example.com"
    attendee.params = {"PARTSTAT": ["ACCEPTED"], "CN": ["Ana Ruiz"]}
    return mail(
        made.serialize(),
        content_type='application/octet-stream; name="answer.ICS"',
        encoding="quoted-printable",
    )
