"""The mailbox read by IMAP, from a real server: each mail once, none lost, no password in the clear."""

import logging
import socket
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils.module_loading import import_string
from django_q.models import Schedule

from people.models import Letter
from rota import mailbox
from rota.invitation_letters import letter_key
from rota.invitations_due import keep_up
from rota.mailbox import Mailbox, MailboxTrouble, fetch, fetch_if_set
from rota.models import AnswerStatus, Invitation
from tests.imap_server import ImapServer
from tests.rota.reply_mails import reply_to


@pytest.fixture
def mine(programme, ana, imap_server: ImapServer, settings) -> Invitation:
    settings.CALENDAR_ADDRESS, settings.MAILBOX_URL = "rota@example.com", imap_server.url
    keep_up()
    return Invitation.objects.get(person=ana, duty__seat=1)


@pytest.fixture
def no(mine: Invitation) -> bytes:
    return reply_to(Letter.objects.get(key=letter_key(mine, 0)).calendar, "DECLINED")


def answer_of(invitation: Invitation) -> str:
    invitation.refresh_from_db()
    return invitation.answer


def test_an_answer_is_read_and_marked_as_seen(mine, no, imap_server):
    imap_server.put(no)
    [received] = fetch()
    assert received.changed
    assert answer_of(mine) == AnswerStatus.DECLINED
    assert (imap_server.count("SEEN"), imap_server.count("UNSEEN")) == (1, 0)
    assert fetch() == []


def test_what_changes_nothing_is_read_once_too(mine, imap_server):
    for _ in range(3):
        imap_server.put(b"From: x@example.org\r\nSubject: Buy\r\n\r\nBuy!\r\n")
    assert [received.changed for received in fetch()] == [False] * 3
    assert imap_server.count("UNSEEN") == 0


def test_a_crash_before_it_was_acted_on_loses_nothing(mine, no, imap_server):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("the database is away")

    imap_server.put(no)
    with connection.execute_wrapper(refuse), pytest.raises(OperationalError):
        fetch()
    assert imap_server.count("UNSEEN") == 1
    [received] = fetch()
    assert received.changed
    assert answer_of(mine) == AnswerStatus.DECLINED


def test_what_is_too_large_is_flagged_for_a_human_and_holds_up_nobody(mine, no, imap_server):
    imap_server.put(no + b"x" * mailbox.LONGEST_MAIL)
    imap_server.put(no)
    [received] = fetch()
    assert received.changed
    assert (imap_server.count("FLAGGED"), imap_server.count("UNSEEN")) == (1, 1)
    assert fetch() == []


def test_many_are_read_in_turns(mine, imap_server, monkeypatch):
    monkeypatch.setattr(mailbox, "MOST_AT_ONCE", 2)
    for _ in range(3):
        imap_server.put(b"From: x@example.org\r\n\r\nBuy!\r\n")
    assert [len(fetch()) for _ in range(3)] == [2, 1, 0]


def test_an_outage_is_said_and_waited_out(mine, imap_server, caplog):
    imap_server.stop()
    with pytest.raises(MailboxTrouble, match="cannot be reached"):
        fetch()
    with caplog.at_level(logging.WARNING, "rota.mailbox"):
        assert fetch_if_set() == 0
    assert "Answers by mail wait" in caplog.text
    imap_server.start()
    assert fetch() == []


def test_a_wrong_password_or_folder_is_named_and_never_shown(mine, imap_server, settings):
    settings.MAILBOX_URL = imap_server.url.replace("se%3Acret", "guess")
    with pytest.raises(MailboxTrouble, match=r"does not let rota@example.com in") as trouble:
        fetch()
    assert "guess" not in str(trouble.value)
    settings.MAILBOX_URL = imap_server.url.replace("/INBOX", "/Nowhere")
    with pytest.raises(MailboxTrouble, match="no folder Nowhere"):
        fetch()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://u:p@host/", "imaps://"),
        ("imaps://host/INBOX", "needs a user"),
        ("imaps://user@host/", "needs a user"),
        ("imaps://user:secret@host:port/", "no address"),
        ("imaps://user:secret@/INBOX", "needs a user"),
    ],
)
def test_an_address_that_is_none_is_refused(url, words):
    with pytest.raises(MailboxTrouble, match=words) as trouble:
        Mailbox.from_url(url)
    assert "secret" not in str(trouble.value)


def test_the_ports_are_those_of_the_protocol():
    assert Mailbox.from_url("imaps://u%40x:p%2F@host").port == 993
    box = Mailbox.from_url("imap://u%40x:p%2F@host/A%20B")
    assert (box.port, box.user, box.password, box.folder) == (143, "u@x", "p/", "A B")


# --- The way there -------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of its own for 127.0.0.1."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*made, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


@pytest.fixture
def secured(certificate: tuple[Path, Path], settings):
    server = ImapServer(certificate=certificate)
    server.start()
    settings.MAILBOX_URL = server.url
    yield server
    server.stop()


@pytest.mark.usefixtures("secured")
def test_where_tls_is_offered_it_is_used(db, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert fetch() == []


@pytest.mark.usefixtures("secured")
def test_a_certificate_that_nobody_vouches_for_is_refused(db):
    with pytest.raises(MailboxTrouble, match="certificate verify failed"):
        fetch()


def test_no_password_goes_in_the_clear_to_another_machine(db, settings):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback's")
        here = probe.getsockname()[0]
    server = ImapServer(host=here)
    server.start()
    settings.MAILBOX_URL = server.url
    try:
        with pytest.raises(MailboxTrouble, match="not sent in the clear"):
            fetch()
    finally:
        server.stop()


# --- Who reads it --------------------------------------------------------------------------------------------


def test_the_command_says_a_line_for_each(mine, no, imap_server, capsys):
    imap_server.put(no)
    call_command("fetch_mail")
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Ana Ruiz declined")
    assert last == "1 read."


def test_the_command_says_what_is_missing(db, settings):
    settings.MAILBOX_URL = ""
    with pytest.raises(CommandError, match="MAILBOX_URL"):
        call_command("fetch_mail")
    settings.MAILBOX_URL = "imaps://host/"
    with pytest.raises(CommandError, match="needs a user"):
        call_command("fetch_mail")


def test_without_a_mailbox_nothing_is_tried(db, settings):
    settings.MAILBOX_URL = ""
    assert fetch_if_set() == 0


@pytest.mark.parametrize(
    ("func", "each"),
    [
        ("rota.mailbox.fetch_if_set", Schedule.MINUTES),
        ("rota.invitations_due.keep_up", Schedule.MINUTES),
        ("rota.invitations_due.keep_up_with_everybody", Schedule.HOURLY),
    ],
)
def test_the_queue_looks_by_itself(db, func: str, each: str):
    schedule = Schedule.objects.get(func=func)
    assert (schedule.schedule_type, schedule.repeats) == (each, -1)
    assert callable(import_string(func))
