"""Answers come back by mail: invited through a real mail server, answered by another library's REPLY."""

import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from people.letters_mail import send_due
from people.models import Letter, Person
from rota.invitations_due import keep_up
from rota.mail_in import receive
from rota.models import AnswerStatus, Duty, Invitation, Programme
from tests.calendars.readers import every_reader
from tests.mail_server import MailServer
from tests.rota.reply_mails import calendar_in, reply_to

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def asked(programme: Programme, ana: Person, mail_server: MailServer, settings) -> str:
    """The invitation to tomorrow's duty as Ana's mailbox received it."""
    settings.CALENDAR_ADDRESS = "Officer of the Day <rota@example.com>"
    settings.PUBLIC_BASE_URL = "https://officer.example.com"
    keep_up()
    send_due()
    [mail] = [mail for mail in mail_server.to("ana@example.com") if "backup" in mail["Subject"]]
    assert mail["From"].addresses[0].addr_spec == "rota@example.com"
    return calendar_in(mail)


@pytest.fixture
def mine(asked: str, ana: Person) -> Invitation:
    return Invitation.objects.get(person=ana, duty__seat=1)


def answer_of(invitation: Invitation) -> str:
    invitation.refresh_from_db()
    return invitation.answer


@every_reader
def test_every_reader_understands_what_was_received(asked, mine, read):
    calendar = read(asked.encode())
    assert calendar.method == "REQUEST"
    [event] = calendar.events
    assert (event.uid, event.sequence, event.transparent) == (mine.uid, 0, True)
    assert (event.start, event.end) == (mine.starts_at, mine.ends_at)
    assert [alarm[0] for alarm in event.alarms] == [-86_400, -3_600]
    assert [party.address for party in (*event.organizer, *event.attendees)] == [
        "mailto:rota@example.com",
        "mailto:ana@example.com",
    ]


@pytest.mark.parametrize(
    ("partstat", "says", "words"),
    [
        ("ACCEPTED", AnswerStatus.ACCEPTED, "Ana Ruiz accepted Officer of the Day, backup"),
        ("TENTATIVE", AnswerStatus.TENTATIVE, "Ana Ruiz said perhaps to Officer of the Day, backup"),
        ("DECLINED", AnswerStatus.DECLINED, "Ana Ruiz declined Officer of the Day, backup"),
    ],
)
def test_a_reply_made_by_another_library_is_understood(asked, mine, partstat, says, words):
    received = receive(reply_to(asked, partstat))
    assert received.changed
    assert received.line.startswith(words)
    assert answer_of(mine) == says


def test_uid_and_address_match_without_case(asked, mine):
    received = receive(reply_to(asked.upper(), "ACCEPTED", uid=mine.uid.upper(), attendee="ANA@Example.COM"))
    assert received.changed, received.line


def test_the_same_mail_twice_changes_nothing_the_second_time(asked, mine, dora):
    mail = reply_to(asked, "DECLINED")
    assert receive(mail).changed
    again = receive(mail)
    assert (again.changed, again.line[:16]) == (False, "Nothing changed:")
    assert Letter.objects.filter(person=dora, kind="answer").count() == 1


def test_a_reply_to_an_earlier_revision_is_stale(asked, mine):
    Duty.objects.filter(pk=mine.duty_id).update(starts_at=mine.starts_at + timedelta(hours=1))
    keep_up()
    received = receive(reply_to(asked, "DECLINED"))
    assert not received.changed
    assert "changed since" in received.line
    assert answer_of(mine) == AnswerStatus.NONE


def test_the_later_of_two_counts_whichever_comes_first(asked, mine, clock):
    early, late = datetime.now(UTC), datetime.now(UTC) + timedelta(seconds=30)
    clock.shift(60)
    assert receive(reply_to(asked, "ACCEPTED", at=late)).changed
    assert not receive(reply_to(asked, "DECLINED", at=early)).changed
    assert answer_of(mine) == AnswerStatus.ACCEPTED


@pytest.mark.parametrize("sent_by", ["asha@example.com", ""])
def test_an_assistant_answers_in_their_executive_s_name(asked, mine, asha, sent_by):
    received = receive(reply_to(asked, "DECLINED", sender="Asha Rao <asha@example.com>", sent_by=sent_by))
    assert received.changed, received.line
    assert received.line.startswith("Asha Rao declined")
    assert mine.duty.history.first().history_user == asha


@pytest.mark.parametrize(
    ("sender", "more"),
    [
        ("Ben Okafor <ben@example.com>", {}),
        ("Ben Okafor <ben@example.com>", {"sent_by": "ben@example.com"}),
        ("Ben Okafor <ben@example.com>", {"attendee": "ben@example.com"}),
        ("nobody", {}),
        ("ana@example.com <eve@example.com>", {}),
    ],
)
def test_nobody_else_answers(asked, mine, ben, asha, sender, more):
    received = receive(reply_to(asked, "DECLINED", sender=sender, **more))
    assert not received.changed
    assert answer_of(mine) == AnswerStatus.NONE


def test_an_assistant_who_answers_their_own_copy_answers_nothing(asked, mine, asha):
    """They were forwarded it and took it out of their own calendar: the executive said nothing."""
    sender = "Asha Rao <asha@example.com>"
    assert not receive(reply_to(asked, "DECLINED", sender=sender, attendee="asha@example.com")).changed


def test_an_entry_of_somebody_else_s_system_is_unknown(asked, mine):
    received = receive(reply_to(asked, "DECLINED", uid="somebody-else@example.org"))
    assert received.line == "Nothing changed: no invitation of ours has this UID."


@pytest.mark.parametrize("partstat", ["DELEGATED", "NEEDS-ACTION", "X-WHATEVER"])
def test_what_is_no_answer_changes_nothing(asked, mine, partstat):
    assert not receive(reply_to(asked, partstat)).changed
    assert answer_of(mine) == AnswerStatus.NONE


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "COUNTER", "PUBLISH"])
def test_other_methods_change_nothing(asked, mine, method):
    received = receive(reply_to(asked, "DECLINED").replace(b"METHOD:REPLY", f"METHOD:{method}".encode()))
    assert not received.changed
    assert answer_of(mine) == AnswerStatus.NONE


@pytest.mark.parametrize("mail", [b"", b"\x00\xff\xfe", b"From: x\r\n\r\n", b"a" * 2_000_000], ids=range(4))
def test_whatever_the_bytes_are_one_line_tells_of_it(db, mail):
    received = receive(mail)
    assert not received.changed
    assert len(received.line.splitlines()) == 1


def words_mail(sender: str, **headers: str) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"From: {sender}\r\nTo: rota@example.com\r\nSubject: =?utf-8?q?Not_on_M=C3=A4rz_5?=\r\n{more}"
        "Content-Type: text/plain; charset=utf-8\r\n\r\nI cannot make it, sorry.\r\n"
    ).encode()


def test_words_of_one_of_ours_reach_the_administrators_once(programme, dora):
    for _ in range(2):
        received = receive(words_mail("Ana Ruiz <ana@example.com>"))
        assert "the administrators got the words" in received.line
    [letter] = Letter.objects.filter(kind="mail-in")
    assert letter.person == dora
    assert "Not on März 5" in letter.text
    assert "I cannot make it, sorry." in letter.text


@pytest.mark.parametrize(
    "mail",
    [
        words_mail("stranger@example.org"),
        words_mail("ana@example.com", Auto_Submitted="auto-replied"),
        words_mail("ana@example.com", Precedence="bulk"),
    ],
    ids=["a stranger", "a holiday note", "a list"],
)
def test_other_words_reach_nobody(programme, mail):
    assert not receive(mail).changed
    assert not Letter.objects.filter(kind="mail-in").exists()


# --- The command ---------------------------------------------------------------------------------------------


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`receive_mail`, with a mail on its standard input unless a file is named; returns what it printed."""

    def run(mail: bytes = b"", *arguments: str) -> str:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(mail)))
        call_command("receive_mail", *arguments)
        return capsys.readouterr().out

    return run


def test_it_takes_a_file_or_standard_input(asked, mine, command, tmp_path: Path):
    file = tmp_path / "reply.eml"
    file.write_bytes(reply_to(asked, "TENTATIVE"))
    assert command(b"", str(file)).startswith("Ana Ruiz said perhaps to")
    assert command(reply_to(asked, "ACCEPTED")).startswith("Nothing changed: ")  # at the same frozen instant
    later = reply_to(asked, "ACCEPTED", at=datetime.now(UTC) + timedelta(seconds=5))
    assert command(later).count("\n") == 1


def test_a_mail_that_changes_nothing_is_no_failure(db, command):
    assert command(b"From: spam@example.org\r\n\r\nBuy!").startswith("Nothing changed: ")


def test_a_file_that_is_not_there_is_said_plainly(db, command):
    with pytest.raises(CommandError, match="No such file"):
        command(b"", "/nowhere/reply.eml")


def test_a_database_out_of_reach_asks_to_come_again(asked, command):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("the database is away")

    with connection.execute_wrapper(refuse), pytest.raises(CommandError) as failure:
        command(reply_to(asked, "ACCEPTED"))
    assert failure.value.returncode == 75
