"""What a real mail server receives of an invitation, read with the standard library."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core.mail import EmailMultiAlternatives, get_connection

from calendars.entries import BadEntry, Party
from calendars.invitation_mail import invitation_mail
from calendars.invitations import Method, render_invitation
from tests.calendars.examples import FULL, TEXTS, entry
from tests.product import free_port

OFFICE = Party(email="officer@example.com", name="Officer of the Day")
ANA = Party(email="ana@example.com", name="Ana Ruíz, COO")
TOLD = entry(summary="Düty 🎉", description="\n".join(TEXTS.values()), alarms=FULL.alarms)


class MailServer:
    """Keeps every message as it came over the wire."""

    def __init__(self) -> None:
        self.received: list[tuple[str, list[str], bytes]] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), ready_timeout=30)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.received.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 kept"

    def carry(self, mail: EmailMultiAlternatives) -> EmailMessage:
        mail.connection = get_connection(
            "django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=self.controller.port
        )
        assert mail.send() == 1
        message = message_from_bytes(self.received[-1][2], policy=default)
        assert isinstance(message, EmailMessage)
        return message


@pytest.fixture
def server() -> Iterator[MailServer]:
    server = MailServer()
    server.controller.start()
    yield server
    server.controller.stop()


def mail(method: Method = "REQUEST", **changes: Any) -> EmailMultiAlternatives:
    given = {
        "entry": TOLD,
        "organizer": OFFICE,
        "attendee": ANA,
        "subject": "Düty on 2 March",
        "text": "Grüße!\n" + "x" * 1200,
        "html": "<p>Grüße!</p>" + "<i>x</i>" * 400,
    }
    return invitation_mail(method=method, **{**given, **changes})


def parts(message: EmailMessage) -> list[EmailMessage]:
    return list(message.iter_parts())  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_the_parts_stand_where_programs_look_for_them(server: MailServer, method: Method) -> None:
    message = server.carry(mail(method))
    assert message.get_content_type() == "multipart/mixed"
    alternatives, attached = parts(message)
    assert alternatives.get_content_type() == "multipart/alternative"
    text, html, calendar = parts(alternatives)
    assert text.get_content_type() == "text/plain"
    assert text.get_content().splitlines() == ["Grüße!", "x" * 1200]
    assert html.get_content_type() == "text/html"
    assert html.get_content().strip().startswith("<p>Grüße!</p>")

    assert calendar.get_content_type() == "text/calendar"
    assert dict(calendar["Content-Type"].params) == {"method": method, "charset": "UTF-8"}
    assert calendar.get_content_disposition() in {None, "inline"}
    rendered = render_invitation(method=method, entry=TOLD, organizer=OFFICE, attendee=ANA).encode()
    assert f"\r\nMETHOD:{method}\r\n".encode() in rendered
    assert calendar.get_payload(decode=True) == rendered

    assert attached.get_content_type() == "application/ics"
    assert attached.get_content_disposition() == "attachment"
    assert attached.get_filename() == "invite.ics"
    assert attached.get_payload(decode=True) == rendered


def test_the_mail_survives_any_relay(server: MailServer) -> None:
    server.carry(mail(text="Grüße!", html="<p>Grüße!</p>"))
    server.carry(mail())
    data = server.received[0][2] + server.received[1][2]
    assert data.isascii()
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert data.count(b"\n") == data.count(b"\r\n")


def test_from_is_the_organizer_and_to_the_attendee(server: MailServer) -> None:
    message = server.carry(mail())
    assert [(at.display_name, at.addr_spec) for at in message["From"].addresses] == [
        ("Officer of the Day", "officer@example.com")
    ]
    assert [(at.display_name, at.addr_spec) for at in message["To"].addresses] == [
        ("Ana Ruíz, COO", "ana@example.com")
    ]
    assert message["Subject"] == "Düty on 2 March"
    assert message["Auto-Submitted"] == "auto-generated"
    assert server.received[0][:2] == ("officer@example.com", ["ana@example.com"])


def test_a_mail_that_is_sent_again_is_the_same_mail(server: MailServer) -> None:
    messages = [server.carry(mail(message_id="<duty-1.0@example.com>")) for _ in range(2)]
    assert [message.get_all("Message-ID") for message in messages] == [["<duty-1.0@example.com>"]] * 2


def test_a_name_or_a_subject_adds_no_header(server: MailServer) -> None:
    message = server.carry(
        mail(
            subject="Duty\r\nBcc: eve@example.com", attendee=replace(ANA, name="Ana\r\nBcc: eve@example.com")
        )
    )
    assert message["Bcc"] is None
    assert message["Subject"] == "Duty Bcc: eve@example.com"
    assert server.received[0][1] == ["ana@example.com"]


def test_what_is_no_invitation_makes_no_mail() -> None:
    with pytest.raises(BadEntry):
        mail(attendee=Party(email="OFFICER@example.com"))
